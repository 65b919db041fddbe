"""Taking an ONNX file that is given: what it lacks, and where it deviates, by running it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import cv2
import numpy as np
import onnx

import parity.model_files.families  # noqa: F401 - its modules register the families
from parity.backends.runtimes.onnxruntime import PROVIDERS, load_session
from parity.backends.runtimes.runtime import Session
from parity.detection.head import NetworkHead
from parity.detection.letterbox import planes
from parity.errors import UserError
from parity.files import atomic
from parity.model_files.adapting import (
    BOX_ROWS,
    READINGS,
    adapt,
    apply_chain,
    forced,
    image_of,
    reading_fits,
    shape_of,
)
from parity.model_files.completing import CHECKPOINT, GRAPH, complete_metadata, finished_by
from parity.model_files.description import load_given, take_given
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.families.family import FAMILIES, FAMILY, ULTRALYTICS, cell_count
from parity.model_files.families.rtdetr import is_finished
from parity.model_files.output_layout import FINISHED_COLUMNS
from parity.tasks.task import Outputs, Task

SAMPLE = Path(__file__).parents[1] / "samples" / "nothing_here.png"
"""A photograph that this project brings."""
GREY = 114
"""Value of the pixels of a constant image, as Ultralytics pads images."""
CLEAR = 0.1
"""An unusual reading is accepted if its distance from the reference is below this share of the
usual reading's; chosen."""
ALIKE = 0.02
"""Largest distance of a reading that is accepted: a share of the input's side for boxes, and a
score; chosen, above what int8 does."""
STRIDE = 32
"""Largest stride of a network that does not say it, px: that of all YOLO with three scales."""
RTDETR_HEAD = "RTDETRDecoder"
"""What Ultralytics' exporter writes as the head of an RT-DETR."""
THREADS = 2
SIDES = 2


class ComparedNetwork(Protocol):
    """The network that a given file is compared with."""

    @property
    def task(self) -> Task:
        """What it finds."""

    @property
    def names(self) -> dict[int, str]:
        """Class names by id."""

    @property
    def head(self) -> NetworkHead:
        """What the end of it is."""

    @property
    def stride(self) -> int:
        """Largest stride, px."""

    @property
    def family(self) -> str:
        """A key of ``FAMILIES``."""

    def preprocess(self, image: np.ndarray) -> Any:
        """Return the input for an image."""

    def forward_batch(self, tensors: list[Any]) -> list[Outputs]:
        """Return the outputs for each input."""


class LoadReference(Protocol):
    """What loads the reference."""

    def __call__(self, *, imgsz: tuple[int, int]) -> ComparedNetwork:
        """Return it, for images of a height and width, px."""


@dataclass(frozen=True)
class StatedFacts:
    """What a file and the configuration say of a network."""

    names: dict[int, str]
    head: NetworkHead
    stride: int = STRIDE


@dataclass(frozen=True)
class Given:
    """An ONNX file that is given.

    Attributes
    ----------
    path : str or Path
        The file.
    model : onnx.ModelProto
        What it holds; is modified.
    deviations : tuple of str
        How its input deviates by shape and type, see :data:`parity.model_files.adapting.TAKEN`.
    fixed : tuple of int or None
        Height and width of its input, px; None if they are open.
    """

    path: str | Path
    model: onnx.ModelProto
    deviations: tuple[str, ...]
    fixed: tuple[int, int] | None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a file.

        Raises
        ------
        UserError
            If it is no model that can be run, or takes no image.
        """
        model = load_given(path)
        image = image_of(model.graph)
        shape = shape_of(image)
        deviations = forced(shape, image.type.tensor_type.elem_type)
        if len(shape) != 4:
            raise UserError(f"{path} takes {shape}; expected [batch, 3, height, width].")
        first = 1 if "nhwc" in deviations else 2
        sides = [side for side in shape[first : first + 2] if isinstance(side, int) and side > 0]
        return cls(path, model, deviations, (sides[0], sides[1]) if len(sides) == SIDES else None)

    @property
    def shapes(self) -> list[list[int | str]]:
        """The shapes of its outputs."""
        return [shape_of(output) for output in self.model.graph.output]

    @property
    def metadata(self) -> dict[str, str]:
        """What it says of itself."""
        return {entry.key: entry.value for entry in self.model.metadata_props}

    def adapt_to(self, family: str, classes: int) -> None:
        """Make it return what Ultralytics' exports return.

        Raises
        ------
        UserError
            If its outputs are not those of the family, or its input is open.
        """
        kind = FAMILIES[family]
        if self.fixed is None:
            raise UserError(
                f"{self.path} takes images of any size; {kind.models} are compared with a fixed "
                "input, so export it with height and width."
            )
        kind.adapt(self.model, classes, self.fixed)
        self.model.metadata_props.add(key=FAMILY, value=family)

    def save(self, destination: str | Path, *, changed: bool) -> None:
        """Write it, as it is if nothing was changed."""
        if changed:
            with atomic(destination) as temporary:
                onnx.save(self.model, temporary)
        else:
            take_given(self.path, destination)


def take_adapted(
    path: str | Path,
    destination: str | Path,
    load: LoadReference,
    options: Mapping[str, Any],
    *,
    source: str = CHECKPOINT,
) -> None:
    """Copy a given ONNX file; complete its metadata, and undo what it takes or returns otherwise.

    Parameters
    ----------
    path, destination : str or Path
        The file, and the copy to write.
    load : callable
        Loads what it is compared with.
    options : mapping
        ``imgsz``, and ``metadata`` that is given for it.
    source : str
        What that is called where metadata is taken from it.

    Raises
    ------
    UserError
        If it is no model that can be run, or takes no image.
    """
    given = Given.load(path)
    height, width = given.fixed or options["imgsz"]
    network = load(imgsz=(height, width))
    names, rows, classes = given.deviations, 0, len(network.names)
    adapted = network.family != ULTRALYTICS
    if adapted:
        check_classes(given, network.family, classes)
        given.adapt_to(network.family, classes)
    elif network.task.axes == 2 and not (network.head.end2end or finished_by(given.model)):
        tensors = [network.preprocess(image) for image in probes(height, width)]
        truth = [network.forward_batch([tensor])[0] for tensor in tensors]
        rows = len(truth[0][0])
        fed = [np.asarray(tensor) for tensor in tensors]
        names = measured_deviations(path, fed, truth, names, classes)
    if names:
        adapt(given.model, names, rows, classes)
    said = options["metadata"]
    completed = complete_metadata(given.model, network, (height, width), said, source=source)
    given.save(destination, changed=bool(names) or completed or adapted)


def take_reference(path: str | Path, destination: str | Path, options: Mapping[str, Any]) -> None:
    """Copy the ONNX file that others are compared with, see :func:`take_adapted`.

    Parameters
    ----------
    path, destination : str or Path
        The file, and the copy to write.
    options : mapping
        ``imgsz``, ``metadata`` that is given for it, and ``family``, None if it is not given.

    Raises
    ------
    UserError
        If it is no model that can be run, or nothing tells how to read it.
    """
    given, metadata = Given.load(path), options["metadata"]
    said, size = read_metadata(given.metadata), given.fixed or tuple(options["imgsz"])
    named = dict(enumerate(metadata["names"])) if metadata.get("names") else said.names or {}
    task = metadata.get("task") or said.task or "detect"
    family = options.get("family") or recognised(given, task, len(named), size)
    classes = len(named) or FAMILIES[family].classes(given.shapes)
    if classes is None:
        raise UserError(
            f"{path} says nothing of its classes; name them under reference.metadata.names."
        )
    names = given.deviations
    if family != ULTRALYTICS:
        check_classes(given, family, classes)
        given.adapt_to(family, classes)
    elif task == "detect" and given.shapes[0][1] != (rows := BOX_ROWS + classes):
        names += ("transposed",) if given.shapes[0][-1] == rows else ()
    if names:
        adapt(given.model, names, BOX_ROWS + classes, classes)
    stated = StatedFacts(named or {i: str(i) for i in range(classes)}, NetworkHead(task))
    completed = complete_metadata(given.model, stated, size, metadata, source=GRAPH)
    given.save(destination, changed=bool(names) or completed or family != ULTRALYTICS)


def recognised(given: Given, task: str, classes: int, size: tuple[int, int]) -> str:
    """Return the family of a file, of what it says, its shapes and its outputs for a photograph.

    Parameters
    ----------
    given : Given
        The file.
    task : str
        What it finds.
    classes : int
        How many it states; 0 if none.
    size : tuple of int
        Height and width of its input, px.

    Raises
    ------
    UserError
        If several families fit, or none.
    """
    graph = given.model.graph
    if is_finished(graph) or given.metadata.get("head") == RTDETR_HEAD:
        return "rtdetr"
    plain = task != "detect" or finished_by(given.model) or is_usual(given, classes, size)
    if plain and BOX_ROWS + classes != FINISHED_COLUMNS:
        return ULTRALYTICS
    outputs = outputs_for_a_photograph(given, size)
    fitting = [
        name
        for name, kind in FAMILIES.items()
        if (known := kind.classes(given.shapes)) and classes in (0, known)
        if kind.is_sure(outputs, size)
    ]
    if len(fitting) == 1:
        return fitting[0]
    if plain:
        return ULTRALYTICS
    shapes = ", ".join(str(shape) for shape in given.shapes)
    raise UserError(
        f"{given.path} returns {shapes}, which does not tell how to read it; say what it is with "
        f"family: {' or '.join(FAMILIES)}."
    )


def is_usual(given: Given, classes: int, size: tuple[int, int]) -> bool:
    """Return whether an output has the shape that Ultralytics' exports of so many classes have."""
    shape = given.shapes[0]
    if not classes or len(shape) != 3:
        return False
    finished = shape[2] == FINISHED_COLUMNS and shape[1] != cell_count(size)
    return finished or shape[1] == BOX_ROWS + classes


def check_classes(given: Given, family: str, classes: int) -> None:
    """Check that the outputs of a file are those of a family, for so many classes.

    Raises
    ------
    UserError
        If they are not.
    """
    known = FAMILIES[family].classes(given.shapes)
    if known != classes and not is_finished(given.model.graph):
        shapes = ", ".join(str(shape) for shape in given.shapes)
        raise UserError(
            f"{given.path} returns {shapes}, which is not what {FAMILIES[family].models} with "
            f"{classes} classes return."
        )


def outputs_for_a_photograph(given: Given, size: tuple[int, int]) -> list[np.ndarray]:
    """Return what a file returns for a photograph, stretched, red, green and blue from 0 to 1."""
    session = load_session(given.path, threads=THREADS, providers=PROVIDERS)
    tensor = planes(probes(*size)[0])[None]
    fed = fed_as(given.deviations, tensor, session, 0, 0)
    return [output[:1].astype(np.float32) for output in session.run(fed)]


def fed_as(
    names: Sequence[str], tensor: np.ndarray, session: Session, rows: int, classes: int
) -> np.ndarray:
    """Return an input, (1, 3, H, W), as a deviating model takes it."""
    batch = session.input.shape[0]
    copies = batch if isinstance(batch, int) else 1
    fed = np.concatenate([apply_chain(names, tensor, rows, classes)] * copies)
    return fed.astype("uint8" if "uint8" in names else session.input.dtype)


def probes(height: int, width: int) -> list[np.ndarray]:
    """Return images of an input's size: a photograph, and one of a single value."""
    photograph = cv2.imread(str(SAMPLE))
    return [
        cv2.resize(photograph, (width, height)),
        np.full((height, width, 3), GREY, np.uint8),
    ]


def measured_deviations(
    given: str | Path,
    tensors: Sequence[np.ndarray],
    truth: Sequence[Outputs],
    names: tuple[str, ...],
    classes: int,
) -> tuple[str, ...]:
    """Return in what a model deviates from another, as far as running both shows clearly.

    Parameters
    ----------
    given : str or Path
        An ONNX file.
    tensors : sequence of (1, 3, H, W) float32
        Input tensors.
    truth : sequence of outputs
        What the reference returns for each; raw.
    names : tuple of str
        How its input deviates by shape and type.
    classes : int
        Of the network.
    """
    session = load_session(given, threads=THREADS, providers=PROVIDERS)
    rows, side = len(truth[0][0]), max(tensors[0].shape)
    distances: dict[tuple[str, ...], float] = {}
    for taken in [names] if "uint8" in names else [names, ("pixels", *names)]:
        returned = []
        for tensor in tensors:
            fed = fed_as(taken, tensor, session, rows, classes)
            returned.append(session.run(fed)[0][:1].astype(np.float32))
        for reading in READINGS:
            if reading_fits(reading, returned[0].shape, rows):
                read = [apply_chain(reading, output, rows, classes)[0] for output in returned]
                pairs = zip(read, truth, strict=True)
                distances[taken + reading] = max(
                    distance(mine, outputs[0], side, classes) for mine, outputs in pairs
                )
    best = min(distances, key=lambda key: distances[key], default=names)
    usual = distances.get(names, np.inf)
    clear = distances and distances[best] <= min(ALIKE, CLEAR * usual)
    return best if clear else names


def distance(mine: np.ndarray, true: np.ndarray, side: int, classes: int) -> float:
    """Return how far a raw output is from another, (rows, anchors): boxes in sides, and scores."""
    if mine.shape != true.shape:
        return np.inf
    end = 4 + classes
    boxes = np.sqrt(np.mean((mine[:4] - true[:4]) ** 2)) / side
    scores = np.sqrt(np.mean((mine[4:end] - true[4:end]) ** 2))
    found = float(boxes + scores)
    return found if np.isfinite(found) else np.inf
