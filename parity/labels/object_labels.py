"""Reading the labels of objects in both formats."""

from functools import partial
from typing import Protocol

from parity.labels.coco_document import CocoAnnotation
from parity.labels.coco_file import read_coco
from parity.labels.label_format import TextFormat
from parity.labels.label_reader import LabelReader
from parity.labels.text_files import read_text_files
from parity.labels.truth import LabelledObject


class ObjectFormat(TextFormat, Protocol):
    """What a line of text and an annotation of COCO say of an object."""

    def from_coco(
        self, annotation: CocoAnnotation, shape: tuple[int, int], where: str
    ) -> LabelledObject:
        """Return the object of an annotation; arguments as in :meth:`TextFormat.from_text`."""


def object_labels(written: ObjectFormat) -> LabelReader:
    """Return how labels of objects are read that are written in a format."""
    return LabelReader(
        partial(read_text_files, text_format=written),
        partial(read_coco, from_coco=written.from_coco),
    )
