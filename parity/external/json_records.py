"""What the JSON formats share: a header, and a list of objects that each name an image."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from parity.errors import UserError
from parity.external.box_formats import parse_words
from parity.external.entries import Entry
from parity.external.file_format import Contents
from parity.external.image_names import Given, ImageNames
from parity.external.observations import Declared
from parity.external.source import IMAGE_KEYS, Record, Source, list_in, shorten

FORMAT_KEYS = ("box_format", "bbox_format", "format")
ID = "image_id"
"""Key of an image's number, COCO's way to name it."""

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
        value = record.get(key) if isinstance(record, dict) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        if not (abs(value) < 2**31 and is_allowed(value)):
            raise UserError(f"{where}: {key} is {shorten(value)}; it must be {allowed}.")
        stated[key] = int(value) if key == "max_det" else value
    return Declared(**stated)


def image_in(record: Record, where: str) -> Given | None:
    """Return how an object or a row names its image; None if it names none.

    Raises
    ------
    UserError
        If what it names is neither text nor a whole number.
    """
    key = next((key for key in (*IMAGE_KEYS, ID) if _holds_an_image(record, key)), None)
    return None if key is None else as_given(record[key], where)


def _holds_an_image(record: Record, key: str) -> bool:
    if record.get(key) in (None, ""):
        return False
    named_class = key == "name" and str(record.get("class", "")).isdigit()  # Ultralytics' to_json
    return not named_class or bool(Path(str(record[key])).suffix)


def as_given(value: object, where: str) -> Given:
    """Return the name or number of an image.

    Raises
    ------
    UserError
        If it is neither.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise UserError(f"{where}: {shorten(value)} is not the name or number of an image.")
    return value


def image_of_file(path: Path, images: ImageNames) -> str | None:
    """Return the image of the run that a file is named after; None if it is named after none."""
    named = path.with_suffix("").as_posix()
    return images.resolve({named: str(path)}).get(named)


def file_is_image(path: Path, images: ImageNames, where: str) -> str:
    """Return the image of the run that a file is named after, as no image is named at a place.

    Raises
    ------
    UserError
        If it is named after none.
    """
    name = image_of_file(path, images)
    if name is None:
        raise UserError(
            f"{where}: names no image (image, file_name or {ID}), and the file is not named after "
            "one of this run."
        )
    return name


def left_out(names: Iterable[Given]) -> tuple[str, ...]:
    """Return a note on names that are no images of the run; none if there are no names."""
    listed = list(names)
    more = f" and {len(listed) - 1} more are no images" if listed[1:] else " is no image"
    return (f"{listed[0]}{more} of this run; left out.",) if listed else ()


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
    listed, ids = _listed_images(source)
    named: list[tuple[Given, Record, str]] = []
    for number, record in enumerate(records, 1):
        where = f"{source.path}, entry {number}"
        if not isinstance(record, dict):
            raise UserError(f"{where}: expected an object with an image, a box and a score.")
        given = image_in(record, where)
        if given is None:
            given = file_is_image(source.path, images, where)
        given = ids.get(given, given)
        named.append((given, record, where))
    if not records and not listed and (own := image_of_file(source.path, images)) is not None:
        listed[own] = str(source.path)  # an empty list of this image
    places = listed | {given: where for given, _, where in reversed(named)}
    found = images.resolve(places)
    entries: dict[str, list[Entry]] = {found[given]: [] for given in listed if given in found}
    read: set[str] = set()
    for given, record, where in named:
        if given not in found:
            continue
        if list_in(record) is not None and found[given] in read:
            raise UserError(f"{where}: {given} is listed twice.")
        read.add(found[given])
        boxes = entries.setdefault(found[given], [])
        if record.keys() - {*IMAGE_KEYS, ID}:  # otherwise it states that nothing is in the image
            boxes.extend(parse(record, where))
    declared = next((v for k in FORMAT_KEYS if isinstance(v := source.header.get(k), str)), "")
    return Contents(
        entries,
        box_format=parse_words(declared),
        thresholds=thresholds_of(source.header, str(source.path)),
        notes=left_out(given for given in places if given not in found),
    )


def _listed_images(source: Source) -> tuple[dict[Given, str], dict[Given, Given]]:
    """Return the images that a header lists, with their positions, and their names by number."""
    images = source.header.get("images")
    listed: dict[Given, str] = {}
    ids: dict[Given, Given] = {}
    for number, image in enumerate(images if isinstance(images, list) else [], 1):
        where = f"{source.path}, image {number}"
        given = as_given(image, where) if not isinstance(image, dict) else image_in(image, where)
        if given is None:
            continue
        if isinstance(image, dict) and image.get("id") is not None:
            ids[as_given(image["id"], where)] = given
        if not (isinstance(image, dict) and list_in(image) is not None):
            listed[given] = where
    return listed, ids
