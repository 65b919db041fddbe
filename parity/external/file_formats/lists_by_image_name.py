"""JSON, an object of lists by image name: ``{"bus.jpg": [{"box": [10, 20, 30, 40], …}]}``."""

from parity.external.file_format import Contents, Format, register
from parity.external.file_formats.list_per_image import parse_list
from parity.external.image_names import ImageNames
from parity.external.json_records import read_records
from parity.external.source import Source

HEADER = frozenset(["images", "imgsz", "names"])
"""Keys of a header that hold lists, too."""


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON object of lists, none of which is named as one of boxes."""
    lists = [value for value in source.header.values() if isinstance(value, list)]
    return source.records is None and bool(lists)


def read(source: Source, images: ImageNames) -> Contents:
    """Read a list per key."""
    records = [
        {"image": key, "detections": value}
        for key, value in source.header.items()
        if isinstance(value, list) and key not in HEADER
    ]
    return read_records(source, records, images, parse_list)


register(
    Format(
        name="JSON with lists by image name",
        description='`{"bus.jpg": [...], "zidane.jpg": [...]}` with a box per entry',
        recognises=recognises,
        read=read,
        generic=True,
    )
)
