"""Taking an ONNX file that is given: what it lacks, and where it deviates, by running it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from ultralytics.utils import ASSETS

from parity.backends.onnx_metadata import DTYPES, as_info, check_input
from parity.backends.onnx_network import run_session
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.runtimes.onnxruntime import PROVIDERS, load_session
from parity.backends.runtimes.runtime import only_input
from parity.errors import UserError
from parity.files import atomic
from parity.model_files.adapting import (
    READINGS,
    adapt,
    apply_chain,
    forced,
    reading_fits,
)
from parity.model_files.completing import complete_metadata, finished_by, forget_own_metadata
from parity.model_files.description import graph_inputs, load_given, take_given
from parity.model_files.graph_limits import graph_limit
from parity.tasks.task import Outputs

SAMPLE = "bus.jpg"
"""A photograph that Ultralytics brings."""
GREY = 114
"""Value of the pixels of a constant image, as Ultralytics pads images."""
CLEAR = 0.1
"""An unusual reading is accepted if its distance from the checkpoint is below this share of the
usual reading's; chosen."""
ALIKE = 0.02
"""Largest distance of a reading that is accepted: a share of the input's side for boxes, and a
score; chosen, above what int8 does."""
THREADS = 2


def take_adapted(
    given: str | Path, destination: str | Path, checkpoint: str | Path, options: Mapping[str, Any]
) -> None:
    """Copy a given ONNX file; complete its metadata, and undo what it takes or returns otherwise.

    Parameters
    ----------
    given, destination : str or Path
        The file, and the copy to write.
    checkpoint : str or Path
        What it was exported from; a ``.pt`` that is trusted.
    options : mapping
        ``imgsz``, and ``metadata`` that is given for it.

    Raises
    ------
    UserError
        If it is no model that can be run, or does not take images as the checkpoint does.
    """
    model = load_given(given)
    forgotten = forget_own_metadata(model)
    image = as_info(only_input(graph_inputs(model.graph), given))
    names = forced(image.shape, image.dtype)
    _, fixed = check_input(image, given, channels_last="nhwc" in names, dtypes=(*DTYPES, "uint8"))
    height, width = fixed or options["imgsz"]
    network = PytorchNetwork.load(
        checkpoint, imgsz=(height, width), rect=False, threads=THREADS, device="cpu"
    )
    if height % network.stride or width % network.stride:
        raise UserError(
            f"{given} takes {height}x{width} px; export it with sides that are multiples of "
            f"{network.stride} px, the largest stride of the checkpoint."
        )
    rows, classes = 0, len(network.names)
    if network.task.has_boxes and not finished_by(model):
        tensors = [network.preprocess(image) for image in probes(height, width)]
        truth = [network.forward(tensor) for tensor in tensors]
        rows = len(truth[0][0])
        fed = [tensor.numpy() for tensor in tensors]
        names = measured_deviations(given, fed, truth, names, classes)
    if names:
        adapt(model, names, rows, classes)
    completed = complete_metadata(model, network, (height, width), options["metadata"])
    if names or completed or forgotten:
        with atomic(destination) as temporary:
            onnx.save(model, temporary)
    else:
        take_given(given, destination)


def probes(height: int, width: int) -> list[np.ndarray]:
    """Return images of an input's size: a photograph, and one of a single value."""
    photograph = cv2.imread(str(ASSETS / SAMPLE))
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
    """Return in what a model deviates from a checkpoint, as far as running both shows clearly.

    Parameters
    ----------
    given : str or Path
        An ONNX file.
    tensors : sequence of (1, 3, H, W) float32
        Input tensors.
    truth : sequence of outputs
        What the checkpoint returns for each; raw.
    names : tuple of str
        How its input deviates by shape and type.
    classes : int
        Of the network.
    """
    with graph_limit(given, "loading it"):
        session = load_session(given, threads=THREADS, providers=PROVIDERS)
    if session.outputs[0].dtype not in DTYPES:
        return names
    rows, side = len(truth[0][0]), max(tensors[0].shape)
    batch = session.input.shape[0]
    copies = batch if isinstance(batch, int) else 1
    distances: dict[tuple[str, ...], float] = {}
    for taken in [names] if "uint8" in names else [names, ("pixels", *names)]:
        returned = []
        for tensor in tensors:
            fed = np.concatenate([apply_chain(taken, tensor, rows, classes)] * copies)
            kind = "uint8" if "uint8" in names else session.input.dtype
            first, *_ = run_session(session, fed.astype(kind), given)
            returned.append(first.astype(np.float32))
        for reading in READINGS:
            if reading_fits(reading, returned[0].shape, rows):
                read = [apply_chain(reading, each[:1], rows, classes)[0] for each in returned]
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
