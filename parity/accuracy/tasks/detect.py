"""Detection: box mAP."""

from functools import partial

from parity.accuracy.box_measure import box_measure
from parity.accuracy.object_accuracy import measure_objects
from parity.accuracy.tasks.task import MEASURED_TASKS, MeasuredTask
from parity.labels.boxes import BOX_LABELS
from parity.labels.object_labels import object_labels

MEASURED_TASKS.add(
    "detect",
    MeasuredTask(
        labels=lambda head: object_labels(BOX_LABELS),  # noqa: ARG005
        measure=partial(measure_objects, measures=(box_measure(),)),
        says="",
    ),
)
