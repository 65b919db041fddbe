"""Refusing an entry two of whose fields say different keypoints, oriented boxes or masks."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path

import numpy as np

from parity.comparison.polygons import corner_distances
from parity.detection.boxes import LARGEST_FRACTION
from parity.detection.oriented_boxes import corners_of
from parity.errors import UserError
from parity.external.contradictions import two_meanings
from parity.external.observations import decimals
from parity.external.shapes import (
    ShapeField,
    WrittenShapes,
    corners_in_px,
    in_order,
    mask_of,
    oriented_of,
)
from parity.foreign import shorten

LEAST_DECIMALS = 2
"""Decimals of an angle in radians, at least, however it ends; chosen."""

LEAST_OVERLAP = 0.5
"""IoU of two masks of one object, at least; chosen: an outline of few points covers more of it."""


def check_one_pose(shapes: WrittenShapes, size: tuple[int, int], where: str) -> None:
    """Check that all fields that say keypoints say the same, as far as they are rounded.

    Parameters
    ----------
    shapes : WrittenShapes
        Of one entry.
    size : tuple of int
        Height and width of the image, px.
    where : str
        Position, for messages.

    Raises
    ------
    UserError
        If one says others.
    """

    def agree(one: WrittenShapes, other: WrittenShapes) -> bool:
        ours, theirs = one.keypoints, other.keypoints
        if ours is None or theirs is None:
            return True
        return len(ours) == len(theirs) and any(
            bool((np.abs(first - second) <= error + further).all())
            for first, error in _readings(ours[:, :2], size)
            for second, further in _readings(theirs[:, :2], size)
        )

    _check([each for each in shapes.fields if each.shapes.keypoints is not None], agree, where)


def check_one_rectangle(shapes: WrittenShapes, size: tuple[int, int], where: str) -> None:
    """Check that corners and oriented boxes of an entry are one, as far as they are rounded.

    Angles may be in degrees. See :func:`check_one_pose` for the parameters.

    Raises
    ------
    UserError
        If one is another.
    """

    def agree(one: WrittenShapes, other: WrittenShapes) -> bool:
        pairs = product(*(enumerate(_rectangles(each, size)) for each in (one, other)))
        return any(
            corner_distances(first[None], second[None])[0] <= error + further
            for (place, (first, error)), (its_place, (second, further)) in pairs
            if not (place and its_place)  # in degrees, both would be nearly level
        )

    _check([each for each in shapes.fields if _is_rectangle(each.shapes)], agree, where)


def check_one_mask(
    shapes: WrittenShapes, mask: np.ndarray, folder: Path, size: tuple[int, int], where: str
) -> None:
    """Check that all fields that say the mask of an entry say about the same one.

    Parameters
    ----------
    shapes : WrittenShapes
        Of the entry.
    mask : (h, w) uint8
        What the first field says.
    folder : Path
        Where the paths of pictures start.
    size : tuple of int
        Height and width of the image, px.
    where : str
        Position, for messages.

    Raises
    ------
    UserError
        If one says another.
    """

    def agree(_: WrittenShapes, other: WrittenShapes) -> bool:
        with suppress(UserError):  # what is no mask says no other
            return _overlap(mask, mask_of(other.mask, folder, size, where)) >= LEAST_OVERLAP
        return True

    _check([each for each in shapes.fields if each.shapes.mask is not None], agree, where)


def _check(
    fields: Sequence[ShapeField],
    agree: Callable[[WrittenShapes, WrittenShapes], bool],
    where: str,
) -> None:
    """Check that what fields say agrees with what the first says, unless it is written alike."""
    for other in fields[1:]:
        first = fields[0]
        if other.written != first.written and not agree(first.shapes, other.shapes):
            one, two = ((each.key, shorten(each.written)) for each in (first, other))
            raise two_meanings(where, one, two)


def _readings(points: np.ndarray, size: tuple[int, int]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield points, (K, 2), in px as they may be meant, and how far rounding may move each."""
    unit = 10.0 ** -decimals(points)
    yield points, np.full(2, unit)
    if np.abs(points).max(initial=0) <= LARGEST_FRACTION:
        sides = np.array(size[::-1], np.float64)
        yield points * sides, unit * sides


def _is_rectangle(shapes: WrittenShapes) -> bool:
    with suppress(UserError):  # a polygon may be none
        return shapes.oriented is not None or shapes.quadrilateral is not None
    return False


def _rectangles(shapes: WrittenShapes, size: tuple[int, int]) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the corners of a rectangle as it may be meant, an angle in degrees last.

    Yields
    ------
    corners : (4, 2) float64
        In order, px.
    error : float
        How far rounding may move each, px.
    """
    corners, oriented = corners_in_px(shapes, size), oriented_of(shapes, size)
    written = shapes.oriented if corners is None else shapes.quadrilateral
    if oriented is None or written is None:
        return
    scale = float(max(size)) if np.abs(written[:4]).max() <= LARGEST_FRACTION else 1.0
    if corners is not None:
        yield in_order(corners), scale * 10.0 ** -decimals(written)
        return
    unit = 2 * scale * 10.0 ** -decimals(written[:4])
    reach = float(np.hypot(*oriented[2:4])) / 2
    for radians, digits in ((1.0, LEAST_DECIMALS), (math.radians(1.0), 0)):
        turned = np.concatenate([oriented[:4], oriented[4:] * radians])
        error = radians * 10.0 ** -max(decimals(oriented[4:]), digits)
        yield corners_of(turned[None])[0], unit + error * reach


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return the IoU of two masks, brought to the size of the first; 1 if one is empty."""
    import cv2  # noqa: PLC0415  slow, and planning reads boxes

    resized = cv2.resize(other, one.shape[::-1], interpolation=cv2.INTER_NEAREST)
    if not (one.any() and resized.any()):
        return 1.0
    return float((one & resized).sum() / (one | resized).sum())
