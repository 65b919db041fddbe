"""Segmentation: boxes with the coefficients of a mask, and prototypes of masks."""

from dataclasses import replace

from parity.detection.decoding import Candidates
from parity.tasks.task import (
    TASKS,
    Outputs,
    OutputShapes,
    Task,
    decode_boxes,
    decode_finished_boxes,
)


def _with_prototypes(outputs: Outputs, floor: float, classes: int) -> Candidates:
    """Return the candidates of (4 + classes + M, anchors) and the prototypes, (M, h, w)."""
    return replace(decode_boxes(outputs, floor, classes), prototypes=outputs[1])


def _finished_with_prototypes(outputs: Outputs, floor: float, classes: int) -> Candidates:
    """Return the candidates of finished boxes, (rows, 6 + M), and the prototypes, (M, h, w)."""
    return replace(decode_finished_boxes(outputs, floor, classes), prototypes=outputs[1])


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
        rows=_rows,
        expected="4 + {classes} classes + coefficients of a mask",
        outputs=2,
        decode=_with_prototypes,
        decode_finished=_finished_with_prototypes,
    ),
)
