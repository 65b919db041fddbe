"""Detection: boxes parallel to the axes, each of one class."""

from parity.detection.decoding import Candidates, decode, decode_end2end
from parity.tasks.task import TASKS, Outputs, OutputShapes, Task


def _candidates(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the candidates of a raw output, (4 + classes, anchors)."""
    return decode(outputs[0], floor)


def _finished(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the candidates of an output that holds finished boxes, (rows, 6)."""
    return decode_end2end(outputs[0], floor)


def _rows(
    classes: int,
    keypoint_shape: tuple[int, int] | None,  # noqa: ARG001
    shapes: OutputShapes,  # noqa: ARG001
) -> int:
    """Return the rows of a raw output: a box and the scores."""
    return 4 + classes


TASKS.add(
    "detect",
    Task(
        models="detection models",
        model_class="DetectionModel",
        predictor="detect.DetectionPredictor",
        fitted="letterbox",
        outputs=1,
        axes=2,
        rows=_rows,
        expected="4 + {classes} classes",
        decode=_candidates,
        decode_end2end=_finished,
    ),
)
