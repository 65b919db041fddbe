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
        says="Top-1 is the share of images whose class is the most probable one; top-5, the share "
        "whose class is among the five most probable ones. Both are those of Ultralytics' val.",
    ),
)
