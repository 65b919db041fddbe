"""Segmentation: mask mAP, and box mAP."""

from functools import partial

from parity.accuracy.box_measure import box_measure
from parity.accuracy.mask_measure import MASKS
from parity.accuracy.object_accuracy import measure_objects
from parity.accuracy.tasks.task import MEASURED_TASKS, MeasuredTask
from parity.labels.masks import MASK_LABELS
from parity.labels.object_labels import object_labels

MEASURED_TASKS.add(
    "segment",
    MeasuredTask(
        labels=lambda head: object_labels(MASK_LABELS),  # noqa: ARG005
        measure=partial(measure_objects, measures=(MASKS, box_measure("box "))),
        says="Masks have the size of the image, as with retina_masks, and are compared by IoU.",
    ),
)
