"""JSON, an object of lists by image name: ``{"bus.jpg": [{"box": [10, 20, 30, 40], …}]}``."""

from typing import Any

from parity.external.file_format import Contents, Format, register
from parity.external.file_formats.list_per_image import read_lists
from parity.external.image_names import ImageNames
from parity.external.source import LIST_KEYS, Record, Source, list_in, parse_json

HEADER = frozenset(["images", "imgsz", "names"])
"""Keys of a header that hold lists, too."""


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON object of lists, none of which is named as one of boxes."""
    return source.records is None and bool(_records_of(source))


def read(source: Source, images: ImageNames) -> Contents:
    """Read a list per key."""
    return read_lists(source, _records_of(source), images)


def _records_of(source: Source) -> list[Record]:
    """Return the boxes of each image as an object that names it."""
    by_name = next((d for k in LIST_KEYS if isinstance(d := source.header.get(k), dict)), None)
    named = source.header if by_name is None else by_name
    values = {key: _parsed(value, source) for key, value in named.items() if key not in HEADER}
    lists = {key: {"detections": value} for key, value in values.items() if isinstance(value, list)}
    objects = {
        key: value
        for key, value in values.items()
        if isinstance(value, dict) and list_in(value) is not None
    }
    return [{"image": key, **value} for key, value in (lists | objects).items()]


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
