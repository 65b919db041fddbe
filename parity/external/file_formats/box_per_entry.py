"""JSON, a box per entry: ``[{"image": "bus.jpg", "box": [10, 20, 30, 40], "label": "bus"}]``."""

from parity.data.image_names import ImageNames
from parity.external.entries import parse_entry
from parity.external.file_format import Contents, Format, register
from parity.external.json_records import read_records
from parity.external.source import Source


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON list, with or without a header."""
    return source.records is not None


def read(source: Source, images: ImageNames) -> Contents:
    """Read an entry per box."""
    return read_records(
        source, source.records or [], images, lambda record, where: [parse_entry(record, where)]
    )


register(
    Format(
        name="JSON with a box per entry",
        description=(
            "`box`, `bbox`, `xyxy`, `xywh`, `cxcywh` or `rect`, or four keys such as "
            "`x1, y1, x2, y2`, `x0, y0, x1, y1`, `left, top, width, height` or `cx, cy, w, h`; "
            "fractions of the image size are recognised"
        ),
        recognises=recognises,
        read=read,
        generic=True,
    )
)
