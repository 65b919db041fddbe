"""How the raw output of a file has to be read, where there is nothing to compare it with."""

from itertools import product

import numpy as np

from parity.backends.given_file import Given
from parity.backends.measured_readings import ALIKE
from parity.backends.probing import outputs_for_photographs
from parity.errors import UserError
from parity.model_files.adapting import BOX_ROWS, DEEPSTREAM_COLUMNS, apply_chain
from parity.model_files.cells import STRIDES, Size, cell_centres, cell_count
from parity.model_files.families.ultralytics import FRACTION

SPREAD = 0.25
"""Share of the input's sides within which the outermost twentieth of the boxes lies; chosen."""
PERCENT = 100
ORDERED = 0.99
"""Share of boxes whose second corner is right of and below the first, at least; chosen."""
NEAR = 0.15
"""Largest median distance of boxes from the cells that predict them, as a share of the input's
longer side; chosen, over twice what YOLO11n shows on photographs."""


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
