"""How an entry of somebody's boxes names its image: the keys, and the file that it stands in."""

from collections.abc import Iterable
from pathlib import Path

from parity.data.image_names import Given, ImageNames, image_of_file
from parity.errors import UserError
from parity.external.source import IMAGE_KEYS, Record
from parity.foreign import shorten
from parity.sentences import listing

MOST_KEYS = 5
"""Keys of an entry that a sentence lists; chosen."""

ID = "image_id"
"""Key of an image's number, COCO's way to name it."""


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
