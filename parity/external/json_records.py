"""What the JSON formats share: a header, and a list of objects that each name an image."""

from collections.abc import Callable, Sequence

from parity.errors import UserError
from parity.external.box_formats import parse_words
from parity.external.entries import IMAGE_KEYS, Entry
from parity.external.file_format import Contents
from parity.external.image_names import ImageNames
from parity.external.observations import Declared
from parity.external.source import Record, Source, list_in

FORMAT_KEYS = ("box_format", "bbox_format", "format")
ID = "image_id"
"""Key of an image's number, COCO's way to name it."""


def thresholds_of(record: Record) -> Declared:
    """Return the thresholds that an object states."""
    stated = {key: record.get(key) for key in ("conf", "iou", "max_det")}
    numbers = {key: each for key, each in stated.items() if isinstance(each, int | float)}
    return Declared(**numbers)  # type: ignore[arg-type]


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
        As they were parsed.
    images : ImageNames
        The images of the run.
    parse : callable
        Returns the boxes of an object, given it and its position.

    Raises
    ------
    UserError
        If one is no object or names no image.
    """
    entries, ids = _listed_images(source, images)
    unknown = 0
    for number, record in enumerate(records, 1):
        where = f"{source.path}, entry {number}"
        if not isinstance(record, dict):
            raise UserError(f"{where}: expected an object with an image, a box and a score.")
        given = next((record[key] for key in IMAGE_KEYS if key in record), None)
        if given is None and ID in record:
            given = ids.get(record[ID], record[ID])
        if given is None:
            raise UserError(f"{where}: names no image (image, file_name or {ID}).")
        name = images.find(given, where)
        if name is None:
            unknown += 1
            continue
        own = entries.setdefault(name, [])
        if record.keys() - {*IMAGE_KEYS, ID}:  # otherwise it states that nothing is in the image
            own.extend(parse(record, where))
    declared = next((v for k in FORMAT_KEYS if isinstance(v := source.header.get(k), str)), "")
    left_out = f"{unknown} entries are of images that are not in this run and are left out."
    return Contents(
        entries,
        box_format=parse_words(declared),
        thresholds=thresholds_of(source.header),
        notes=(left_out,) if unknown else (),
    )


def _listed_images(
    source: Source, images: ImageNames
) -> tuple[dict[str, list[Entry]], dict[object, str]]:
    """Return the images that a header lists, without boxes as yet, and their names by number."""
    listed = source.header.get("images")
    entries: dict[str, list[Entry]] = {}
    ids: dict[object, str] = {}
    for number, image in enumerate(listed if isinstance(listed, list) else [], 1):
        given = image
        if isinstance(image, dict):
            given = next((image[key] for key in IMAGE_KEYS if key in image), None)
            if given is None:
                continue
            ids[image.get("id")] = given
        found = images.find(given, f"{source.path}, image {number}")
        if found is not None and not (isinstance(image, dict) and list_in(image) is not None):
            entries.setdefault(found, [])
    return entries, ids
