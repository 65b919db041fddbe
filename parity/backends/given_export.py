"""Taking an ONNX file that is given: completing what it lacks, and undoing where it deviates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from parity.backends.finished_readings import (
    check_finished_rows,
    finished_distance,
    finished_rows,
    measured_reading,
    plausible_rows,
    read_rows,
)
from parity.backends.given_file import Given
from parity.backends.measured_readings import (
    ENOUGH,
    FAR,
    measured_deviations,
    most_explained,
    object_distance,
)
from parity.backends.plausible_readings import plausible_reading
from parity.backends.probing import photographs, probes
from parity.backends.recognition import (
    check_family,
    check_no_other_family,
    classes_of,
    is_finished,
    is_surely_finished,
    recognised,
    task_of_graph,
    with_built_in_preprocessing,
)
from parity.detection.head import NetworkHead
from parity.detection.letterbox import planes
from parity.errors import UserError
from parity.model_files.adapting import BOX_ROWS, UNLIKE, adapt
from parity.model_files.arranging import classes_apart
from parity.model_files.cells import Size, cell_count
from parity.model_files.completing import CHECKPOINT, GRAPH, complete_metadata, finished_by
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.families.family import FAMILIES, ULTRALYTICS
from parity.model_files.feature_maps import classes_of_maps
from parity.model_files.finished_ends import join_finished
from parity.tasks.task import Outputs, Task

STRIDE = 32
"""Largest stride of a network that does not say it, px: that of all YOLO with three scales."""


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
    network, size = load(imgsz=(height, width)), (height, width)
    if source == CHECKPOINT and (height % network.stride or width % network.stride):
        raise UserError(
            f"{path} takes {height}x{width} px; export it with sides that are multiples of "
            f"{network.stride} px, the largest stride of the checkpoint."
        )
    classes, family = len(network.names), network.family
    joinable = network.head.task == "detect" and not FAMILIES[family].choices
    finished = join_finished(given.model) if joinable else ()
    adapted = family != ULTRALYTICS and not finished
    if adapted:
        check_family(given, family, classes, size)
        given.adapt_to(family, classes)
        found = Reading(given.deviations)
    elif network.task.has_boxes and not (
        network.head.finished or finished_by(given.model) or is_surely_finished(given, size)
    ):
        found = _raw_reading(given, network, size, source)
    else:
        found = _other_reading(given, network, size, finished)
    if found.unlike:
        given.model.metadata_props.add(key=UNLIKE, value=source)
    if found.names:
        adapt(given.model, found.names, found.rows, classes, size)
    said = options["metadata"]
    completed = complete_metadata(given.model, network, size, said, source=source)
    given.save(destination, changed=bool(found.names) or completed or adapted or found.unlike)


@dataclass(frozen=True)
class Reading:
    """How a file is fed and read, as running it beside another network shows."""

    names: tuple[str, ...]
    """In what it deviates, see :func:`parity.model_files.adapting.adapt`."""
    rows: int = 0
    """Of its output, if that is raw."""
    unlike: bool = False
    """Whether it is farther from the other network than its precision explains."""


def _raw_reading(given: Given, network: ComparedNetwork, size: Size, source: str) -> Reading:
    """Return how a file is read that returns boxes before NMS."""
    classes = len(network.names)
    fed, truth = outputs_for(network, probes(*size))
    rows = len(truth[0][0])
    with given.arranged(rows, size) as (plain, before):
        arranged = with_built_in_preprocessing(plain)
        measured = measured_deviations(arranged, fed, truth, classes)
        most = most_explained(given, measured.deviations)
        unlike = measured.distance > most
        if source == CHECKPOINT and not np.isfinite(measured.distance):
            check_no_other_family(plain, classes, size)
        if ENOUGH < measured.distance <= most:
            fed, truth = outputs_for(network, photographs(*size))
            far = object_distance(arranged, measured.deviations, fed, truth, classes)
            unlike = far > most
    return Reading((*before, *measured.deviations), rows, unlike)


def _other_reading(
    given: Given, network: ComparedNetwork, size: Size, finished: tuple[str, ...]
) -> Reading:
    """Return how a file is read that returns finished boxes, or no boxes."""
    joined = with_built_in_preprocessing(given)
    if network.head.task != "detect" or not is_finished(joined, size):
        return Reading((*finished, *joined.deviations))
    fed, truth = outputs_for(network, photographs(*size))
    with joined.rewritten() as runnable:
        found = finished_rows(runnable, fed)
    classes = len(network.names)
    reading = measured_reading(found, truth, size, classes)
    read = [read_rows(rows, reading, size) for rows in found]
    check_finished_rows(read, classes, given)
    unlike = finished_distance(read, truth, max(size), classes) > FAR
    return Reading((*finished, *reading, *joined.deviations), unlike=unlike)


def outputs_for(
    network: ComparedNetwork, images: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[Outputs]]:
    """Return the input tensors of images, (1, 3, H, W), and what a network returns for them."""
    tensors = [network.preprocess(image) for image in images]
    returned = [network.forward_batch([tensor])[0] for tensor in tensors]
    return [np.asarray(tensor) for tensor in tensors], returned


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
    task = metadata.get("task") or said.task or task_of_graph(given.model.graph)
    finished = join_finished(given.model) if task == "detect" else ()
    cells = cell_count(size)
    stated = (
        len(named) or classes_apart(given.shapes, cells) or classes_of_maps(given.shapes, cells)
    )
    with given.arranged(BOX_ROWS + stated if task == "detect" else 0, size) as (arranged, before):
        source = with_built_in_preprocessing(arranged)
        family = options.get("family") or recognised(source, task, stated, size)
        if "scaling" in FAMILIES[family].choices:  # it is fed with pixel values, anyway
            source = arranged
        classes = stated or classes_of(source.shapes, task, family)
        if classes is None:
            raise UserError(
                f"{path} does not say which classes it has; name them under "
                "reference.metadata.names."
            )
        names, rows = (*finished, *before, *source.deviations), BOX_ROWS + classes
        if family == ULTRALYTICS and task == "detect" and (finished or is_finished(source, size)):
            tensors = [planes(image)[None] for image in photographs(*size)]
            with source.rewritten() as joined:
                found = finished_rows(joined, tensors)
                reading = plausible_rows(joined, found, tensors, size)
            check_finished_rows([read_rows(rows, reading, size) for rows in found], classes, given)
            names, rows = (*names, *reading), 0
        elif family != ULTRALYTICS:
            check_family(source, family, classes, size)
            source.adapt_to(family, classes)
        elif task == "detect" and not finished_by(source.model):
            names += plausible_reading(source, classes, size)
    if names:
        adapt(source.model, names, rows, classes, size)
    facts = StatedFacts(named or {i: str(i) for i in range(classes)}, NetworkHead(task))
    completed = complete_metadata(source.model, facts, size, metadata, source=GRAPH)
    source.save(destination, changed=bool(names) or completed or family != ULTRALYTICS)
