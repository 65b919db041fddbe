"""How finished boxes have to be read that a file returns, and whether they are right."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from parity.backends.given_file import Given
from parity.backends.measured_readings import ALIKE, CLEAR, CONFIDENT, ENOUGH
from parity.backends.onnx_network import run_session
from parity.backends.plausible_readings import ORDERED
from parity.backends.probing import fed_as, opened
from parity.errors import UserError
from parity.model_files.adapting import BOX_ROWS, FINISHED, apply_chain
from parity.model_files.cells import Size
from parity.model_files.families.ultralytics import FRACTION
from parity.tasks.task import Outputs

SCORE, LABEL = 4, 5
"""Where score and class stand in a row."""
SHAPES = ((), ("middles",), ("sides",))
"""How the four numbers of a box may have to be read, the usual way first."""
MIRRORED = 0.5
"""A box is accepted as given with y first if mirroring the image moves it so that, read so, it is
off by less than this share of what it is off otherwise; chosen."""


def finished_rows(given: Given, tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the rows that a file returns for some images.

    Parameters
    ----------
    given : Given
        A file whose only output is finished boxes.
    tensors : sequence of (1, 3, H, W) float32
        Input tensors, red, green and blue from 0 to 1.

    Returns
    -------
    list of (boxes, 6) float32
        For each image.
    """
    session, found = opened(given), []
    for tensor in tensors:
        first = run_session(session, fed_as(given.deviations, tensor, session), given.path)[0]
        found.append(first[0].astype(np.float32))
    return found


def read_rows(rows: np.ndarray, names: Sequence[str], size: Size) -> np.ndarray:
    """Return rows as an adapted graph returns them, given how they have to be read.

    Rows without a score, which pad the others, are left out.
    """
    turned = apply_chain(names, rows.T[None], rows.shape[1], 0, size, kinds=FINISHED)
    read: np.ndarray = turned[0].T
    return read[~(read[:, SCORE] <= 0)]


def check_finished_rows(found: Sequence[np.ndarray], classes: int, given: Given) -> None:
    """Check that rows can be corners, scores and classes.

    Raises
    ------
    UserError
        If what stands in a column can be no such thing.
    """
    for rows in found:
        scores, labels = rows[:, SCORE], rows[:, LABEL]
        are_labels = np.array_equal(labels, np.rint(labels)) and np.all(labels >= 0)
        if not (np.isfinite(rows).all() and are_labels and np.all((scores >= 0) & (scores <= 1))):
            raise UserError(
                f"{given.path} has the outputs of a graph that suppresses boxes, but not all of "
                "its numbers can be corners, scores from 0 to 1 and classes; give the file without "
                "what was added behind the network."
            )
        if np.any(labels >= classes):
            raise UserError(
                f"{given.path} returns the class {labels.max():.0f}; there are {classes} classes, "
                "and the first is 0."
            )


def column_order(found: Sequence[np.ndarray]) -> tuple[str, ...]:
    """Return whether classes stand before scores; scores are seldom all whole numbers."""
    rows = np.concatenate(found)
    whole = np.all(rows[:, SCORE:] == np.rint(rows[:, SCORE:]), axis=0)
    return ("labels_first",) if len(rows) and whole[0] and not whole[1] else ()


def measured_reading(
    found: Sequence[np.ndarray], truth: Sequence[Outputs], size: Size, classes: int
) -> tuple[str, ...]:
    """Return how rows have to be read to be like what a reference returns, if one way clearly is.

    Parameters
    ----------
    found : sequence of (boxes, 6) float32
        As :func:`finished_rows` returns them.
    truth : sequence of outputs
        What the reference returns for the same images, raw or finished.
    size : tuple of int
        Height and width of the input, px.
    classes : int
        Of the network.

    Returns
    -------
    tuple of str
        Keys of :data:`parity.model_files.adapting.FINISHED`.
    """
    usual, distances = column_order(found), {}
    for order, unit, shape in product(((), ("y_first",)), ((), ("fractions",)), SHAPES):
        names = (*usual, *order, *unit, *shape)
        read = [read_rows(rows, names, size) for rows in found]
        distances[names] = finished_distance(read, truth, max(size), classes)
        if distances[usual] <= ENOUGH:
            return usual
    best = min(distances, key=lambda key: distances[key])
    return best if distances[best] <= min(ALIKE, CLEAR * distances[usual]) else usual


def plausible_rows(
    given: Given, found: Sequence[np.ndarray], tensors: Sequence[np.ndarray], size: Size
) -> tuple[str, ...]:
    """Return how rows have to be read, if nothing is there to compare them with.

    Where the image is mirrored, x of a box changes, and y does not.

    Parameters
    ----------
    given : Given
        The file.
    found : sequence of (boxes, 6) float32
        What it returns for some images.
    tensors : sequence of (1, 3, H, W) float32
        These images.
    size : tuple of int
        Height and width of its input, px.

    Returns
    -------
    tuple of str
        Keys of :data:`parity.model_files.adapting.FINISHED`.
    """
    usual = column_order(found)
    rows = read_rows(np.concatenate(found), usual, size)
    rows = rows[rows[:, SCORE] > CONFIDENT]
    if not len(rows):
        return usual
    unit = ("fractions",) if np.abs(rows[:, :BOX_ROWS]).max() <= FRACTION else ()
    shape = _shape_of(read_rows(rows, unit, size)[:, :BOX_ROWS], max(size))
    names = (*unit, *shape)
    mirrored = finished_rows(given, [tensor[..., ::-1].copy() for tensor in tensors])
    off = np.concatenate(
        [
            _off_mirrored(
                read_rows(straight, (*usual, *names), size),
                read_rows(turned, (*usual, *names), size),
                size[1],
            )
            for straight, turned in zip(found, mirrored, strict=True)
        ]
    )
    x_first, y_first = np.median(off, axis=0) if len(off) else (0.0, 0.0)
    order = ("y_first",) if y_first < MIRRORED * x_first else ()
    return (*usual, *order, *names)


def _shape_of(boxes: np.ndarray, side: int) -> tuple[str, ...]:
    """Return how four numbers have to be read, (boxes, 4) px, so that boxes lie in the image."""
    first, second = boxes[:, :2], boxes[:, 2:]
    if np.all(second >= first, axis=1).mean() >= ORDERED:
        return ()
    outside = np.maximum(second / 2 - first, first + second / 2 - side).max(axis=1)
    return ("middles",) if np.median(outside) <= ALIKE * side else ("sides",)


def _off_mirrored(rows: np.ndarray, mirrored: np.ndarray, width: int) -> np.ndarray:
    """Return how far the corners of boxes are from the nearest of the mirrored image, px.

    Returns
    -------
    (boxes, 2) float64
        Where x stands before y, and where y stands before x.
    """
    rows, mirrored = (each[each[:, SCORE] > CONFIDENT] for each in (rows, mirrored))
    if not len(mirrored):
        return np.zeros((0, 2))
    offs = []
    for first in (0, 1):
        moved = rows[:, :BOX_ROWS].copy()
        moved[:, [first, first + 2]] = width - moved[:, [first + 2, first]]
        apart = np.abs(moved[:, None] - mirrored[None, :, :BOX_ROWS]).max(axis=2)
        offs.append(apart.min(axis=1))
    return np.stack(offs, axis=1)


def finished_distance(
    found: Sequence[np.ndarray], truth: Sequence[Outputs], side: int, classes: int
) -> float:
    """Return how far boxes are from the nearest predictions of a reference.

    Parameters
    ----------
    found : sequence of (boxes, 6) float32
        Corners in px of the input, score and class.
    truth : sequence of outputs
        What the reference returns for the same images, raw or finished.
    side : int
        Longer side of the input, px.
    classes : int
        Of the network.

    Returns
    -------
    float
        The median over all boxes of the largest difference of a coordinate, in sides, and that of
        the score; 0 where nothing was found.
    """
    distances: list[float] = []
    for rows, outputs in zip(found, truth, strict=True):
        corners, scores = _predictions(outputs[0], classes)
        for row in rows:
            boxes = np.abs(corners - row[:BOX_ROWS]).max(axis=1) / side
            distances.append(float((boxes + np.abs(scores[:, int(row[5])] - row[4])).min()))
    return float(np.median(distances)) if distances else 0.0


def _predictions(output: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return corners, (N, 4), and the scores of each class, (N, classes)."""
    if len(output) == BOX_ROWS + classes:
        centres, sides = output[:2].T, output[2:BOX_ROWS].T
        corners = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)
        return corners, output[BOX_ROWS:].T
    scores = np.where(output[:, 5:6] == np.arange(classes), output[:, 4:5], 0)
    return output[:, :BOX_ROWS], scores
