"""Taking an ONNX file that is given: completing what it lacks, and undoing where it deviates."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from parity.backends.given_file import Given
from parity.backends.probing import measured_deviations, probes
from parity.backends.recognition import check_family, recognised
from parity.detection.head import NetworkHead
from parity.errors import UserError
from parity.model_files.adapting import BOX_ROWS, adapt
from parity.model_files.completing import CHECKPOINT, GRAPH, complete_metadata, finished_by
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.families.family import FAMILIES, ULTRALYTICS
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
    network = load(imgsz=(height, width))
    if source == CHECKPOINT and (height % network.stride or width % network.stride):
        raise UserError(
            f"{path} takes {height}x{width} px; export it with sides that are multiples of "
            f"{network.stride} px, the largest stride of the checkpoint."
        )
    names, rows, classes = given.deviations, 0, len(network.names)
    adapted = network.family != ULTRALYTICS
    if adapted:
        check_family(given, network.family, classes, (height, width))
        given.adapt_to(network.family, classes)
    elif network.task.has_boxes and not (network.head.end2end or finished_by(given.model)):
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
            f"{path} does not say which classes it has; name them under reference.metadata.names."
        )
    names = given.deviations
    if family != ULTRALYTICS:
        check_family(given, family, classes, size)
        given.adapt_to(family, classes)
    elif task == "detect" and given.shapes[0][1] != (rows := BOX_ROWS + classes):
        names += ("transposed",) if given.shapes[0][-1] == rows else ()
    if names:
        adapt(given.model, names, BOX_ROWS + classes, classes)
    stated = StatedFacts(named or {i: str(i) for i in range(classes)}, NetworkHead(task))
    completed = complete_metadata(given.model, stated, size, metadata, source=GRAPH)
    given.save(destination, changed=bool(names) or completed or family != ULTRALYTICS)
