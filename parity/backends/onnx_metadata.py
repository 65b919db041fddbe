"""What the file of an export says of itself: all that the torch-free path knows about a model."""

import ast
from dataclasses import dataclass
from pathlib import Path

from parity.backends.runtimes.runtime import Session, TensorInfo
from parity.detection.head import NetworkHead
from parity.errors import UserError
from parity.tasks.task import TASKS, Task, supported_models

DTYPES = ("float32", "float16")
FINISHED_COLUMNS = 6
"""x1, y1, x2, y2, score and class of a row that needs no NMS; a task may add more."""


@dataclass(frozen=True)
class ModelFacts:
    """What an export of an Ultralytics model says of itself.

    Attributes
    ----------
    task : Task
        What it was trained to find.
    imgsz : tuple of int
        Height and width that images are fitted into, px.
    stride : int
        Largest stride of the network, px.
    names : dict of int to str
        Class names by id.
    rect : bool
        Whether images are fitted into a minimal rectangle (dynamic axes) or the whole input.
    end2end : bool
        Whether the output holds finished boxes that need no NMS.
    suppressed : bool
        Whether that is because NMS is part of the graph, not because of the head.
    batch : int
        Images that one run takes; fewer are filled up with zeros, as Ultralytics does.
    dtype : str
        Of its image input, float32 or float16.
    keypoint_shape : tuple of int or None
        Keypoints of an object and numbers of a keypoint.
    """

    task: Task
    imgsz: tuple[int, int]
    stride: int
    names: dict[int, str]
    rect: bool
    end2end: bool
    suppressed: bool
    batch: int
    dtype: str
    keypoint_shape: tuple[int, int] | None = None

    @property
    def head(self) -> NetworkHead:
        """What the end of the network is."""
        name = next(name for name, task in TASKS.items() if task is self.task)
        return NetworkHead(name, self.end2end, self.keypoint_shape)


def read_facts(session: Session, path: str | Path) -> ModelFacts:
    """Read the size, layout, stride and names of a loaded model.

    Parameters
    ----------
    session : Session
        The model.
    path : str or Path
        Its file, for messages.

    Raises
    ------
    UserError
        If it is no model of a supported task that Ultralytics exported.
    """
    metadata = session.metadata
    try:
        height, width = ast.literal_eval(metadata["imgsz"])
        names = dict(ast.literal_eval(metadata["names"]))
        stride = int(metadata["stride"])
        task_name = metadata["task"]
        arguments = dict(ast.literal_eval(metadata.get("args", "{}")))
        keypoint_shape = ast.literal_eval(metadata.get("kpt_shape", "None"))
    except (KeyError, ValueError, SyntaxError, TypeError):
        raise UserError(
            f"{path} lacks the metadata that Ultralytics writes (imgsz, names, stride, task); "
            "export it with Ultralytics."
        ) from None
    if task_name not in TASKS:
        raise UserError(
            f"{path} is a model for the task {task_name}; only {supported_models()} work."
        )
    task, taken = TASKS[task_name], session.input
    _check_input(taken, path)
    batch, _, *sides = taken.shape
    fixed = [side for side in sides if isinstance(side, int)]
    rect = len(fixed) < 2
    suppressed = bool(arguments.get("nms"))
    shapes = [output.shape for output in session.outputs]
    if len(shapes) < task.outputs:
        raise UserError(f"{path} has {len(shapes)} output; {task.models} have {task.outputs}.")
    keypoints = (int(keypoint_shape[0]), int(keypoint_shape[1])) if keypoint_shape else None
    rows = task.rows(len(names), keypoints, shapes)
    end2end = metadata.get("end2end") == "True" or (
        task.fitted == "letterbox" and _is_finished(shapes[0], rows, len(names))
    )
    if not (end2end or suppressed):
        _check_rows(shapes[0], rows, task, len(names), path)
    return ModelFacts(
        task=task,
        imgsz=(height, width) if rect else (fixed[0], fixed[1]),
        stride=stride,
        names=names,
        rect=rect,
        end2end=end2end or suppressed,
        suppressed=suppressed,
        batch=batch if isinstance(batch, int) else 1,
        dtype=taken.dtype,
        keypoint_shape=keypoints,
    )


def _is_finished(shape: tuple[int | str, ...], rows: int | None, classes: int) -> bool:
    """Return whether a first output holds a row per finished box."""
    if len(shape) != 3 or rows is None or not isinstance(shape[-1], int):
        return False
    return shape[-1] == FINISHED_COLUMNS + rows - 4 - classes


def _check_rows(
    shape: tuple[int | str, ...], rows: int | None, task: Task, classes: int, path: str | Path
) -> None:
    axes = "[batch, {}]" if task.fitted == "centre crop" else "[batch, {}, anchors]"
    unknown = len(shape) > 1 and not isinstance(shape[1], int)
    if len(shape) != axes.count(",") + 1 or not (unknown or shape[1] == rows):
        expected = axes.format(task.expected.format(classes=classes))
        raise UserError(
            f"{path} returns {list(shape)}; expected {expected}, as Ultralytics exports it."
        )


def _check_input(taken: TensorInfo, path: str | Path) -> None:
    if len(taken.shape) != 4 or taken.shape[1] != 3:
        raise UserError(f"{path} takes {list(taken.shape)}; expected [batch, 3, height, width].")
    if taken.dtype not in DTYPES:
        raise UserError(f"{path} takes {taken.dtype}; expected float or float16.")
