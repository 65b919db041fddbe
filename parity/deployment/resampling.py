"""Resampling: the pixels of an input, by what any library does along each axis of an image.

The image is scaled by a gain and moved by an offset, which may be any fraction of a px. The grid
says which point of the image a px of the input stands for, and the kernel weighs what is near.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Shape = tuple[int, int]
"""Height and width, px."""

Pair = tuple[float, float]
"""Of x and of y."""

Grid = Literal["half_pixel", "corner", "corners_aligned", "plus_half", "minus_half"]
"""Which point of an image a px of the input stands for; ``t`` is the px less the offset, and the
pixels of the image are points at whole numbers.

``half_pixel`` takes pixels for squares: (t + 0.5) / gain - 0.5 (OpenCV, Pillow, PyTorch).
``corner`` takes t / gain (``cv::cuda::resize``, TensorFlow 1, a matrix of ``cv2.warpAffine``).
``corners_aligned`` puts the outermost pixels onto each other (``align_corners=True``).
``plus_half`` takes t / gain + 0.5 (CUDA kernels that round the source coordinate).
``minus_half`` takes t / gain - 0.5 (libvips where it enlarges).
"""

Edges = Literal["replicated", "left_out", "blended"]
"""What lies beyond the edge of an image.

``replicated`` continues its outermost pixels, ``left_out`` weighs those that exist (Pillow), and
in both the border begins at the px whose centre lies outside. ``blended`` has the border's level
there (``cv2.warpAffine``).
"""

Levels = Literal["half_even", "half_up", "truncated", "high_byte", "kept"]
"""How levels become whole. ``high_byte`` cuts levels of 16 bits (Go). ``kept`` leaves floats, and
levels below 0 and above 255."""


@dataclass(frozen=True)
class Kernel:
    """A function of the distance to a px that gives its weight, before all add up to 1."""

    radius: float
    """Beyond it, the weight is 0; px."""
    weight: Callable[[np.ndarray], np.ndarray]
    """Of distances, px."""


def _cubic(a: float) -> Kernel:
    """Return the cubic convolution of Keys (1981), doi:10.1109/TASSP.1981.1163711."""

    def weight(x: np.ndarray) -> np.ndarray:
        x = np.abs(x)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = (((x - 5) * x + 8) * x - 4) * a
        return np.where(x < 1, near, np.where(x < 2, far, 0.0))

    return Kernel(2.0, weight)


def _mitchell(x: np.ndarray) -> np.ndarray:
    """Weigh distances as Mitchell and Netravali (1988), doi:10.1145/54852.378514."""
    x = np.abs(x)
    near = (7 * x - 12) * x * x + 16 / 3
    far = ((12 - 7 / 3 * x) * x - 20) * x + 32 / 3
    weights: np.ndarray = np.where(x < 1, near, np.where(x < 2, far, 0.0)) / 6
    return weights


def _lanczos(lobes: int) -> Kernel:
    return Kernel(
        float(lobes), lambda x: np.where(np.abs(x) < lobes, np.sinc(x) * np.sinc(x / lobes), 0.0)
    )


KERNELS: dict[str, Kernel] = {
    "triangle": Kernel(1.0, lambda x: np.maximum(1 - np.abs(x), 0.0)),
    "catmull_rom": _cubic(-0.5),
    "cubic": _cubic(-0.75),
    "mitchell": Kernel(2.0, _mitchell),
    "lanczos3": _lanczos(3),
    "lanczos4": _lanczos(4),
}
"""``catmull_rom`` is the bicubic of Pillow, ``cubic`` that of OpenCV and PyTorch."""

POINTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nearest": lambda points: np.floor(points + 0.5),
    "floor": np.floor,
}
"""What takes a single px of the image; the point's own coordinate is the argument."""

KernelName = Literal[
    "nearest",
    "floor",
    "area",
    "triangle",
    "catmull_rom",
    "cubic",
    "mitchell",
    "lanczos3",
    "lanczos4",
]
"""A key of :data:`KERNELS` or :data:`POINTS`, or ``area``: the mean of all that a px covers."""


def source_points(
    count: int, side: int, *, gain: float, offset: float, grid: Grid, dtype: type = np.float32
) -> np.ndarray:
    """Return which points of an image the pixels of an input stand for, along one axis.

    Parameters
    ----------
    count : int
        Pixels of the input.
    side : int
        Pixels of the image.
    gain : float
        Px of the input per px of the image.
    offset : float
        Where the image begins in the input, px.
    grid : str
        See :data:`Grid`.
    dtype : type
        Precision, which decides how ties are rounded. Bilinear weights are mostly computed in
        single precision, and the nearest px and the weights of antialiased kernels in double.

    Returns
    -------
    (count,) of the dtype
        In px of the image, whose pixels are points at whole numbers.
    """
    step = (side - 1) / max(side * gain - 1, 1.0) if grid == "corners_aligned" else 1 / gain
    before, after = SHIFTS[grid]
    moved: np.ndarray = (np.arange(count) + (before - offset)).astype(dtype)
    moved *= dtype(step)
    moved += dtype(after)
    return moved


def points_of_matrix(count: int, *, gain: float, offset: float, grid: Grid) -> np.ndarray:
    """Return the points of :func:`source_points` as kernels compute them that are given a matrix.

    The matrix, of single precision, holds gain and offset, and with half-pixel centres their shift;
    it is inverted as ``cv2.invertAffineTransform`` does it.

    Returns
    -------
    (count,) float32
        In px of the image.
    """
    before, after = SHIFTS[grid]
    within = after if grid == "half_pixel" else 0.0
    scale = np.float32(gain)
    inverse = scale * np.float32(1 / float(scale * scale))
    first = -inverse * np.float32(offset - before - gain * within)
    mapped: np.ndarray = np.arange(count, dtype=np.float32) * inverse + first
    mapped += np.float32(after - within)
    return mapped


SHIFTS: dict[Grid, Pair] = {
    "half_pixel": (0.5, -0.5),
    "corner": (0.0, 0.0),
    "corners_aligned": (0.0, 0.0),
    "plus_half": (0.0, 0.5),
    "minus_half": (0.0, -0.5),
}
"""What is added to a px before it is divided by the gain, and after."""


@dataclass(frozen=True)
class Taps:
    """What the pixels of an input take from those of an image, along one axis."""

    first: int
    """The first px of the input that takes anything; those outside are border."""
    taken: np.ndarray
    """(n, k) int. Pixels of the image, by px of the input from ``first`` on."""
    weights: np.ndarray
    """(n, k) float32. Their weights; what a row lacks to 1 is the border's."""


def taps_along(
    count: int,
    side: int,
    *,
    gain: float,
    offset: float,
    kernel: KernelName,
    antialias: bool,
    grid: Grid,
    edges: Edges,
    steps: int | None,
    double: bool = False,
) -> Taps:
    """Return what each px of an input takes along one axis.

    Parameters
    ----------
    count, side : int
        Pixels of the input and of the image.
    gain : float
        Px of the input per px of the image.
    offset : float
        Where the image begins in the input, px.
    kernel, antialias, grid, edges, steps, double
        As of :func:`resample_pixels`.
    """
    double = double or kernel in POINTS or antialias or steps is not None
    dtype = np.float64 if double else np.float32
    if edges == "blended" and grid != "corners_aligned" and dtype is np.float32:
        source = points_of_matrix(count, gain=gain, offset=offset, grid=grid)
    else:
        source = source_points(count, side, gain=gain, offset=offset, grid=grid, dtype=dtype)
    if steps:
        source = np.floor(source * steps) / steps
    shrink = max(1 / gain, 1.0) if antialias else 1.0
    taken, weights = _weights(source, kernel, shrink, 1 / gain)
    exists = (taken >= 0) & (taken < side)
    if edges == "blended" or (edges == "left_out" and kernel not in POINTS):
        weights = weights * exists
    if edges == "left_out":
        total = weights.sum(axis=1, keepdims=True)
        weights = weights / np.where(total == 0, 1.0, total)
    if edges != "blended":
        centres = np.arange(count) + 0.5
        inside = (centres >= offset) & (centres < offset + side * gain)
        weights = weights * inside[:, None]
    used = np.flatnonzero(weights.any(axis=1))
    rows = slice(used[0], used[-1] + 1) if len(used) else slice(0, 0)
    return Taps(rows.start, taken[rows].clip(0, side - 1), weights[rows].astype(np.float32))


def _weights(
    source: np.ndarray, kernel: KernelName, shrink: float, covered: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels, (n, k), and their weights, which add up to 1."""
    if kernel in POINTS:
        return POINTS[kernel](source)[:, None].astype(np.int64), np.ones((len(source), 1))
    radius = (covered + 1) / 2 if kernel == "area" else KERNELS[kernel].radius * shrink
    first = np.ceil(source - radius).astype(np.int64)
    taken = first[:, None] + np.arange(math.floor(2 * radius) + 1)
    apart = taken - source[:, None]
    if kernel == "area":
        weights = (radius - np.abs(apart)).clip(0, min(covered, 1.0))
    else:
        weights = KERNELS[kernel].weight(apart / shrink)
    return taken, weights / weights.sum(axis=1, keepdims=True)


def resample_pixels(
    image: np.ndarray,
    shape: Shape,
    *,
    gain: Pair,
    offset: Pair = (0.0, 0.0),
    kernel: KernelName = "triangle",
    antialias: bool = False,
    grid: Grid = "half_pixel",
    edges: Edges = "replicated",
    steps: int | None = None,
    border: float | Sequence[float] | np.ndarray = 114.0,
    double: bool = False,
) -> np.ndarray:
    """Return the pixels of an input onto which an image is mapped.

    Parameters
    ----------
    image : (h, w, 3) uint8 or float32
        Pixels.
    shape : tuple of int
        Height and width of the input, px.
    gain : tuple of float
        Px of the input per px of the image, of x and of y.
    offset : tuple of float
        Where the left and the top of the image lie in the input, px; any fraction.
    kernel : str
        See :data:`KernelName`.
    antialias : bool
        Whether the kernel is widened by the factor by which the image shrinks.
    grid : str
        See :data:`Grid`.
    edges : str
        See :data:`Edges`.
    steps : int or None
        Fractions of a px to which points are rounded down.
    border : float or (3,)
        Level of what is not the image, 0 to 255, or one for each channel.
    double : bool
        Whether points are computed in double precision, as Go does; see :func:`source_points`.

    Returns
    -------
    (H, W, 3) float32
        Not rounded to levels.
    """
    canvas = np.empty((*shape, 3), np.float32)
    canvas[...] = border
    rows, columns = (
        taps_along(
            count,
            side,
            gain=own_gain,
            offset=own_offset,
            kernel=kernel,
            antialias=antialias,
            grid=grid,
            edges=edges,
            steps=steps,
            double=double,
        )
        for count, side, own_gain, own_offset in zip(
            shape, image.shape[:2], gain[::-1], offset[::-1], strict=True
        )
    )
    height, width = len(rows.taken), len(columns.taken)
    if not height or not width:
        return canvas
    area = canvas[rows.first : rows.first + height, columns.first : columns.first + width]
    level = np.asarray(border, np.float32)
    across = _weigh(cv2.transpose(image), columns, level)
    area[...] = _weigh(cv2.transpose(across), rows, level)
    return canvas


def _weigh(image: np.ndarray, along: Taps, level: np.ndarray) -> np.ndarray:
    """Return the weighted sums of the rows of an image, (n, w, 3) float32."""
    from scipy.sparse import csr_array  # noqa: PLC0415  slow to import, seldom needed

    count, width = along.taken.shape
    starts = np.arange(0, count * width + 1, width)
    matrix = csr_array(
        (along.weights.flatten(), along.taken.flatten(), starts), shape=(count, len(image))
    )
    matrix.eliminate_zeros()
    flat = image.reshape(len(image), -1).astype(np.float32, copy=False)
    total: np.ndarray = (matrix @ flat).reshape(count, *image.shape[1:])
    lacking = (1 - along.weights.sum(axis=1, dtype=np.float64)).astype(np.float32)
    mixed = np.abs(lacking) > LEAST_SHARE
    total[mixed] += lacking[mixed, None, None] * level
    return total


LEAST_SHARE = 1e-6
"""Share of the border in a px that is more than a rounding error of weights; chosen."""


def to_levels(pixels: np.ndarray, levels: Levels) -> np.ndarray:
    """Return pixels, (H, W, 3) float32, as whole levels: uint8, or float32 if they are kept."""
    if levels == "kept":
        return pixels
    return ROUNDINGS[levels](pixels).clip(0, 255).astype(np.uint8)


ROUNDINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "half_even": np.rint,
    "half_up": lambda pixels: np.floor(pixels + np.float32(0.5)),
    "truncated": np.trunc,
    "high_byte": lambda pixels: np.floor(pixels * np.float32(257 / 256)),
}
"""What makes whole levels of fractions."""
