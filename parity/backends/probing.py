"""Running a file that is given, to see what it takes and returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Protocol

import cv2
import numpy as np

from parity.backends.given_file import Given
from parity.backends.onnx_metadata import DTYPES
from parity.backends.onnx_network import run_session
from parity.backends.runtimes.onnxruntime import PROVIDERS, load_session
from parity.backends.runtimes.runtime import Session
from parity.data.sample_images import OWN_SAMPLE, find_samples
from parity.detection.letterbox import planes
from parity.errors import UserError
from parity.model_files.adapting import (
    BOX_ROWS,
    DEEPSTREAM_COLUMNS,
    INTEGERS,
    RETURNED,
    SCALED,
    TAKEN,
    TYPES,
    apply_chain,
)
from parity.model_files.cells import STRIDES, Size, cell_centres, cell_count
from parity.model_files.families.ultralytics import FRACTION
from parity.model_files.graph_limits import graph_limit
from parity.model_files.weights import is_fp32
from parity.tasks.task import Outputs

GREY = 114
"""Value of the pixels of a constant image, as Ultralytics pads images."""
CLEAR = 0.1
"""An unusual reading is accepted if its distance from the reference is below this share of the
usual reading's; chosen."""
NEARLY = 1.5
"""Of all readings that are at most so many times as far as the nearest, that with the fewest
deviations is taken; chosen."""
ALIKE = 0.04
"""Largest distance of a reading that is accepted: a share of the input's side for boxes, and a
score; chosen, above what int8 does, 0.028."""
ENOUGH = 0.002
"""Distance at which no other reading is tried; chosen, twice that of fp16."""
FAR = 0.1
"""Distance that no precision explains, of all anchors or of objects; chosen, over three times
what int8 does."""
FAR_FLOAT32 = 0.005
"""The same for float32 weights, where rounding explains next to nothing; chosen."""
CONFIDENT = 0.25
"""Score above which an anchor shows an object: predict's default confidence threshold."""
SPREAD = 0.25
"""Share of the input's sides within which the outermost twentieth of the boxes lies; chosen."""
PERCENT = 100
ORDERED = 0.99
"""Share of boxes whose second corner is right of and below the first, at least; chosen."""
THREADS = 2

OF_SCORES = frozenset(["logits", "percent"])
OF_BOXES = frozenset(["y_first", "fractions", "cells", "distances", "edges"])
OF_SIZE = frozenset(["fractions", "cells", "distances"])
"""Deviations of scores, of boxes, and those that only an input of a fixed size shows."""
READINGS: tuple[tuple[str, ...], ...] = (
    *(
        tuple(name for name in names if name)
        for names in product(
            ("", "transposed"),
            ("", "logits", "percent"),
            ("", "y_first"),
            ("", "fractions", "cells"),
            ("", "edges", "distances"),
        )
    ),
    ("corners",),
    ("centres",),
)
"""How an output may have to be read, the usual way first."""
NEAR = 0.15
"""Largest median distance of boxes from the cells that predict them, as a share of the input's
longer side; chosen, over twice what YOLO11n shows on photographs."""


def outputs_for_a_photograph(given: Given, size: Size) -> list[np.ndarray]:
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


def outputs_for_photographs(given: Given, size: Size) -> list[np.ndarray]:
    """Return what a file returns first for each photograph, (1, ...); nothing if no number."""
    session = opened(given)
    if session.outputs[0].dtype not in DTYPES:
        return []
    tensors = [planes(image)[None] for image in photographs(*size)]
    fed = [fed_as(given.deviations, tensor, session) for tensor in tensors]
    return [run_session(session, each, given.path)[0][:1].astype(np.float32) for each in fed]


def opened(given: Given) -> Session:
    """Load a file within the limits of time and memory."""
    with graph_limit(given.path, "loading it"):
        return load_session(given.runnable, threads=THREADS, providers=PROVIDERS)


def fed_as(names: Sequence[str], tensor: np.ndarray, session: Session) -> np.ndarray:
    """Return an input, (1, 3, H, W), as a deviating model takes it."""
    batch = session.input.shape[0]
    copies = batch if isinstance(batch, int) else 1
    fed = np.concatenate([apply_chain(names, tensor, rows=0, classes=0)] * copies)
    return fed if set(names) & set(TYPES) else fed.astype(session.input.dtype)


def probes(height: int, width: int) -> list[np.ndarray]:
    """Return images of an input's size: a photograph, with objects if there is one, and grey."""
    samples = find_samples()
    others = [path for name, path in samples.items() if name != OWN_SAMPLE.name]
    photograph = cv2.imread(str(next(iter(others), OWN_SAMPLE)))
    return [
        cv2.resize(photograph, (width, height)),
        np.full((height, width, 3), GREY, np.uint8),
    ]


def photographs(height: int, width: int) -> list[np.ndarray]:
    """Return all photographs that are there, of an input's size."""
    samples = [cv2.imread(str(path)) for path in find_samples().values()]
    return [cv2.resize(each, (width, height)) for each in samples]


@dataclass(frozen=True)
class Measured:
    """In what a model deviates from another, as far as running both shows."""

    deviations: tuple[str, ...]
    """Keys of :data:`parity.model_files.adapting.TAKEN` and ``RETURNED``."""
    distance: float
    """How far its outputs are, read so, see :func:`distances_of_readings`."""


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
    if session.outputs[0].dtype not in DTYPES or not session.outputs[0].shape:
        return Measured(names, np.inf)

    def run(taken: tuple[str, ...], tensor: np.ndarray) -> np.ndarray:
        first = run_session(session, fed_as(taken, tensor, session), given.path)[0]
        return np.asarray(first[:1], np.float32)

    readings = READINGS if given.fixed else [each for each in READINGS if not set(each) & OF_SIZE]
    return likeliest(run, names, tensors, truth, classes=classes, readings=readings)


def likeliest(
    run: Callable[[tuple[str, ...], np.ndarray], np.ndarray],
    names: tuple[str, ...],
    tensors: Sequence[np.ndarray],
    truth: Sequence[Outputs],
    *,
    classes: int,
    readings: Sequence[tuple[str, ...]],
) -> Measured:
    """Return in what a model deviates from another, of all ways to feed and to read it.

    Parameters
    ----------
    run : callable
        Returns the first output, (1, ...) float32, for deviations of the input and a tensor.
    names : tuple of str
        How the input seems to deviate.
    tensors, truth, classes
        See :func:`measured_deviations`.
    readings : sequence of tuple of str
        Of :data:`READINGS`.
    """
    distances: dict[tuple[str, ...], float] = {}
    for taken in ways_to_feed(names):
        returned = [run(taken, tensor) for tensor in tensors]
        distances |= {
            taken + reading: far
            for reading, far in distances_of_readings(
                returned, truth, tensors[0].shape[2:], classes, readings
            ).items()
        }
        if min(distances.values(), default=np.inf) <= ENOUGH:
            break
    least = min(distances.values(), default=np.inf)
    nearly = [key for key, far in distances.items() if far <= NEARLY * least]
    best = min(nearly, key=len, default=names)
    usual = distances.get(names, np.inf)
    clear = distances and distances[best] <= min(ALIKE, CLEAR * usual)
    return Measured(best, distances[best]) if clear else Measured(names, usual)


def most_explained(given: Given, names: Sequence[str]) -> float:
    """Return the distance from a reference that the precision of a file explains.

    Where it states the best class of an anchor alone, its other scores are missing.
    """
    exact = is_fp32(given.path) and not {"corners", "centres"} & set(names)
    return FAR_FLOAT32 if exact else FAR


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
        input's longer side, plus the median difference of the best scores; 0 if the reference
        finds nothing.
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


def plausible_reading(given: Given, classes: int, size: Size) -> tuple[str, ...]:
    """Return how the raw output of a detector has to be read, so that it is boxes in px and scores.

    Nothing else is there to compare it with: what it returns for photographs decides. Boxes lie
    near the cells that predict them.

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
        If its numbers are not finite, what stands beside the boxes is no scores, or boxes are far
        from their cells.
    """
    found, rows = outputs_for_photographs(given, size), BOX_ROWS + classes
    if not found or found[0].ndim != 3:
        return ()
    first = np.concatenate(found)
    if not np.isfinite(first).all():
        raise UserError(
            f"{given.path} returns numbers for a photograph that are not finite; export it again."
        )
    labels = first[..., -1]
    if first.shape[2] == DEEPSTREAM_COLUMNS and np.array_equal(labels, np.rint(labels)):
        boxes = np.concatenate(list(first)).T
        return ("corners",) if are_corners(boxes) else ("centres",)
    names: tuple[str, ...] = ()
    if first.shape[1] != rows:
        if first.shape[2] != rows:
            return ()
        names, first = ("transposed",), first.transpose(0, 2, 1)
    names += _scores_of(first[:, BOX_ROWS:], given)
    return names + _boxes_of(first[:, :BOX_ROWS], given, size)


def _scores_of(scores: np.ndarray, given: Given) -> tuple[str, ...]:
    """Return how scores have to be read, (images, classes, anchors)."""
    if scores.min() >= -ALIKE and scores.max() <= 1 + ALIKE:
        return ()
    if np.median(scores) < 0:
        return ("logits",)
    if scores.min() >= 0 and scores.max() <= PERCENT and np.median(scores) < 1:
        return ("percent",)
    raise UserError(
        f"{given.path} returns {scores.shape[1]} numbers beside each box, which are not all scores "
        "from 0 to 1; if it is no detection model, say so under reference.metadata.task."
    )


def _boxes_of(boxes: np.ndarray, given: Given, size: Size) -> tuple[str, ...]:
    """Return how boxes have to be read, (images, 4, anchors)."""
    rows = np.concatenate(list(boxes), axis=1)
    if not given.fixed or boxes.shape[2] != cell_count(size):
        unit = ("fractions",) if np.abs(boxes).max() <= FRACTION else ()
        return unit + (("edges",) if are_corners(rows) else ())
    shape = ("edges",) if are_corners(rows) else ()
    readings = [
        (*order, *unit, *shape)
        for order, unit in product(((), ("y_first",)), ((), ("fractions",), ("cells",)))
    ]
    apart = {names: _off_cells(boxes, names, size) for names in readings}
    best = min(apart, key=lambda key: apart[key])
    if apart[best] <= NEAR * max(size):
        return best
    if np.median(rows) >= 0 and rows.max() > FRACTION:
        in_cells = rows.max() <= max(size) / STRIDES[0]
        distances = ("cells", "distances") if in_cells else ("distances",)
        if _off_cells(boxes, distances, size) <= NEAR * max(size):
            return distances
    for unit in ((), ("fractions",)):  # the cells may be in another order
        if _are_spread(boxes, (*unit, *shape), size):
            return (*unit, *shape)
    raise UserError(
        f"{given.path} returns boxes that lie nowhere near the cells of its grid, so they cannot "
        "be read; export the model again, with the decoding at the end of the network."
    )


def _off_cells(boxes: np.ndarray, names: tuple[str, ...], size: Size) -> float:
    """Return the median distance of boxes, read in some way, from their cells, px."""
    read = np.concatenate([apply_chain(names, each[None], BOX_ROWS, 0, size) for each in boxes])
    off = np.abs(read[:, :2] - cell_centres(size)).max(axis=1)
    return float(np.median(off))


def _are_spread(boxes: np.ndarray, names: tuple[str, ...], size: Size) -> bool:
    """Return whether the centres of boxes, read in some way, are spread over all of the input."""
    read = np.concatenate([apply_chain(names, each[None], BOX_ROWS, 0, size) for each in boxes])
    shares = read[:, :2] / np.array(size[::-1])[:, None]
    least, most = np.quantile(shares, [0.05, 0.95], axis=(0, 2))
    return bool(np.all(np.abs([least, 1 - most]) < SPREAD))


def are_corners(rows: np.ndarray) -> bool:
    """Return whether the first four rows are x1, y1, x2, y2; a box is seldom wider than cx."""
    ordered = (rows[2] >= rows[0]) & (rows[3] >= rows[1])
    return bool(ordered.mean() >= ORDERED)


def ways_to_feed(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return how a model may have to be fed that seems to deviate in what is named, this first."""
    forced = tuple(name for name in names if name in (*TYPES, "nhwc"))
    scalings = [()] if set(forced) & set(INTEGERS) else [(), *((name,) for name in SCALED)]
    ways = [(*order, *scaling, *forced) for order in ((), ("bgr",)) for scaling in scalings]
    return [names, *(way for way in ways if way != names)]


def distances_of_readings(
    returned: Sequence[np.ndarray],
    truth: Sequence[Outputs],
    size: Size,
    classes: int,
    readings: Sequence[tuple[str, ...]],
) -> dict[tuple[str, ...], float]:
    """Return how far outputs are from others, by how they are read.

    Parameters
    ----------
    returned : sequence of (1, ...) float32
        First outputs.
    truth : sequence of outputs
        What they should be, without the axis of the batch.
    size : tuple of int
        Height and width of the input, px.
    classes : int
        Of the network.
    readings : sequence of tuple of str
        Of :data:`READINGS`.
    """
    rows, (height, width) = len(truth[0][0]), size

    @cache
    def apart(names: tuple[str, ...], measure: DistanceMeasure) -> list[float]:
        """Return how far boxes or scores are for each image, if the output is read in some way."""
        read = [read_as(names, mine, measure) for mine in returned]
        return [measure(m[0], t[0], classes) for m, t in zip(read, truth, strict=True)]

    def read_as(names: tuple[str, ...], mine: np.ndarray, measure: DistanceMeasure) -> np.ndarray:
        if measure is not box_distance or not set(names) & OF_BOXES:
            return apply_chain(names, mine, rows, classes, (height, width))
        first = mine[..., :BOX_ROWS].transpose(0, 2, 1) if "transposed" in names else mine
        others = [name for name in names if name in OF_BOXES]
        return apply_chain(others, first[:, :BOX_ROWS], BOX_ROWS, 0, (height, width))

    distances = {}
    for reading in readings:
        too_small = "percent" in reading and max(mine.max() for mine in returned) <= 1
        if reading_fits(reading, returned[0].shape, rows, size) and not too_small:
            scores = apart(tuple(n for n in reading if n not in OF_BOXES), score_distance)
            boxes = apart(tuple(n for n in reading if n not in OF_SCORES), box_distance)
            sums = [score + px / max(size) for score, px in zip(scores, boxes, strict=True)]
            distances[reading] = max(sums)
            if distances[reading] <= ENOUGH:
                break
    return distances


def reading_fits(names: Sequence[str], shape: Sequence[int], rows: int, size: Size) -> bool:
    """Return whether an output of a shape can be read in a way that gives so many rows."""
    if "corners" in names or "centres" in names:
        return len(shape) == 3 and shape[2] == DEEPSTREAM_COLUMNS
    if len(shape) != 3 or shape[2 if "transposed" in names else 1] != rows:
        return False
    anchors = shape[1 if "transposed" in names else 2]
    return anchors == cell_count(size) or not {"cells", "distances"} & set(names)


class DistanceMeasure(Protocol):
    """How far a raw output is from another."""

    def __call__(self, mine: np.ndarray, true: np.ndarray, classes: int) -> float:
        """Return it for two outputs of the same shape, (rows, anchors)."""


def box_distance(mine: np.ndarray, true: np.ndarray, classes: int) -> float:  # noqa: ARG001
    """Return how far the boxes of a raw output, (rows, anchors), are from others, px."""
    return _root_mean_square(mine[:BOX_ROWS], true[:BOX_ROWS])


def score_distance(mine: np.ndarray, true: np.ndarray, classes: int) -> float:
    """Return how far the scores of a raw output, (rows, anchors), are from others."""
    rows = slice(BOX_ROWS, BOX_ROWS + classes)
    return _root_mean_square(mine[rows], true[rows])


def _root_mean_square(mine: np.ndarray, true: np.ndarray) -> float:
    if mine.shape != true.shape:
        return np.inf
    found = float(np.sqrt(np.mean((mine - true) ** 2)))
    return found if np.isfinite(found) else np.inf
