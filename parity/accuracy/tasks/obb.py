"""Oriented boxes: rotated mAP."""

from functools import partial

from parity.accuracy.object_accuracy import measure_objects
from parity.accuracy.oriented_measure import PROBABILISTIC, ROTATED
from parity.accuracy.tasks.task import MEASURED_TASKS, MeasuredTask
from parity.labels.object_labels import object_labels
from parity.labels.oriented_boxes import ORIENTED_LABELS

MEASURED_TASKS.add(
    "obb",
    MeasuredTask(
        labels=lambda head: object_labels(ORIENTED_LABELS),  # noqa: ARG005
        measure=partial(measure_objects, measures=(ROTATED, PROBABILISTIC)),
        says="Rotated mAP compares oriented boxes by the IoU of their polygons, as DOTA does. "
        "Probabilistic mAP compares them by probabilistic IoU, as val does.",
    ),
)
