"""JSON, an object of lists by image name: ``{"bus.jpg": [{"box": [10, 20, 30, 40], …}]}``."""

from typing import Any

from parity.data.image_names import ImageNames
from parity.errors import UserError
from parity.external.file_format import Contents, Format, register
from parity.external.file_formats.list_per_image import read_lists
from parity.external.source import LIST_KEYS, Record, Source, list_in
from parity.foreign import name_in_words, parse_json, shorten

HEADER = frozenset(["images", "imgsz", "names"])
"""Keys of a header that hold lists, too."""


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON object of lists, none of which is named as one of boxes."""
    return source.records is None and bool(_records_of(source))


def read(source: Source, images: ImageNames) -> Contents:
    """Read a list per key.

    Raises
    ------
    UserError
        As :func:`read_lists`, or if what stands behind the name of an image is no list.
    """
    records = _records_of(source)
    others = _by_name(source).keys() - records.keys()
    for key in images.resolve(dict.fromkeys(others, str(source.path))):
        value = shorten(_by_name(source)[str(key)])
        raise UserError(f"{source.path}: {name_in_words(key)} is {value}; it must be a list.")
    return read_lists(source, records.values(), images)


def _records_of(source: Source) -> dict[str, Record]:
    """Return the boxes of each image as an object that names it, by their key."""
    values = {key: _parsed(value, source) for key, value in _by_name(source).items()}
    lists = {key: {"detections": value} for key, value in values.items() if isinstance(value, list)}
    objects = {
        key: value
        for key, value in values.items()
        if isinstance(value, dict) and list_in(value) is not None
    }
    return {key: {**value, "image": key} for key, value in (lists | objects).items()}


def _by_name(source: Source) -> Record:
    """Return what stands behind each key that may be an image."""
    inner = next((d for k in LIST_KEYS if isinstance(d := source.header.get(k), dict)), None)
    named = source.header if inner is None else inner
    return {key: value for key, value in named.items() if key not in HEADER}


def _parsed(value: Any, source: Source) -> Any:
    """Return a value, read as JSON if it is text that holds a list."""
    is_json = isinstance(value, str) and value.lstrip().startswith("[")
    return parse_json(value, source.path) if is_json else value


register(
    Format(
        name="JSON with lists by image name",
        description=(
            '`{"bus.jpg": [...], "zidane.jpg": [...]}` with a box per entry or '
            "`[x1, y1, x2, y2, score, class]`"
        ),
        recognises=recognises,
        read=read,
        generic=True,
    )
)
