"""What the file of an export says of itself: all that the torch-free path knows about a model."""

import ast
from dataclasses import dataclass
from pathlib import Path

from parity.backends.runtimes.runtime import Session, TensorInfo
from parity.errors import UserError
from parity.tasks.task import TASKS, Task, supported_models

DTYPES = ("float32", "float16")
FINISHED_COLUMNS = 6
"""x1, y1, x2, y2, score and class of an output that needs no NMS."""


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
    except (KeyError, ValueError, SyntaxError, TypeError):
        raise UserError(
            f"{path} lacks the metadata that Ultralytics writes (imgsz, names, stride, task); "
            "export it with Ultralytics."
        ) from None
    if task_name not in TASKS:
        raise UserError(
            f"{path} is a model for the task {task_name}; only {supported_models()} work."
        )
    task, taken, output = TASKS[task_name], session.input, session.output
    _check_input(taken, path)
    batch, _, *sides = taken.shape
    fixed = [side for side in sides if isinstance(side, int)]
    rect = len(fixed) < 2
    suppressed = bool(arguments.get("nms"))
    finished = output.shape[-1] == FINISHED_COLUMNS or metadata.get("end2end") == "True"
    rows = output.shape[1] if len(output.shape) == 3 else 0
    expected = task.box_rows + len(names)
    if not (finished or suppressed) and isinstance(rows, int) and rows != expected:
        raise UserError(
            f"{path} returns {list(output.shape)}; expected [batch, {task.box_rows} + "
            f"{len(names)} classes, anchors], as Ultralytics exports it."
        )
    return ModelFacts(
        task=task,
        imgsz=(height, width) if rect else (fixed[0], fixed[1]),
        stride=stride,
        names=names,
        rect=rect,
        end2end=finished or suppressed,
        suppressed=suppressed,
        batch=batch if isinstance(batch, int) else 1,
        dtype=taken.dtype,
    )


def _check_input(taken: TensorInfo, path: str | Path) -> None:
    if len(taken.shape) != 4 or taken.shape[1] != 3:
        raise UserError(f"{path} takes {list(taken.shape)}; expected [batch, 3, height, width].")
    if taken.dtype not in DTYPES:
        raise UserError(f"{path} takes {taken.dtype}; expected float or float16.")
