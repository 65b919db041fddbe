"""How the raw output of a file has to be read to be what a reference returns for an image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Protocol

import numpy as np

from parity.backends.given_file import Given
from parity.backends.onnx_metadata import DTYPES
from parity.backends.probing import fed_as, first_output, opened
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
from parity.model_files.cells import Size, cell_count
from parity.model_files.weights import is_fp32
from parity.tasks.task import Outputs

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
        return first_output(session, fed_as(taken, tensor, session), given.path)

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
        output = first_output(session, fed_as(taken, tensor, session), given.path)
        mine = apply_chain(returned, output, len(true), classes, (height, width))[0]
        best = true[BOX_ROWS:end].max(axis=0)
        objects = best > CONFIDENT
        if mine.shape == true.shape and objects.any():
            scores = np.abs(mine[BOX_ROWS:end].max(axis=0) - best)[objects]
            boxes = np.abs(mine[:BOX_ROWS] - true[:BOX_ROWS]).max(axis=0)[objects]
            far = np.median(boxes) / max(height, width) + np.median(scores)
            distances.append(float(far) if np.isfinite(far) else np.inf)
    return max(distances)


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
