"""Pose estimation: boxes with keypoints."""

from parity.tasks.task import TASKS, OutputShapes, Task


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
        rows=_rows,
        expected="4 + {classes} classes + keypoints",
    ),
)
