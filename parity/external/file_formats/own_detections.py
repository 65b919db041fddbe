"""The detections files that this workflow writes itself, ``results/detect_*/…/*.json``."""

from parity.data.image_names import Given, ImageNames, left_out
from parity.errors import UserError
from parity.external.entries import parse_columns
from parity.external.file_format import Contents, Format, register
from parity.external.image_keys import as_given
from parity.external.json_records import thresholds_of
from parity.external.source import Record, Source
from parity.foreign import name_in_words

RECORD = frozenset(["name", "reason", "boxes"])
"""Keys that a record of an image has."""


def recognises(source: Source) -> bool:
    """Return whether a source states our schema, of any version."""
    return str(source.header.get("schema", "")).startswith("yolo-parity/detections")


def read(source: Source, images: ImageNames) -> Contents:
    """Read a record per image; one that could not be read states nothing."""
    listed = source.header.get("images")
    records: dict[Given, tuple[Record, str]] = {}
    for number, record in enumerate(listed if isinstance(listed, list) else [], 1):
        where = f"{source.path}, image {number}"
        if not (isinstance(record, dict) and record.keys() >= RECORD):
            raise UserError(f"{where}: is not a record of detections.")
        name = as_given(record["name"], where)
        if name in records:
            raise UserError(f"{where}: {name_in_words(name)} is listed twice.")
        records[name] = record, where
    found = images.resolve_once({name: where for name, (_, where) in records.items()})
    entries = {
        found[name]: parse_columns(_with_masks(record), record["boxes"], where)
        for name, (record, where) in records.items()
        if name in found and not record["reason"]
    }
    made_by = source.header.get("made_by")
    stated = made_by.get("thresholds") if isinstance(made_by, dict) else None
    return Contents(
        entries,
        box_format="xyxy",
        thresholds=thresholds_of(stated, str(source.path)),
        notes=left_out(name for name in records if name not in found),
    )


def _with_masks(record: Record) -> Record:
    """Return a record whose masks are run lengths as COCO writes them."""
    masks, shape = record.get("masks"), record.get("mask_shape")
    if not isinstance(masks, list):
        return record
    others = {key: value for key, value in record.items() if key != "masks"}
    return others | {"segmentation": [{"size": shape, "counts": mask} for mask in masks]}


register(
    Format(
        name="detections of this workflow",
        description="a file of `results/detect_onnx` or `results/detect_pytorch`",
        recognises=recognises,
        read=read,
    )
)
