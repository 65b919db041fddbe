"""Running a file that is given, to see what it takes and returns."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from parity.backends.given_file import Given
from parity.backends.onnx_metadata import DTYPES
from parity.backends.onnx_network import run_session
from parity.backends.runtimes.onnxruntime import PROVIDERS, load_session
from parity.backends.runtimes.runtime import Session
from parity.detection.letterbox import planes
from parity.model_files.adapting import READINGS, apply_chain, reading_fits
from parity.model_files.graph_limits import graph_limit
from parity.tasks.task import Outputs

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
THREADS = 2


def outputs_for_a_photograph(given: Given, size: tuple[int, int]) -> list[np.ndarray]:
    """Return what a file returns for a photograph, stretched, red, green and blue from 0 to 1.

    Returns
    -------
    list of (1, ...) float32
        Nothing if an output is no number.
    """
    session = opened(given.path)
    tensor = planes(probes(*size)[0])[None]
    fed = fed_as(given.deviations, tensor, session, 0, 0)
    if not all(output.dtype in (*DTYPES, "int64", "int32") for output in session.outputs):
        return []
    found = run_session(session, fed, given.path)
    return [output[:1].astype(np.float32) for output in found if output.ndim]


def opened(path: str | Path) -> Session:
    """Load a file within the limits of time and memory."""
    with graph_limit(path, "loading it"):
        return load_session(path, threads=THREADS, providers=PROVIDERS)


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
    session = opened(given)
    if session.outputs[0].dtype not in DTYPES:
        return names
    rows, side = len(truth[0][0]), max(tensors[0].shape)
    distances: dict[tuple[str, ...], float] = {}
    for taken in [names] if "uint8" in names else [names, ("pixels", *names)]:
        returned = []
        for tensor in tensors:
            fed = fed_as(taken, tensor, session, rows, classes)
            first, *_ = run_session(session, fed, given)
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
