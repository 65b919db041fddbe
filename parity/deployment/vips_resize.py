"""Resizing as libvips does, and so sharp: weights in 4096ths, levels rounded after each axis."""

import numpy as np

from parity.deployment.resampling import KERNELS, Pair

STEPS = 64
"""Fractions of a px to which libvips rounds where it samples (``VIPS_TRANSFORM_SCALE``)."""

UNIT_BITS = 12
"""Weights are integers, 1 is 2 to this power, and are truncated (``VIPS_INTERPOLATE_SHIFT``)."""

GAP = 2.0
"""What is left at least to reduce with a kernel after means of whole px (``gap`` of ``resize``)."""

BEFORE = 2
"""What libvips adds to coordinates and takes away again where it enlarges, px (its edge); it
decides how ties are rounded."""

REDUCING, ENLARGING = KERNELS["lanczos3"], KERNELS["catmull_rom"]


def resize_by_vips(image: np.ndarray, size: tuple[int, int], gain: Pair) -> np.ndarray:
    """Resize an image as ``vips_resize`` does by default.

    Means of whole px reduce it first if it is reduced by :data:`GAP` times two or more, then
    Lanczos3 (``vips_reducev``, ``vips_reduceh``). Bicubic convolution enlarges it
    (``vips_affine``), half a px off.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Pixels.
    size : tuple of int
        Width and height, px.
    gain : tuple of float
        What libvips is told to multiply width and height by; the sides are rounded afterwards.

    Returns
    -------
    (height, width, 3) uint8
    """
    (width, height), (gain_x, gain_y) = size, gain
    resized = image
    if gain_y < 1:
        resized = _reduced(resized, height, 1 / gain_y)
    if gain_x < 1:
        resized = _reduced(resized.transpose(1, 0, 2), width, 1 / gain_x).transpose(1, 0, 2)
    if max(gain_x, gain_y) <= 1:
        return np.ascontiguousarray(resized)
    gain_x, gain_y = max(gain_x, 1.0), max(gain_y, 1.0)
    inverse = 1 / (gain_x * gain_y)
    columns = np.cumsum([BEFORE - 0.5, *([inverse * gain_y] * (width - 1))])
    rows = np.arange(height) * (inverse * gain_x) - 0.5 + BEFORE
    across = _enlarged(resized.transpose(1, 0, 2).astype(np.int32), columns)
    enlarged = _enlarged(across.transpose(1, 0, 2), rows)
    return enlarged.clip(0, 255).astype(np.uint8)


def _means(image: np.ndarray, block: int) -> np.ndarray:
    """Return the rounded means of so many rows of an image; the last row is repeated if need be."""
    if block == 1:
        return image
    whole = np.pad(image, [(0, -len(image) % block), (0, 0), (0, 0)], mode="edge")
    sums = whole.reshape(-1, block, *image.shape[1:]).sum(axis=1, dtype=np.int64)
    means: np.ndarray = (sums + block // 2) * (2**24 // block) >> 24  # as libvips divides
    return means.astype(np.uint8)


def _reduced(image: np.ndarray, count: int, shrink: float) -> np.ndarray:
    """Return an image of a number of rows that each stand for ``shrink`` rows."""
    block = max(int(shrink / GAP), 1)
    invented = (count * shrink - len(image)) / block
    image, shrink = _means(image, block), shrink / block
    taps = 2 * int(np.rint(REDUCING.radius * shrink)) + 1
    points = (np.arange(count) + 0.5) * shrink - invented / 2
    before = -(-taps // 2) - 1
    apart = np.arange(taps) - (np.arange(STEPS + 1)[:, None] / STEPS + taps / 2 - 1)
    first, weights = _sampled(points, REDUCING.weight(apart / shrink))
    return _rounded(_weighed(image, first - before, weights)).clip(0, 255).astype(np.uint8)


def _enlarged(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return an image whose rows lie at points of another's, which are :data:`BEFORE` too high."""
    apart = np.arange(-1, 3) - np.arange(STEPS + 1)[:, None] / STEPS
    first, weights = _sampled(points, ENLARGING.weight(apart))
    return _rounded(_weighed(image, first - BEFORE - 1, weights))


def _sampled(points: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the whole px of points, and the integer weights of their fractions.

    Parameters
    ----------
    points : (n,) float64
        Coordinates, px.
    table : (STEPS + 1, k) float64
        Weights of each fraction.
    """
    integers = (table / table.sum(axis=1, keepdims=True) * 2**UNIT_BITS).astype(np.int32)
    fractions = (points * 2 * STEPS).astype(np.int64) % (2 * STEPS)
    return points.astype(np.int64), integers[(fractions + 1) // 2]


def _weighed(image: np.ndarray, first: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighed sums of rows of an image, (n, m, 3) int32."""
    from scipy.sparse import csr_array  # noqa: PLC0415  slow to import, seldom needed

    count, taps = weights.shape
    taken = (first[:, None] + np.arange(taps)).clip(0, len(image) - 1)
    starts = np.arange(0, count * taps + 1, taps)
    matrix = csr_array((weights.ravel(), taken.ravel(), starts), shape=(count, len(image)))
    sums: np.ndarray = matrix @ image.reshape(len(image), -1).astype(np.int32)
    return sums.reshape(count, *image.shape[1:])


def _rounded(sums: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = (sums + 2 ** (UNIT_BITS - 1)) >> UNIT_BITS
    return rounded
