"""What the file of an export says of itself: all that the torch-free path knows about a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import parity.model_files.families  # noqa: F401 - its modules register the families
from parity.backends.runtimes.runtime import Session, TensorInfo, only_input
from parity.detection.head import NetworkHead
from parity.errors import UserError
from parity.model_files.exporter_metadata import LARGEST_SIDE, read_metadata
from parity.model_files.families.family import FAMILIES, FAMILY, ULTRALYTICS
from parity.model_files.output_layout import OutputLayout
from parity.model_files.results import ExportDescription, TensorDescription
from parity.sentences import listing
from parity.tasks.task import TASKS, Task, supported_models

DTYPES = ("float32", "float16")
ONNX_DTYPES = {"float": "float32"}
"""What numpy calls the element types of ONNX, where the names differ."""
OTHER_HEADS = frozenset(["RTDETRDecoder"])
"""Heads of detection models, as the exporter names them, that are no YOLO."""
NEEDED = ("imgsz", "names", "stride", "task")
LARGEST_BATCH = 1024
"""Images of one run; also the limit of ``exports.<name>.batch`` in the configuration."""


@dataclass(frozen=True)
class ModelFacts:
    """What an export of an Ultralytics model says of itself."""

    task_name: str
    """What it was trained to find, a key of :data:`parity.tasks.task.TASKS`."""
    imgsz: tuple[int, int]
    """Height and width that images are fitted into, px."""
    stride: int
    """Largest stride of the network, px."""
    names: dict[int, str]
    """Class names by id."""
    rect: bool
    """Whether images are fitted into a minimal rectangle (dynamic axes) or the whole input."""
    finished: bool
    """Whether the output holds finished boxes that need no NMS."""
    suppressed: bool
    """Whether that is because NMS is part of the graph, not because of the head."""
    batch: int
    """Images that one run takes; fewer are filled up with zeros, as Ultralytics does."""
    dtype: str
    """Of its image input, float32 or float16."""
    rows: int
    """Length of the first output along the axis that holds a prediction."""
    keypoint_shape: tuple[int, int] | None = None
    """Keypoints of an object and numbers of a keypoint."""
    family: str = ULTRALYTICS
    """A key of :data:`parity.model_files.families.family.FAMILIES`."""

    @property
    def task(self) -> Task:
        """What it was trained to find."""
        return TASKS[self.task_name]

    @property
    def head(self) -> NetworkHead:
        """What the end of the network is."""
        fitted = FAMILIES[self.family].fitted
        return NetworkHead(self.task_name, self.finished, self.keypoint_shape, fitted)


@dataclass(frozen=True)
class UnloadedModel:
    """What a file says of itself, as a session says it of a loaded model."""

    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]


def read_facts(model: Session | UnloadedModel, path: str | Path) -> ModelFacts:
    """Read the size, layout, stride and names of a model.

    Parameters
    ----------
    model : Session or UnloadedModel
        The model.
    path : str or Path
        Its file, for messages.

    Raises
    ------
    UserError
        If it is no model of a supported task that Ultralytics exported.
    """
    said, taken = read_metadata(model.metadata), model.input
    if said.wrong:
        raise UserError(
            f"{path}: in its metadata, {listing(list(said.wrong.values()))}; export it with "
            "Ultralytics."
        )
    if said.imgsz is None or said.names is None or said.stride is None or said.task is None:
        absent = [key for key in NEEDED if getattr(said, key) is None]
        raise UserError(
            f"{path} lacks the metadata that Ultralytics writes ({', '.join(absent)}); export it "
            "with Ultralytics."
        )
    if said.task not in TASKS:
        raise UserError(
            f"{path} is a model for the task {said.task!r}; only {supported_models()} work."
        )
    family = model.metadata.get(FAMILY, ULTRALYTICS)
    if family not in FAMILIES:
        raise UserError(f"{path} is of the family {family!r}; it may be {', '.join(FAMILIES)}.")
    if model.metadata.get("head") in OTHER_HEADS and family == ULTRALYTICS:
        raise UserError(
            f"{path} is an RT-DETR model, which takes stretched images; only {supported_models()} "
            "of YOLOv8 and later work."
        )
    task, classes = TASKS[said.task], len(said.names)
    batch, fixed = check_input(taken, path)
    shapes = [output.shape for output in model.outputs]
    if len(shapes) < task.outputs:
        raise UserError(f"{path} has {len(shapes)} output; {task.models} have {task.outputs}.")
    layout = OutputLayout.of(said, shapes)
    if layout is None:
        raise UserError(
            f"{path} returns {list(map(list, shapes))} and says nothing that tells how to read "
            f"them; expected {task.expected.format(classes=classes)}, as Ultralytics exports it."
        )
    finished = layout.head != "raw"
    _check_output(model.outputs[0], task, layout, classes, path)
    return ModelFacts(
        task_name=said.task,
        imgsz=fixed or said.imgsz,
        stride=said.stride,
        names=said.names,
        rect=not fixed,
        finished=finished,
        suppressed=layout.head == "suppressed",
        batch=batch,
        dtype=taken.dtype,
        rows=layout.length,
        keypoint_shape=said.keypoint_shape,
        family=family,
    )


def facts_of_file(description: ExportDescription, path: str | Path) -> ModelFacts:
    """Read the facts of a model that no runtime has loaded, see :func:`read_facts`."""
    taken = only_input([as_info(each) for each in description.inputs], path)
    outputs = tuple(map(as_info, description.outputs))
    return read_facts(UnloadedModel(taken, outputs, description.metadata), path)


def as_info(tensor: TensorDescription) -> TensorInfo:
    """Return what a description says of a tensor as a session says it."""
    shape = tuple(axis or "?" for axis in tensor.shape)
    return TensorInfo(tensor.name, shape, ONNX_DTYPES.get(tensor.dtype, tensor.dtype))


def check_input(
    taken: TensorInfo,
    path: str | Path,
    *,
    channels_last: bool = False,
    dtypes: Sequence[str] = DTYPES,
) -> tuple[int, tuple[int, int] | None]:
    """Check the input of a model.

    Parameters
    ----------
    taken : TensorInfo
        The input.
    path : str or Path
        Its file, for messages.
    channels_last : bool
        Whether it takes (batch, height, width, 3).
    dtypes : sequence of str
        Element types that are allowed.

    Returns
    -------
    batch : int
        Images that one run takes.
    fixed : tuple of int or None
        Height and width, px; None if they are open.

    Raises
    ------
    UserError
        If it is no image, or larger than an image may be.
    """
    shape = list(taken.shape)
    if len(shape) != 4 or shape[3 if channels_last else 1] != 3:
        raise UserError(
            f"{path} takes {shape}; expected [batch, 3, height, width]. Export it with such an "
            "input."
        )
    if taken.dtype not in dtypes:
        raise UserError(
            f"{path} takes {taken.dtype}; expected {' or '.join(DTYPES)}. Export it with such an "
            "input."
        )
    batch, height, width = shape[0], *(shape[1:3] if channels_last else shape[2:4])
    sides = [side for side in (height, width) if isinstance(side, int)]
    if len(sides) == 1:
        raise UserError(
            f"{path} takes {shape}; export it with both height and width fixed, or with neither."
        )
    images = batch if isinstance(batch, int) else 1
    check_extent(taken, images, sides, path)
    return images, ((sides[0], sides[1]) if sides else None)


def check_extent(taken: TensorInfo, images: int, sides: Sequence[int], path: str | Path) -> None:
    """Check that an input is no larger than it may be.

    Parameters
    ----------
    taken : TensorInfo
        The input.
    images : int
        How many it takes at a time.
    sides : sequence of int
        Height and width, px, as far as they are fixed.
    path : str or Path
        Its file, for messages.

    Raises
    ------
    UserError
        If it is.
    """
    shape = list(taken.shape)
    if not 1 <= images <= LARGEST_BATCH:
        raise UserError(f"{path} takes {shape}; expected a batch of 1 to {LARGEST_BATCH} images.")
    if not all(1 <= side <= LARGEST_SIDE for side in sides):
        raise UserError(f"{path} takes {shape}; expected sides of 1 to {LARGEST_SIDE} px.")


def _check_output(
    output: TensorInfo, task: Task, layout: OutputLayout, classes: int, path: str | Path
) -> None:
    """Check that a first output has the type, and the shape of a layout."""
    shape = list(output.shape)
    if output.dtype not in DTYPES:
        raise UserError(
            f"{path} returns {output.dtype}; expected {' or '.join(DTYPES)}. Export it with such "
            "an output."
        )
    raw = [task.expected.format(classes=classes), "anchors"][: task.axes]
    is_raw = layout.head == "raw"
    axis, expected = (1, raw) if is_raw else (2, ["boxes", str(layout.length)])
    fits = len(shape) == 1 + len(expected)
    if fits and (not isinstance(shape[axis], int) or shape[axis] == layout.length):
        return
    because = (
        "as Ultralytics exports it"
        if is_raw
        else "since NMS is part of its graph, or its metadata says that none is needed"
    )
    remedy = (
        "These are feature maps; export it with the decoding at the end of the network."
        if len(shape) > len(expected) + 1
        else "It is another model, or something was added behind the network: give the file "
        "without that, and boxes of the deployment under external."
    )
    raise UserError(
        f"{path} returns {shape}; expected [batch, {', '.join(expected)}], {because}. {remedy}"
    )
