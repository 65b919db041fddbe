"""The detections files that this workflow writes itself, ``results/detect_*/…/*.json``."""

from parity.errors import UserError
from parity.external.entries import parse_columns
from parity.external.file_format import Contents, Format, register
from parity.external.image_names import ImageNames
from parity.external.json_records import thresholds_of
from parity.external.source import Source


def recognises(source: Source) -> bool:
    """Return whether a source states our schema, of any version."""
    return str(source.header.get("schema", "")).startswith("yolo-parity/detections")


def read(source: Source, images: ImageNames) -> Contents:
    """Read a record per image; one that could not be read states nothing."""
    entries = {}
    for number, record in enumerate(source.header.get("images", []), 1):
        where = f"{source.path}, image {number}"
        try:
            name = images.find(record["name"], where)
            if name is not None and not record["reason"]:
                entries[name] = parse_columns(record, record["boxes"], where)
        except (KeyError, TypeError) as error:
            raise UserError(f"{where}: is no record of detections ({error!r}).") from None
    thresholds = source.header.get("made_by", {}).get("thresholds", {})
    return Contents(entries, box_format="xyxy", thresholds=thresholds_of(thresholds))


register(
    Format(
        name="detections of this workflow",
        description="a file of `results/detect_onnx` or `results/detect_pytorch`",
        recognises=recognises,
        read=read,
    )
)
