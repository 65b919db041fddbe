"""How an entry of somebody's boxes names its image: the keys, and the file that it stands in."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from parity.data.image_names import Given, ImageNames, image_of_file, parts_of
from parity.data.suffixes import SUFFIXES
from parity.errors import UserError
from parity.external.contradictions import two_meanings
from parity.external.source import IMAGE_KEYS, Record
from parity.foreign import name_in_words, shorten
from parity.sentences import listing

MOST_KEYS = 5
"""Keys of an entry that a sentence lists; chosen."""

ID = "image_id"
"""Key of an image's number, COCO's way to name it."""

SHORT_NUMBER = re.compile(r"0|[1-9]\d{0,17}", re.ASCII)
"""A number without leading zeros, which would be part of a name."""

NO_IDS: Mapping[Given, Given] = MappingProxyType({})
"""Of a source without a list of images."""


def image_in(
    record: Record, where: str, images: ImageNames, ids: Mapping[Given, Given] = NO_IDS
) -> Given | None:
    """Return how an object or a row names its image; None if it names none.

    Parameters
    ----------
    record : dict
        As it was parsed.
    where : str
        Position, for messages.
    images : ImageNames
        The images of the run.
    ids : mapping
        The names of images by the numbers under which a header lists them.

    Raises
    ------
    UserError
        If what it names is neither text nor a whole number, or two fields name different images.
    """
    keys = [key for key in (*IMAGE_KEYS, ID) if _holds_an_image(record, key)]
    if not keys:
        return None
    first, *others = keys
    given = as_given(in_digits(record[first]) if first == ID else record[first], where)
    for key in others:
        other = in_digits(record[key]) if key == ID else record[key]
        if isinstance(other, str | int) and _differ(given, ids.get(other, other), images):
            raise two_meanings(where, (first, name_in_words(given)), (key, name_in_words(other)))
    return given


def in_digits(value: object) -> object:
    """Return a number for text that writes it as Python does, else the value."""
    is_text = isinstance(value, str) and SHORT_NUMBER.fullmatch(value)
    return int(str(value)) if is_text else value


def _differ(one: Given, other: Given, images: ImageNames) -> bool:
    """Return whether two fields of an object name different images.

    They do if both name images of the run that differ, or files of images whose names differ.
    """
    ours, theirs = images.candidates(one), images.candidates(other)
    if ours and theirs:
        return not ours & theirs
    paths = [PurePosixPath(*parts_of(str(each))) for each in (one, other)]
    are_files = all(path.suffix.lower() in SUFFIXES for path in paths)
    return are_files and paths[0].stem != paths[1].stem


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


def file_is_image(path: Path, images: ImageNames, where: str, keys: Iterable[str] = ()) -> str:
    """Return the image of the run that a file is named after, as no image is named at a place.

    Parameters
    ----------
    path : Path
        The file.
    images : ImageNames
        The images of the run.
    where : str
        The place.
    keys : iterable of str
        What is said there.

    Raises
    ------
    UserError
        If it is named after none.
    """
    name = image_of_file(path, images)
    if name is None:
        said = listing([shorten(key) for key in keys], limit=MOST_KEYS)
        raise UserError(
            f"{where}: names no image, and the file is not named after one of this run; call the "
            f"key image, file_name or {ID}" + (f" (there are: {said})." if said else ".")
        )
    return name
