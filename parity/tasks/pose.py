"""Pose estimation: boxes with keypoints."""

from parity.detection.decoding import Candidates, decode, decode_end2end
from parity.tasks.task import TASKS, Outputs, OutputShapes, Task


def _candidates(outputs: Outputs, floor: float, classes: int) -> Candidates:
    """Return the candidates of a raw output, (4 + classes + keypoints, anchors)."""
    return decode(outputs[0], floor, classes)


def _finished(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the candidates of finished boxes, (rows, 6 + keypoints)."""
    return decode_end2end(outputs[0], floor)


def _rows(
    classes: int,
    keypoint_shape: tuple[int, int] | None,
    shapes: OutputShapes,  # noqa: ARG001
) -> int | None:
    """Return the rows of a raw output: a box, the scores and the numbers of all keypoints."""
    return 4 + classes + keypoint_shape[0] * keypoint_shape[1] if keypoint_shape else None


TASKS.add(
    "pose",
    Task(
        models="pose models",
        model_class="PoseModel",
        predictor="pose.PosePredictor",
        fitted="letterbox",
        outputs=1,
        axes=2,
        rows=_rows,
        expected="4 + {classes} classes + keypoints",
        decode=_candidates,
        decode_end2end=_finished,
    ),
)
