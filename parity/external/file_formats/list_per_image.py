"""JSON, a list per image: ``[{"image": "bus.jpg", "boxes": […], "scores": […], …}]``."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from parity.data.image_names import ImageNames
from parity.external.contradictions import check_one_list
from parity.external.entries import Entry, has_classes, parse_columns
from parity.external.file_format import Contents, Format, register
from parity.external.file_formats.coco_results import parse_coco
from parity.external.json_records import read_records
from parity.external.layouts import Layout, find_layout, flat_row
from parity.external.source import Record, Source, list_in


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON list of objects that hold lists of boxes."""
    records = source.records or []
    return any(isinstance(record, dict) and list_in(record) is not None for record in records)


def read(source: Source, images: ImageNames) -> Contents:
    """Read an entry per image."""
    return read_lists(source, source.records or [], images)


def read_lists(source: Source, records: Iterable[object], images: ImageNames) -> Contents:
    """Read a list of objects, each with the boxes of an image.

    Raises
    ------
    UserError
        As :func:`parity.external.json_records.read_records`, or if rows of numbers are in no known
        order.
    """
    records = list(records)
    rows = [
        (f"{source.path}, entry {number}, box {i}", box)
        for number, record in enumerate(records, 1)
        for i, box in enumerate(map(flat_row, _boxes_in(record)), 1)
        if isinstance(box, list) and len(box) > 4
    ]
    layout = find_layout(rows)
    contents = read_records(
        source, records, images, lambda record, where: parse_list(record, where, layout)
    )
    return replace(contents, notes=(*contents.notes, layout.note)) if layout else contents


def _boxes_in(record: object) -> list[Any]:
    return (isinstance(record, dict) and list_in(record)) or []


def parse_list(record: Record, where: str, layout: Layout | None) -> list[Entry]:
    """Return the boxes of an image: objects, rows, or lists of boxes, scores and classes.

    Parameters
    ----------
    record : dict
        As it was parsed.
    where : str
        Position, for messages.
    layout : Layout or None
        The order of the values of rows.

    Raises
    ------
    UserError
        If it holds two different lists, or a box is malformed.
    """
    check_one_list(record, where)
    boxes = list_in(record)
    if boxes is None:
        return [parse_coco(record, where)]
    if all(isinstance(box, dict) for box in boxes) and not has_classes(record, boxes):
        return [parse_coco(box, f"{where}, box {i}") for i, box in enumerate(boxes, 1)]
    rows = list(map(flat_row, boxes))
    if layout is not None and all(isinstance(b, list) and len(b) == layout.width for b in rows):
        return [layout.parse(box, f"{where}, box {i}") for i, box in enumerate(rows, 1)]
    return parse_columns(record, boxes, where)


register(
    Format(
        name="JSON with a list per image",
        description=(
            '`{"image": "bus.jpg", "boxes": [...], "scores": [...], "class_ids": [...]}`, or '
            '`"detections": [...]` with a box per entry or `[x1, y1, x2, y2, score, class]`'
        ),
        recognises=recognises,
        read=read,
    )
)
