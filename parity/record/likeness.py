"""How much an input tensor looks like an image, seen small and grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SIDE = 32
"""Cells of a thumbnail on a side; chosen."""

SAMPLES = 4
"""Pixels that are averaged in a cell on a side; chosen: it costs 0.1 ms."""

GRID = SIDE * SAMPLES


def sample(picture: np.ndarray, side: int = GRID) -> np.ndarray:
    """Return a picture in grey at evenly spaced pixels.

    Parameters
    ----------
    picture : (H, W) or (H, W, C) ndarray
        Any dtype and range.
    side : int
        Pixels of the result on a side.

    Returns
    -------
    (side, side) float32
    """
    import numpy as np

    height, width = picture.shape[:2]
    rows = ((np.arange(side) + 0.5) * height / side).astype(np.intp)
    columns = ((np.arange(side) + 0.5) * width / side).astype(np.intp)
    with np.errstate(all="ignore"):
        taken: np.ndarray = picture[rows[:, None], columns[None, :]].astype(np.float32)
        return taken if taken.ndim == 2 else np.asarray(taken.mean(axis=2))


def thumbnail(sampled: np.ndarray) -> np.ndarray:
    """Return cells of mean zero and norm one, so that a product of two is their correlation.

    Parameters
    ----------
    sampled : (GRID, GRID) float32
        See :func:`sample`.

    Returns
    -------
    (SIDE * SIDE,) float32
        Zeros for a picture of one colour.
    """
    import numpy as np

    with np.errstate(all="ignore"):  # infinities; a warning would be seen in the program's output
        means = sampled.reshape(SIDE, SAMPLES, SIDE, SAMPLES).mean(axis=(1, 3)).ravel()
        cells: np.ndarray = np.nan_to_num(means - means.mean(), posinf=0.0, neginf=0.0)
    norm = float(np.linalg.norm(cells))
    return cells / norm if norm > 0 else cells


def placements(
    tensor: tuple[int, int], image: tuple[int, int]
) -> list[tuple[float, float, float, float]]:
    """Return where an image may lie in an input: stretched, centred, or at the top left.

    Parameters
    ----------
    tensor, image : tuple of int
        Height and width, px.

    Returns
    -------
    list of tuple of float
        Top, left, bottom, right as fractions of the tensor.
    """
    gain = min(tensor[0] / image[0], tensor[1] / image[1])
    height, width = image[0] * gain / tensor[0], image[1] * gain / tensor[1]
    top, left = (1 - height) / 2, (1 - width) / 2
    return [
        (0.0, 0.0, 1.0, 1.0),
        (top, left, top + height, left + width),
        (0.0, 0.0, height, width),
    ]


def likenesses(row: np.ndarray, images: list[tuple[tuple[int, int], np.ndarray]]) -> list[float]:
    """Return the correlation of an input tensor with each of some images.

    Parameters
    ----------
    row : (3, H, W) or (H, W, 3) ndarray
        The input tensor of one image.
    images : list of (size, thumbnail)
        Height and width, px, and what :func:`thumbnail` gave.

    Returns
    -------
    list of float
        The highest over all places where the image may lie; 1 is the same picture.
    """
    picture = row.transpose(1, 2, 0) if row.shape[0] == 3 else row
    size = (picture.shape[0], picture.shape[1])
    grey = sample(picture, 2 * GRID)
    seen: dict[tuple[float, float, float, float], np.ndarray] = {}
    found = []
    for image, cells in images:
        best = -1.0
        for place in placements(size, image):
            if place not in seen:
                top, left, bottom, right = (round(each * 2 * GRID) for each in place)
                part = grey[top : max(bottom, top + 1), left : max(right, left + 1)]
                seen[place] = thumbnail(sample(part))
            best = max(best, float(seen[place] @ cells))
        found.append(best)
    return found
