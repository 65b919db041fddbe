"""Resizing as Go's ``nfnt/resize`` does: integer weights, levels truncated after each axis."""

import numpy as np

LOBES = 3
"""Of the Lanczos kernel, px."""

UNIT = 256
"""What a weight of 1 is as an integer; weights are truncated."""


def resize_by_nfnt(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize an image with ``Lanczos3`` of nfnt/resize (``createWeights8`` and ``resizeRGBA``).

    Parameters
    ----------
    image : (h, w, 3) uint8
        Pixels.
    size : tuple of int
        Width and height, px.

    Returns
    -------
    (height, width, 3) uint8
    """
    across = _along_rows(image.transpose(1, 0, 2), size[0])
    return _along_rows(across.transpose(1, 0, 2), size[1])


def _along_rows(image: np.ndarray, count: int) -> np.ndarray:
    """Return the first axis of (n, m, 3) uint8 resized to a count."""
    from scipy.sparse import csr_array  # noqa: PLC0415  slow to import, seldom needed

    side = len(image)
    step = side / count
    points = step * (np.arange(count) + 0.5) - 0.5
    taps = 2 * LOBES * max(int(np.ceil(step)), 1)
    first = np.trunc(points).astype(np.int64) - taps // 2 + 1
    taken = first[:, None] + np.arange(taps)
    apart = (points[:, None] - taken) * min(1 / step, 1.0)
    weights = np.trunc(UNIT * np.sinc(apart) * np.sinc(apart / LOBES) * (np.abs(apart) < LOBES))
    starts = np.arange(0, count * taps + 1, taps)
    entries = weights.ravel().astype(np.int32), taken.clip(0, side - 1).ravel(), starts
    total = csr_array(entries, shape=(count, side)) @ image.reshape(side, -1).astype(np.int32)
    mean = np.trunc(total / weights.sum(axis=1, keepdims=True)).clip(0, 255)
    resized: np.ndarray = mean.astype(np.uint8).reshape(count, *image.shape[1:])
    return resized
