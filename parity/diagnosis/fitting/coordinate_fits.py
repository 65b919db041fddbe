"""Fitting the open parameters of coordinates: constants that are added, and canvases.

Every observed number bounds the parameter, since it is known to its last digit only; the value that
most of the bounds hold is the parameter's, and of those the simplest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from parity.deployment.box_layout import Corners
from parity.deployment.output_format import CANVASES, UNITS

Parameter = TypeVar("Parameter")

STEPS = (1.0, 0.5, 0.25, 0.1, 0.05, 0.01, 0.001)
"""Numbers whose multiples people write, the simplest first, px; chosen."""

LEAST_PX = 8.0
"""Smallest coordinate from which the side of a canvas is computed, px; chosen: below, the digits of
a coordinate tell too little."""

NEAR = 3
"""How far from its first estimate the side of a canvas is sought, px; chosen."""

NEARLY_AS_MANY = 0.05
"""Share of coordinates by which a simpler constant may explain fewer than the best; chosen: the
border may be off by a px in a few images."""

LEAST_COORDINATES = 4
"""Coordinates that must agree on a parameter, at least; chosen: those of one box."""


@dataclass(frozen=True)
class Fitted(Generic[Parameter]):
    """A parameter and how well it fits."""

    value: Parameter
    share: float
    """Share of the usable coordinates that it explains to their digits."""


def simplest_number(low: float, high: float) -> float:
    """Return the simplest number from ``low`` to ``high``: a multiple of the coarsest step.

    Of several multiples it is the one closest to 0; the middle if there is no multiple.
    """
    for step in STEPS:
        first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
        if first <= last:
            return float(np.clip(0, first, last) * step)
    return (low + high) / 2


def most_common_range(low: np.ndarray, high: np.ndarray) -> tuple[float, float, float]:
    """Return where most intervals overlap.

    Parameters
    ----------
    low, high : (N,) float
        Ends of the intervals, N > 0.

    Returns
    -------
    low, high : float
        Ends of that range.
    share : float
        Share of the intervals that hold it.
    """
    starts, ends = np.sort(low), np.sort(high)
    begun = np.searchsorted(starts, starts, "right")
    over = np.searchsorted(ends, starts, "left")
    point = starts[np.argmax(begun - over)]
    holding = (low <= point) & (point <= high)
    return float(point), float(high[holding].min()), float(holding.mean())


def fit_constant_offset(
    mapped: np.ndarray,
    observed: np.ndarray,
    *,
    px: np.ndarray | float = 1.0,
    below: float = 0.5,
    above: float = 0.5,
) -> Fitted[Corners] | None:
    """Fit what a deployment adds to each of the four numbers of its boxes.

    Parameters
    ----------
    mapped : (N, 4) float
        The boxes of the same pipeline without it and before rounding, in the frame and the form
        (corners, or corner and sides) of the observed ones. NaN where a number tells nothing,
        such as one that is clipped.
    observed : (N, 4) float
        The observed boxes that belong to them.
    px : (N, 4) float or broadcastable
        By how much a constant of 1 moves each number: 1 in the image, and 1 / gain in the input.
    below, above : float
        How far the exact number may lie below and above the observed one: half of the last digit
        each where numbers are rounded, 0 and 1 where they are cut.

    Returns
    -------
    Fitted or None
        What is added to the four numbers, the simplest that fit; None if too few are usable.
    """
    px = np.broadcast_to(px, observed.shape)
    values, explained, usable = [], 0.0, 0
    for column in range(4):
        known = np.isfinite(mapped[:, column]) & np.isfinite(observed[:, column])
        if known.sum() < LEAST_COORDINATES:
            return None
        more = observed[known, column] - mapped[known, column]
        unit = px[known, column]
        value, share = _simplest_constant((more - below) / unit, (more + above) / unit)
        values.append(value)
        explained += share * known.sum()
        usable += int(known.sum())
    return Fitted((values[0], values[1], values[2], values[3]), explained / usable)


def _simplest_constant(low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """Return the simplest number that nearly as many intervals hold as any, and their share."""
    first, last, most = most_common_range(low, high)
    middle = (first + last) / 2
    for step in STEPS:
        nearby = step * (np.round(middle / step) + np.array([0, -1, 1]))
        shares = ((low <= nearby[:, None]) & (nearby[:, None] <= high)).mean(axis=1)
        if shares.max() >= most - NEARLY_AS_MANY:
            best = int(shares.argmax())
            return float(nearby[best]), float(shares[best])
    return simplest_number(first, last), most


def of_sides(added: Corners) -> Corners:
    """Return what is added to x1, y1, x2, y2 of what is added to left, top, width and height."""
    left, top, width, height = added
    return left, top, left + width, top + height


@dataclass(frozen=True)
class Canvas:
    """A canvas onto which an image is brought for display."""

    unit: str
    """How; one of :data:`parity.deployment.output_format.CANVASES`."""
    size: tuple[int, int]
    """Height and width, px."""


@dataclass(frozen=True)
class BoxesOfImage:
    """Boxes of an image and the observed ones that belong to them."""

    shape: tuple[int, int]
    """Height and width of the image, px."""
    boxes: np.ndarray
    """(N, 4) float32. x1, y1, x2, y2 in px of the image."""
    observed: np.ndarray
    """(N, 4) float. The same boxes in px of the canvas."""


def fit_canvas(images: Sequence[BoxesOfImage], tolerance: float = 0.5) -> Fitted[Canvas] | None:
    """Fit the canvas in whose px boxes are returned.

    Parameters
    ----------
    images : sequence of BoxesOfImage
        Boxes that are not clipped, best of all images.
    tolerance : float
        How far coordinates may be off, px: half of their last digit.

    Returns
    -------
    Fitted or None
        The canvas that explains most coordinates; of equal ones the first of
        :data:`parity.deployment.output_format.CANVASES`, whose size is closest to the estimate.
        None without boxes.
    """
    images = [image for image in images if len(image.boxes)]
    if not images:
        return None
    fitted = [
        Fitted(canvas, _share(images, canvas, tolerance))
        for unit in CANVASES
        for canvas in _nearby(unit, _estimate(images, unit, tolerance))
    ]
    return max(fitted, key=lambda each: each.share, default=None)


def _share(images: Sequence[BoxesOfImage], canvas: Canvas, tolerance: float) -> float:
    near = [
        np.abs(UNITS[canvas.unit](image.boxes, canvas.size, image.shape) - image.observed)
        <= tolerance * (1 + 1e-4)
        for image in images
    ]
    return float(np.concatenate(near).mean())


def _nearby(unit: str, estimate: tuple[float, float] | None) -> list[Canvas]:
    if estimate is None:
        return []
    height, width = (round(side) for side in estimate)
    steps = sorted(range(-NEAR, NEAR + 1), key=abs)
    sizes = [(height + y, width + x) for y in steps for x in steps]
    return [Canvas(unit, size) for size in sizes if min(size) > 0]


def _estimate(
    images: Sequence[BoxesOfImage], unit: str, tolerance: float
) -> tuple[float, float] | None:
    """Return height and width of the canvas, px; None if no coordinate tells."""
    if unit == "canvas":
        return _stretched(images, tolerance)
    if unit in ("canvas_contained", "canvas_covered"):
        sides = np.array([_contained(image) for image in images])
        sides = sides[np.isfinite(sides).all(axis=1)]
        if not len(sides):
            return None
        height, width = np.median(sides, axis=0)
        return float(height), float(width)
    scaled = [_scaled(image) for image in images]
    height, width = np.nanmax([*scaled, (0.0, 0.0)], axis=0)
    return (float(height), float(width)) if height and width else None


def _stretched(images: Sequence[BoxesOfImage], tolerance: float) -> tuple[float, float] | None:
    found = []
    for axis in (1, 0):
        given = np.concatenate([image.boxes[:, axis::2].ravel() for image in images])
        seen = np.concatenate([image.observed[:, axis::2].ravel() for image in images])
        sides = np.concatenate(
            [np.full(2 * len(image.boxes), image.shape[1 - axis]) for image in images]
        )
        clear = given >= LEAST_PX
        if not clear.any():
            return None
        scale = sides[clear] / given[clear]
        low, high = (seen[clear] - tolerance) * scale, (seen[clear] + tolerance) * scale
        lowest, highest, _ = most_common_range(low, high)
        found.append((lowest + highest) / 2)
    return found[0], found[1]


def _scaled(image: BoxesOfImage) -> tuple[float, float]:
    """Return height and width of a scaled image, px, by least squares."""
    given, seen = image.boxes.astype(np.float64).ravel(), image.observed.ravel()
    scale = float(given @ seen / (given @ given)) if given.any() else np.nan
    return scale * image.shape[0], scale * image.shape[1]


def _contained(image: BoxesOfImage) -> np.ndarray:
    """Return height and width of a canvas in whose middle the image lies, by least squares."""
    given = image.boxes.astype(np.float64).reshape(-1, 2)
    seen = image.observed.reshape(-1, 2)
    centre, seen_centre = given.mean(axis=0), seen.mean(axis=0)
    spread = ((given - centre) ** 2).sum()
    scale = ((given - centre) * (seen - seen_centre)).sum() / spread if spread else np.nan
    border = seen_centre - scale * centre
    returned: np.ndarray = (scale * np.array(image.shape[::-1]) + 2 * border)[::-1]
    return returned
