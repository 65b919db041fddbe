"""Reading the labels of objects in both formats."""

from functools import partial

from parity.labels.coco_file import read_coco
from parity.labels.label_format import ObjectFormat
from parity.labels.label_reader import LabelReader
from parity.labels.text_files import read_text_files


def object_labels(written: ObjectFormat) -> LabelReader:
    """Return how labels of objects are read that are written in a format."""
    return LabelReader(
        partial(read_text_files, written=written),
        partial(read_coco, from_coco=written.from_coco),
    )
