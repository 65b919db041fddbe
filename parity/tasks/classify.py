"""Classification: a probability for each class of the whole image."""

import numpy as np

from parity.detection.decoding import Candidates
from parity.tasks.task import TASKS, Outputs, Task

ALWAYS_KEPT = 5
"""Labels of an image that are kept even below the floor: top-5 accuracy needs them."""


def _labels(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the labels of (classes,) probabilities; their boxes stand for the whole image."""
    probabilities = outputs[0]
    wanted = probabilities > np.float32(floor)
    wanted[np.argsort(-probabilities, kind="stable")[:ALWAYS_KEPT]] = True
    kept = np.flatnonzero(wanted & (probabilities > 0))
    return Candidates(
        np.zeros((len(kept), 4), np.float32), probabilities[kept], kept.astype(np.int32)
    )


TASKS.add(
    "classify",
    Task(
        models="classification models",
        model_class="ClassificationModel",
        predictor="classify.ClassificationPredictor",
        rows=lambda classes, *_: classes,
        expected="{classes} classes",
        fitted="centre crop",
        has_boxes=False,
        decode=_labels,
        decode_finished=_labels,
    ),
)
