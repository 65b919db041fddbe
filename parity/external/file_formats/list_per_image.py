"""JSON, a list per image: ``[{"image": "bus.jpg", "boxes": […], "scores": […], …}]``."""

from parity.external.entries import Entry, parse_columns
from parity.external.file_format import Contents, Format, register
from parity.external.file_formats.coco_results import parse_coco
from parity.external.image_names import ImageNames
from parity.external.json_records import read_records
from parity.external.source import Record, Source, list_in


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON list of objects that hold lists of boxes."""
    records = source.records or []
    return any(isinstance(record, dict) and list_in(record) is not None for record in records)


def read(source: Source, images: ImageNames) -> Contents:
    """Read an entry per image."""
    return read_records(source, source.records or [], images, parse_list)


def parse_list(record: Record, where: str) -> list[Entry]:
    """Return the boxes of an image: objects, or lists of boxes, scores and classes."""
    boxes = list_in(record)
    if boxes is None:
        return [parse_coco(record, where)]
    if all(isinstance(box, dict) for box in boxes):
        return [parse_coco(box, f"{where}, box {i}") for i, box in enumerate(boxes, 1)]
    return parse_columns(record, boxes, where)


register(
    Format(
        name="JSON with a list per image",
        description=(
            '`{"image": "bus.jpg", "boxes": [...], "scores": [...], "class_ids": [...]}`, or '
            '`"detections": [...]` with a box per entry'
        ),
        recognises=recognises,
        read=read,
    )
)
