"""COCO results: ``[{"image_id": 36, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.9}]``."""

from parity.external.entries import Entry, parse_entry
from parity.external.file_format import Contents, Format, register
from parity.external.image_names import ImageNames
from parity.external.json_records import ID, read_records
from parity.external.source import Record, Source, list_in


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON list of boxes whose images are numbered."""
    records = [record for record in source.records or [] if isinstance(record, dict)]
    return any(ID in record for record in records) and all(list_in(r) is None for r in records)


def read(source: Source, images: ImageNames) -> Contents:
    """Read an entry per box."""
    return read_records(
        source, source.records or [], images, lambda record, where: [parse_coco(record, where)]
    )


def parse_coco(record: Record, where: str) -> Entry:
    """Return the box of an annotation; ``bbox`` beside an image id is x, y, width, height."""
    return parse_entry(record, where, bbox="xywh" if ID in record else "")


register(
    Format(
        name="COCO results",
        description=(
            "`image_id`, `category_id`, `bbox` and `score`; ids refer to the file's own `images`, "
            "or to image files that are named by numbers"
        ),
        recognises=recognises,
        read=read,
    )
)
