"""Running a file that is given, to see what it takes and returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from parity.backends.given_file import Given
from parity.backends.onnx_metadata import DTYPES
from parity.backends.onnx_network import run_session
from parity.backends.runtimes.onnxruntime import PROVIDERS, load_session
from parity.backends.runtimes.runtime import Session
from parity.data.sample_images import find_samples
from parity.detection.letterbox import planes
from parity.errors import UserError
from parity.model_files.adapting import (
    BOX_ROWS,
    DEEPSTREAM_COLUMNS,
    INTEGERS,
    READINGS,
    RETURNED,
    SCALED,
    TAKEN,
    apply_chain,
    reading_fits,
)
from parity.model_files.families.ultralytics import FRACTION
from parity.model_files.graph_limits import graph_limit
from parity.tasks.task import Outputs

SAMPLE = Path(__file__).parents[1] / "samples" / "nothing_here.png"
"""A photograph that this project brings."""
GREY = 114
"""Value of the pixels of a constant image, as Ultralytics pads images."""
CLEAR = 0.1
"""An unusual reading is accepted if its distance from the reference is below this share of the
usual reading's; chosen."""
ALIKE = 0.04
"""Largest distance of a reading that is accepted: a share of the input's side for boxes, and a
score; chosen, above what int8 does, 0.028."""
ENOUGH = 0.002
"""Distance at which no other reading is tried; chosen, twice that of fp16."""
FAR = 0.1
"""Distance that no precision explains, of all anchors or of objects; chosen, over three times
what int8 does."""
CONFIDENT = 0.25
"""Score above which an anchor shows an object: predict's default confidence threshold."""
ORDERED = 0.99
"""Share of boxes whose second corner is right of and below the first, at least; chosen."""
THREADS = 2


def outputs_for_a_photograph(given: Given, size: tuple[int, int]) -> list[np.ndarray]:
    """Return what a file returns for a photograph, stretched, red, green and blue from 0 to 1.

    Returns
    -------
    list of (1, ...) float32
        Nothing if an output is no number.
    """
    session = opened(given)
    tensor = planes(probes(*size)[0])[None]
    fed = fed_as(given.deviations, tensor, session)
    if not all(output.dtype in (*DTYPES, "int64", "int32") for output in session.outputs):
        return []
    found = run_session(session, fed, given.path)
    return [output[:1].astype(np.float32) for output in found if output.ndim]


def opened(given: Given) -> Session:
    """Load a file within the limits of time and memory."""
    with graph_limit(given.path, "loading it"):
        return load_session(given.runnable, threads=THREADS, providers=PROVIDERS)


def fed_as(names: Sequence[str], tensor: np.ndarray, session: Session) -> np.ndarray:
    """Return an input, (1, 3, H, W), as a deviating model takes it."""
    batch = session.input.shape[0]
    copies = batch if isinstance(batch, int) else 1
    fed = np.concatenate([apply_chain(names, tensor, rows=0, classes=0)] * copies)
    integers = [name for name in names if name in INTEGERS]
    return fed.astype(integers[0] if integers else session.input.dtype)


def probes(height: int, width: int) -> list[np.ndarray]:
    """Return images of an input's size: a photograph, and one of a single value."""
    photograph = cv2.imread(str(SAMPLE))
    return [
        cv2.resize(photograph, (width, height)),
        np.full((height, width, 3), GREY, np.uint8),
    ]


def photographs(height: int, width: int) -> list[np.ndarray]:
    """Return the images of :func:`probes`, and some that show objects."""
    samples = [cv2.imread(str(path)) for path in find_samples().values()]
    return [*probes(height, width), *(cv2.resize(each, (width, height)) for each in samples)]


@dataclass(frozen=True)
class Measured:
    """In what a model deviates from another, as far as running both shows."""

    deviations: tuple[str, ...]
    """Keys of :data:`parity.model_files.adapting.TAKEN` and ``RETURNED``."""
    distance: float
    """How far its outputs are, read so, see :func:`distance`."""


def measured_deviations(
    given: Given, tensors: Sequence[np.ndarray], truth: Sequence[Outputs], classes: int
) -> Measured:
    """Return in what a model deviates from another, as far as running both shows clearly.

    Parameters
    ----------
    given : Given
        An ONNX file.
    tensors : sequence of (1, 3, H, W) float32
        Input tensors.
    truth : sequence of outputs
        What the reference returns for each; raw.
    classes : int
        Of the network.
    """
    session, names = opened(given), given.deviations
    if session.outputs[0].dtype not in DTYPES:
        return Measured(names, np.inf)
    distances: dict[tuple[str, ...], float] = {}
    for taken in ways_to_feed(names):
        returned = []
        for tensor in tensors:
            first, *_ = run_session(session, fed_as(taken, tensor, session), given.path)
            if not first.ndim:
                return Measured(names, np.inf)
            returned.append(first[:1].astype(np.float32))
        distances |= {
            taken + reading: far
            for reading, far in distances_of_readings(
                returned, truth, tensors[0].shape[2:], classes
            ).items()
        }
        if min(distances.values(), default=np.inf) <= ENOUGH:
            break
    best = min(distances, key=lambda key: distances[key], default=names)
    usual = distances.get(names, np.inf)
    clear = distances and distances[best] <= min(ALIKE, CLEAR * usual)
    return Measured(best, distances[best]) if clear else Measured(names, usual)


def object_distance(
    given: Given,
    names: Sequence[str],
    tensors: Sequence[np.ndarray],
    truth: Sequence[Outputs],
    classes: int,
) -> float:
    """Return how far a raw output, read in some way, is from another where that finds objects.

    Parameters
    ----------
    given : Given
        An ONNX file.
    names : sequence of str
        In what it deviates.
    tensors : sequence of (1, 3, H, W) float32
        Input tensors.
    truth : sequence of outputs
        What the reference returns for each; raw.
    classes : int
        Of the network.

    Returns
    -------
    float
        For the image where it is largest: the median difference of coordinates, as a share of the
        input's longer side, plus that of the best scores; 0 if the reference finds nothing.
    """
    session, distances, end = opened(given), [0.0], BOX_ROWS + classes
    taken, returned = ([n for n in names if n in kinds] for kinds in (TAKEN, RETURNED))
    for tensor, outputs in zip(tensors, truth, strict=True):
        true, (height, width) = outputs[0], tensor.shape[2:]
        first = run_session(session, fed_as(taken, tensor, session), given.path)[0][:1]
        output = first.astype(np.float32)
        mine = apply_chain(returned, output, len(true), classes, (height, width))[0]
        best = true[BOX_ROWS:end].max(axis=0)
        objects = best > CONFIDENT
        if mine.shape == true.shape and objects.any():
            scores = np.abs(mine[BOX_ROWS:end].max(axis=0) - best)[objects]
            boxes = np.abs(mine[:BOX_ROWS] - true[:BOX_ROWS]).max(axis=0)[objects]
            far = np.median(boxes) / max(height, width) + np.median(scores)
            distances.append(float(far) if np.isfinite(far) else np.inf)
    return max(distances)


def plausible_reading(given: Given, classes: int, size: tuple[int, int]) -> tuple[str, ...]:
    """Return how the raw output of a detector has to be read, so that it is boxes in px and scores.

    Nothing else is there to compare it with: what it returns for a photograph decides.

    Parameters
    ----------
    given : Given
        An ONNX file.
    classes : int
        Of the network.
    size : tuple of int
        Height and width of its input, px.

    Returns
    -------
    tuple of str
        Keys of :data:`parity.model_files.adapting.RETURNED`.

    Raises
    ------
    UserError
        If its numbers are not finite, or what stands beside the boxes is no scores.
    """
    outputs, rows = outputs_for_a_photograph(given, size), BOX_ROWS + classes
    if not outputs or outputs[0].ndim != 3:
        return ()
    first = outputs[0][0]
    if not np.isfinite(first).all():
        raise UserError(
            f"{given.path} returns numbers for a photograph that are not finite; export it again."
        )
    if first.shape[1] == DEEPSTREAM_COLUMNS and np.array_equal(first[:, 5], np.rint(first[:, 5])):
        return ("corners",) if are_corners(first.T) else ("centres",)
    names: tuple[str, ...] = ()
    if first.shape[0] != rows:
        if first.shape[1] != rows:
            return ()
        names, first = ("transposed",), first.T
    boxes, scores = first[:BOX_ROWS], first[BOX_ROWS:]
    if scores.min() < -ALIKE or scores.max() > 1 + ALIKE:
        if np.median(scores) >= 0:
            raise UserError(
                f"{given.path} returns {classes} numbers beside each box, which are not all scores "
                "from 0 to 1; if it is no detection model, say so under reference.metadata.task."
            )
        names += ("logits",)
    names += ("fractions",) if np.abs(boxes).max() <= FRACTION else ()
    return names + (("edges",) if are_corners(first) else ())


def are_corners(rows: np.ndarray) -> bool:
    """Return whether the first four rows are x1, y1, x2, y2; a box is seldom wider than cx."""
    ordered = (rows[2] >= rows[0]) & (rows[3] >= rows[1])
    return bool(ordered.mean() >= ORDERED)


def ways_to_feed(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return how a model may have to be fed that seems to deviate in what is named, this first."""
    forced = tuple(name for name in names if name in (*INTEGERS, "nhwc"))
    scalings = [()] if set(forced) & set(INTEGERS) else [(), *((name,) for name in SCALED)]
    ways = [(*order, *scaling, *forced) for order in ((), ("bgr",)) for scaling in scalings]
    return [names, *(way for way in ways if way != names)]


def distances_of_readings(
    returned: Sequence[np.ndarray], truth: Sequence[Outputs], size: Sequence[int], classes: int
) -> dict[tuple[str, ...], float]:
    """Return how far outputs are from others, by how they are read.

    Parameters
    ----------
    returned : sequence of (1, ...) float32
        First outputs.
    truth : sequence of outputs
        What they should be, without the axis of the batch.
    size : sequence of int
        Height and width of the input, px.
    classes : int
        Of the network.
    """
    rows, (height, width) = len(truth[0][0]), size
    distances = {}
    for reading in READINGS:
        if reading_fits(reading, returned[0].shape, rows):
            distances[reading] = max(
                distance(
                    apply_chain(reading, mine, rows, classes, (height, width))[0],
                    outputs[0],
                    max(size),
                    classes,
                )
                for mine, outputs in zip(returned, truth, strict=True)
            )
            if distances[reading] <= ENOUGH:
                break
    return distances


def distance(mine: np.ndarray, true: np.ndarray, side: int, classes: int) -> float:
    """Return how far a raw output is from another, (rows, anchors): boxes in sides, and scores."""
    if mine.shape != true.shape:
        return np.inf
    end = 4 + classes
    boxes = np.sqrt(np.mean((mine[:4] - true[:4]) ** 2)) / side
    scores = np.sqrt(np.mean((mine[4:end] - true[4:end]) ** 2))
    found = float(boxes + scores)
    return found if np.isfinite(found) else np.inf
