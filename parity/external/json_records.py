"""What the JSON formats share: a header, and a list of objects that each name an image."""

from collections.abc import Callable, Sequence
from typing import Any

from parity.data.image_names import Given, ImageNames, first_places, image_of_file, left_out
from parity.errors import UserError
from parity.external.box_formats import BOX_FORMAT_NAMES, FRACTION, parse_words
from parity.external.contradictions import two_meanings
from parity.external.entries import Entry
from parity.external.file_format import Contents
from parity.external.image_keys import ID, as_given, file_is_image, image_in, in_digits
from parity.external.observations import Declared
from parity.external.source import IMAGE_KEYS, Record, Source, list_in
from parity.foreign import name_in_words, parse_number, shorten

FORMAT_KEYS = ("box_format", "bbox_format")

THRESHOLDS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "conf": ("from 0 to below 1", lambda value: 0 <= value < 1),
    "iou": ("above 0 and at most 1", lambda value: 0 < value <= 1),
    "max_det": ("a whole number from 1", lambda value: value >= 1 and value == int(value)),
}
"""What a threshold in a header may be, in words and as a check."""


def thresholds_of(record: object, where: str) -> Declared:
    """Return the thresholds that an object states.

    Raises
    ------
    UserError
        If one is out of its range.
    """
    stated: dict[str, Any] = {}
    for key, (allowed, is_allowed) in THRESHOLDS.items():
        given = record.get(key) if isinstance(record, dict) else None
        if given is None or isinstance(given, list | dict):
            continue
        value = parse_number(given, f"{where}: {key}")
        if not (abs(value) < 2**31 and is_allowed(value)):
            raise UserError(f"{where}: {key} is {shorten(given)}; it must be {allowed}.")
        stated[key] = int(value) if key == "max_det" else value
    return Declared(**stated)


def read_records(
    source: Source,
    records: Sequence[object],
    images: ImageNames,
    parse: Callable[[Record, str], list[Entry]],
) -> Contents:
    """Read a list of objects that each name an image, and the header before it.

    Parameters
    ----------
    source : Source
        Where they stand.
    records : sequence
        As they were parsed; those that name no image are of the image that the file is named after.
    images : ImageNames
        The images of the run.
    parse : callable
        Returns the boxes of an object, given it and its position.

    Raises
    ------
    UserError
        If one is no object or names no image, or two hold the list of one image.
    """
    listed, ids = _listed_images(source, images)
    named: list[tuple[Given, Record, str]] = []
    for number, record in enumerate(records, 1):
        where = f"{source.path}, entry {number}"
        if not isinstance(record, dict):
            raise UserError(f"{where}: expected an object with an image, a box and a score.")
        given = image_in(record, where, images, ids)
        if given is None:
            given = file_is_image(source.path, images, where, record)
        named.append((_by_id(given, ids, where), record, where))
    if not records and not listed and (own := image_of_file(source.path, images)) is not None:
        listed[own] = str(source.path)  # an empty list of this image
    places = {**listed, **first_places((given, where) for given, _, where in named)}
    found = images.resolve(places)
    entries: dict[str, list[Entry]] = {found[given]: [] for given in listed if given in found}
    read: set[str] = set()
    for given, record, where in named:
        if given not in found:
            continue
        if list_in(record) is not None and found[given] in read:
            raise UserError(f"{where}: {name_in_words(given)} is listed twice.")
        read.add(found[given])
        boxes = entries.setdefault(found[given], [])
        if record.keys() - {*IMAGE_KEYS, ID}:  # otherwise it states that nothing is in the image
            boxes.extend(parse(record, where))
    declared = declared_format(source)
    _check_formats(entries, declared)
    return Contents(
        entries,
        box_format=declared,
        thresholds=thresholds_of(source.header, str(source.path)),
        names=_names_of(source),
        notes=left_out(given for given in places if given not in found),
    )


def _names_of(source: Source) -> dict[int, str]:
    """Return the class names that a header lists, by id; none where it lists something else."""
    listed = source.header.get("names")
    names = dict(enumerate(listed)) if isinstance(listed, list) else listed
    given = names.items() if isinstance(names, dict) else ()
    found = {in_digits(key): name for key, name in given}
    well_formed = all(type(key) is int and type(name) is str for key, name in found.items())
    return {int(str(key)): str(name) for key, name in found.items()} if well_formed else {}


def declared_format(source: Source) -> str:
    """Return the box format that a header states; empty if it states none.

    Raises
    ------
    UserError
        If it is none that can be read.
    """
    found: dict[str, str] = {}
    for key in FORMAT_KEYS:
        given = source.header.get(key)
        if given is None:
            continue
        if not (isinstance(given, str) and (meant := parse_words(given))):
            raise UserError(
                f"{source.path}: {key} is {shorten(given)}; it must be one of "
                f"{', '.join(BOX_FORMAT_NAMES)}."
            )
        found[key] = meant
    if len({*found.values()}) > 1:
        first, second = found.items()
        raise two_meanings(str(source.path), first, second)
    if found:
        return next(iter(found.values()))
    other = source.header.get("format")
    return parse_words(other) if isinstance(other, str) else ""


def _check_formats(entries: dict[str, list[Entry]], declared: str) -> None:
    """Check that no entry has keys that contradict the header."""
    for entry in (entry for own in entries.values() for entry in own):
        own = entry.box_format.removesuffix(FRACTION)
        if declared and own and own != declared.removesuffix(FRACTION):
            raise UserError(
                f"{entry.where}: its keys say {entry.box_format}, and the file says {declared}; "
                "write one of them, or set box_format."
            )


def _by_id(given: Given, ids: dict[Given, Given], where: str) -> Given:
    """Return the name of an image that is given by the number under which a header lists it."""
    if ids and isinstance(given, int) and given not in ids:
        raise UserError(f"{where}: the file lists no image with the id {given}.")
    return ids.get(given, given)


def _listed_images(
    source: Source, images: ImageNames
) -> tuple[dict[Given, str], dict[Given, Given]]:
    """Return the images that a header lists, with their positions, and their names by number."""
    header = source.header.get("images")
    listed: dict[Given, str] = {}
    ids: dict[Given, Given] = {}
    id_of: dict[Given, Given] = {}
    for number, image in enumerate(header if isinstance(header, list) else [], 1):
        where = f"{source.path}, image {number}"
        is_object = isinstance(image, dict)
        given = image_in(image, where, images) if is_object else as_given(image, where)
        if given is None:
            continue
        listed[given] = where
        if not is_object:
            continue
        if list_in(image):
            raise UserError(f"{where}: holds boxes of its own; write all boxes in one list.")
        if (number_of := in_digits(image.get("id"))) is None:
            continue
        own = as_given(number_of, where)
        if ids.setdefault(own, given) != given:
            raise UserError(f"{where}: another image has the id {shorten(own)}, too.")
        if id_of.setdefault(given, own) != own:
            raise UserError(
                f"{where}: {name_in_words(given)} is listed twice, with the ids "
                f"{shorten(id_of[given])} and {shorten(own)}."
            )
    return listed, ids
