"""How badly what a task adds to boxes fits: keypoints, corners of oriented boxes, masks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parity.comparison.polygons import corner_distances
from parity.detection.detection_files import NOT_ROUNDED
from parity.detection.detections import Detections
from parity.detection.oriented_boxes import corners_of
from parity.external.observations import Observed, decimals

NOT_FINITE = 1e9
"""Difference that stands for one that is not finite, or of another number of points, px; chosen:
beyond any image."""

ROUNDING_ERROR = 0.6
"""Difference by rounding, in units of the last decimal; chosen: half, and a margin."""

LEAST_PX, LEAST_VISIBILITY = 0.03, 1e-4
"""Differences of points in px, and of visibilities, that arithmetic alone causes; chosen."""

CLOSE_PX, CLOSE_VISIBILITY = 8.0, 0.05
"""Differences that count as close; chosen."""

MASK_PRECISION, CLOSE_MASK = 0.02, 0.2
"""Differences of masks, 1 minus their IoU, that grids and outlines alone cause, and that count as
close; chosen."""


@dataclass(frozen=True)
class ShapeFit:
    """How the shapes of paired boxes compare."""

    excess: np.ndarray
    """(P,) float64. Logarithm of the differences in units of the precision, 0 where there is
    none."""
    exact: np.ndarray
    close: np.ndarray
    """(P,) bool. Whether they agree to the digits given, and about."""


Gap = tuple[np.ndarray, np.ndarray | float, float]
"""Differences of pairs, (P, …), what of them means nothing, and up to what they are close."""


def fit_shapes(
    predicted: Detections, observed: Observed, pairs: np.ndarray, *, digits: float = 0.0
) -> ShapeFit:
    """Compare the shapes of paired boxes.

    Parameters
    ----------
    predicted : Detections
        What a hypothesis gives.
    observed : Observed
        What was seen.
    pairs : (P, 2) int
        Indices of predicted and observed boxes.
    digits : float
        What the digits of fractions leave open, px: keypoints are printed like their boxes.
    """
    excess = np.zeros(len(pairs))
    exact, close = np.ones(len(pairs), bool), np.ones(len(pairs), bool)
    if not len(pairs):
        return ShapeFit(excess, exact, close)
    for gaps in GAPS:
        for found, precision, near in gaps(predicted, observed, pairs, digits):
            apart = np.where(np.isfinite(found), found, NOT_FINITE)
            over = np.log1p(np.maximum(apart - precision, 0) / precision)
            excess += over.reshape(len(pairs), -1).mean(axis=1)
            exact &= (apart <= precision).reshape(len(pairs), -1).all(axis=1)
            close &= (apart <= near).reshape(len(pairs), -1).all(axis=1)
    return ShapeFit(excess, exact, close)


def _of_keypoints(
    predicted: Detections, observed: Observed, pairs: np.ndarray, digits: float
) -> list[Gap]:
    ours, theirs = predicted.keypoints, observed.keypoints
    if ours is None or theirs is None:
        return []
    if ours.shape[1] != theirs.shape[1]:
        return [(np.full(len(pairs), NOT_FINITE), LEAST_PX, CLOSE_PX)]
    one, other = ours[pairs[:, 0]].astype(np.float64), theirs[pairs[:, 1]].astype(np.float64)
    px = max(ROUNDING_ERROR * 10.0 ** -decimals(theirs[..., :2]), LEAST_PX, digits)
    gaps: list[Gap] = [(np.abs(one[..., :2] - other[..., :2]), px, CLOSE_PX)]
    if min(ours.shape[2], theirs.shape[2]) > 2:
        of_visibility = 10.0 ** -decimals(theirs[..., 2])
        least = max(ROUNDING_ERROR * of_visibility, LEAST_VISIBILITY)
        gaps.append((np.abs(one[..., 2] - other[..., 2]), least, CLOSE_VISIBILITY))
    return gaps


def _of_oriented(
    predicted: Detections, observed: Observed, pairs: np.ndarray, _digits: float
) -> list[Gap]:
    ours, theirs = predicted.oriented, observed.oriented
    if ours is None or theirs is None:
        return []
    given = theirs[pairs[:, 1]].astype(np.float64)
    corners = corners_of(ours[pairs[:, 0]].astype(np.float64)), corners_of(given)
    apart = corner_distances(*corners)
    precision = oriented_precision(observed)
    return [(apart, LEAST_PX if precision is None else precision[pairs[:, 1]], CLOSE_PX)]


def oriented_precision(observed: Observed) -> np.ndarray | None:
    """Return how far rounding may move the corners of oriented boxes, (N,) px; None without any.

    Where corners were printed, not centres and sides, their hulls have the digits.
    """
    boxes = observed.oriented
    if boxes is None:
        return None
    printed = min(decimals(boxes[:, :4]), decimals(observed.boxes))
    px = max(ROUNDING_ERROR * 10.0**-printed, LEAST_PX)
    digits = decimals(boxes[:, 4]) if boxes[:, 4].any() else NOT_ROUNDED  # no angle was printed
    angle = 0.0 if digits == NOT_ROUNDED else ROUNDING_ERROR * 10.0**-digits
    moved: np.ndarray = 2 * px + angle * np.hypot(boxes[:, 2], boxes[:, 3]) / 2
    return moved


def _of_masks(
    predicted: Detections, observed: Observed, pairs: np.ndarray, _digits: float
) -> list[Gap]:
    ours, theirs = predicted.masks, observed.masks
    if theirs is None:
        return []
    if ours is None or ours.shape[1:] != theirs.shape[1:]:
        return [(np.ones(len(pairs)), MASK_PRECISION, CLOSE_MASK)]
    one, other = ours[pairs[:, 0]] > 0, theirs[pairs[:, 1]] > 0
    union = (one | other).sum(axis=(1, 2))
    common = (one & other).sum(axis=(1, 2))
    apart = 1 - np.divide(common, union, out=np.ones(len(pairs)), where=union > 0)
    return [(apart, MASK_PRECISION, CLOSE_MASK)]


GAPS: tuple[Callable[[Detections, Observed, np.ndarray, float], list[Gap]], ...] = (
    _of_keypoints,
    _of_oriented,
    _of_masks,
)
