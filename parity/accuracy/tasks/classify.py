"""Classification: top-1 and top-5."""

from parity.accuracy.tasks.task import MEASURED_TASKS, MeasuredTask
from parity.accuracy.top_k import measure_classes
from parity.labels.image_classes import read_class_folders, read_coco_classes
from parity.labels.label_reader import LabelReader

MEASURED_TASKS.add(
    "classify",
    MeasuredTask(
        labels=lambda head: LabelReader(read_class_folders, read_coco_classes),  # noqa: ARG005
        measure=measure_classes,
        says="top-1 is the share of images whose class is the most probable one, top-5 that of "
        "images whose class is among the five most probable ones, as in val.",
    ),
)
