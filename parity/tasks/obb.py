"""Oriented boxes: boxes with an angle."""

from parity.detection.decoding import Candidates, decode, decode_end2end
from parity.tasks.task import TASKS, Outputs, OutputShapes, Task


def _candidates(outputs: Outputs, floor: float, classes: int) -> Candidates:
    """Return the candidates of a raw output, (4 + classes + 1, anchors)."""
    return decode(outputs[0], floor, classes)


def _finished(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the candidates of finished boxes, (rows, 6 + 1): cx, cy, width, height first."""
    return decode_end2end(outputs[0], floor)


def _rows(
    classes: int,
    keypoint_shape: tuple[int, int] | None,  # noqa: ARG001
    shapes: OutputShapes,  # noqa: ARG001
) -> int:
    """Return the rows of a raw output: a box, the scores and the angle."""
    return 4 + classes + 1


TASKS.add(
    "obb",
    Task(
        models="models for oriented boxes",
        model_class="OBBModel",
        predictor="obb.OBBPredictor",
        fitted="letterbox",
        outputs=1,
        axes=2,
        rows=_rows,
        expected="4 + {classes} classes + 1 angle",
        decode=_candidates,
        decode_end2end=_finished,
    ),
)
