"""Segmentation: boxes with the coefficients of a mask, and prototypes of masks."""

from dataclasses import replace

from parity.detection.decoding import Candidates, decode, decode_end2end
from parity.tasks.task import TASKS, Outputs, OutputShapes, Task


def _candidates(outputs: Outputs, floor: float, classes: int) -> Candidates:
    """Return the candidates of (4 + classes + M, anchors) and of prototypes, (M, h, w)."""
    return replace(decode(outputs[0], floor, classes), prototypes=outputs[1])


def _finished(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the candidates of finished boxes, (rows, 6 + M), and of prototypes, (M, h, w)."""
    return replace(decode_end2end(outputs[0], floor), prototypes=outputs[1])


def _rows(
    classes: int,
    keypoint_shape: tuple[int, int] | None,  # noqa: ARG001
    shapes: OutputShapes,
) -> int | None:
    """Return the rows of a raw output: a box, the scores and a coefficient per prototype."""
    prototypes = shapes[1][1]
    return 4 + classes + prototypes if isinstance(prototypes, int) else None


TASKS.add(
    "segment",
    Task(
        models="segmentation models",
        model_class="SegmentationModel",
        predictor="segment.SegmentationPredictor",
        fitted="letterbox",
        outputs=2,
        axes=2,
        rows=_rows,
        expected="4 + {classes} classes + coefficients of a mask",
        decode=_candidates,
        decode_end2end=_finished,
    ),
)
