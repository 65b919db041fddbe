"""Classification: a probability for each class of the whole image."""

import numpy as np

from parity.detection.decoding import Candidates
from parity.tasks.task import TASKS, Outputs, OutputShapes, Task


def _candidates(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the labels of (classes,) probabilities; their boxes stand for the whole image."""
    probabilities = outputs[0]
    kept = np.flatnonzero(probabilities > np.float32(floor))
    return Candidates(
        np.zeros((len(kept), 4), np.float32), probabilities[kept], kept.astype(np.int32)
    )


def _rows(
    classes: int,
    keypoint_shape: tuple[int, int] | None,  # noqa: ARG001
    shapes: OutputShapes,  # noqa: ARG001
) -> int:
    """Return the length of the output: a probability for each class."""
    return classes


TASKS.add(
    "classify",
    Task(
        models="classification models",
        model_class="ClassificationModel",
        predictor="classify.ClassificationPredictor",
        fitted="centre crop",
        outputs=1,
        axes=1,
        rows=_rows,
        expected="{classes} classes",
        decode=_candidates,
        decode_end2end=_candidates,
    ),
)
