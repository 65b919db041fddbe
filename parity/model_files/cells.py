"""The cells of the grids that a detector divides its input into, one grid for each scale."""

from collections.abc import Sequence

import numpy as np

STRIDES = (8, 16, 32)
"""Strides of the three scales of YOLO, px."""

Size = tuple[int, int]
"""Height and width of an input, px."""


def cell_count(size: Size, strides: Sequence[int] = STRIDES) -> int:
    """Return the number of cells of all scales of an input, height and width in px."""
    height, width = size
    return sum((height // stride) * (width // stride) for stride in strides)


def grid(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Return the column and row of every cell, (2, cells), and its stride, (1, cells) px."""
    height, width = size
    places, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        places.append(np.stack([columns.ravel(), rows.ravel()]))
        strides.append(np.full((1, rows.size), stride))
    return np.concatenate(places, axis=1), np.concatenate(strides, axis=1)


def cell_centres(size: Size) -> np.ndarray:
    """Return the centre of every cell, x and y in px of the input, (2, cells)."""
    places, strides = grid(size)
    return np.asarray((places + 0.5) * strides)
