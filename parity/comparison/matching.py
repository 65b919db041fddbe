"""Pairing the detections of two arms one to one."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from parity.comparison.polygons import pairwise_overlap
from parity.detection.boxes import pairwise_iou
from parity.detection.detections import Detections
from parity.detection.oriented_boxes import corners_of


@dataclass(frozen=True)
class Matching:
    """A one-to-one pairing; indices count detections of the reference and of the candidate."""

    matched: np.ndarray
    """(M, 2) int. Pairs of equal class."""
    flipped: np.ndarray
    """(F, 2) int. Pairs that lie on the same object and differ in class."""
    missing: list[int]
    """Detections of the reference without a partner."""
    extra: list[int]
    """Detections of the candidate without a partner."""
    iou: np.ndarray
    """(R, C) float64. Overlap of every detection of the reference with every one of the
    candidate."""


def match(reference: Detections, candidate: Detections, *, iou: float) -> Matching:
    """Pair as many detections as possible and, of those pairings, the one that overlaps most.

    Detections of equal class are paired first; the rest is paired regardless of class.

    Parameters
    ----------
    reference, candidate : Detections
        What two arms report for the same image.
    iou : float
        Smallest overlap of a pair.
    """
    pairs = AllowedPairs.of(reference, candidate, iou=iou)
    matched = best_pairing(pairs.overlap, pairs.closeness, pairs.of_one_class)
    free = pairs.of_any_class.copy()
    free[matched[:, 0], :] = False
    free[:, matched[:, 1]] = False
    flipped = best_pairing(pairs.overlap, pairs.closeness, free)
    paired = np.concatenate([matched, flipped])
    return Matching(
        matched,
        flipped,
        sorted(set(range(len(reference))) - set(paired[:, 0].tolist())),
        sorted(set(range(len(candidate))) - set(paired[:, 1].tolist())),
        pairs.overlap,
    )


@dataclass(frozen=True)
class AllowedPairs:
    """The pairs that may be made of two lists of detections, and what speaks for each."""

    overlap: np.ndarray
    closeness: np.ndarray
    """(R, C) float64. Of every detection of the reference with every one of the candidate: of their
    boxes, in [0, 1], and of their scores, at most 1."""
    of_any_class: np.ndarray
    of_one_class: np.ndarray
    """(R, C) bool. Which overlap enough; the second, which have the same class besides."""

    @classmethod
    def of(cls, reference: Detections, candidate: Detections, *, iou: float) -> Self:
        """Return the pairs of two lists; ``iou`` is the smallest overlap of a pair."""
        overlap = box_overlaps(reference, candidate)
        apart = np.abs(np.subtract.outer(reference.scores, candidate.scores, dtype=np.float64))
        same_class = np.equal.outer(reference.class_ids, candidate.class_ids)
        return cls(overlap, 1 - apart, overlap >= iou, same_class & (overlap >= iou))


def box_overlaps(reference: Detections, candidate: Detections) -> np.ndarray:
    """Return the IoU of every box with every other, (R, C) float64; of oriented boxes as they are.

    Networks that return distances from a cell may return negative ones, and clipping may leave a
    box flat. What two upright boxes have in common says nothing where both are flat, so they are
    given an area, see :func:`_solid`.

    Parameters
    ----------
    reference, candidate : Detections
        What two arms report for the same image.
    """
    ours, theirs = reference.oriented, candidate.oriented
    if ours is not None and theirs is not None:
        return pairwise_overlap(*(corners_of(each.astype(np.float64)) for each in (ours, theirs)))
    overlap = pairwise_iou(reference.boxes, candidate.boxes)
    flat = [np.flatnonzero(_shorter_sides(each.boxes) < FLAT_PX) for each in (reference, candidate)]
    overlap[np.ix_(*flat)] = pairwise_iou(
        _solid(reference.boxes[flat[0]]), _solid(candidate.boxes[flat[1]])
    )
    return overlap


FLAT_PX = 0.01
"""Of a side that is shorter, rounding decides: it moves coordinates by less than 1e-3 px; px."""


def _shorter_sides(boxes: np.ndarray) -> np.ndarray:
    returned: np.ndarray = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf)
    return returned


def _solid(boxes: np.ndarray) -> np.ndarray:
    """Return boxes with their corners in order and each side 1 px longer, (N, 4) float64."""
    first, second = boxes[:, :2].astype(np.float64), boxes[:, 2:].astype(np.float64)
    return np.concatenate([np.minimum(first, second), np.maximum(first, second) + 1], axis=1)


TIE_BREAK = 1e-9
"""Weight of score closeness beside overlap: less than any difference of overlap that float32 boxes
can show."""


def best_pairing(overlap: np.ndarray, closeness: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Return the pairing with the most pairs, then the largest sum of overlaps.

    Parameters
    ----------
    overlap : (R, C) float64
        In [0, 1].
    closeness : (R, C) float64
        Decides between pairings of equal overlap; in [0, 1], NaN and what is below count as 0.
    allowed : (R, C) bool
        Pairs that may be made.

    Returns
    -------
    (P, 2) int
        Row and column of each pair, by row.
    """
    if (allowed.sum(axis=0) <= 1).all() and (allowed.sum(axis=1) <= 1).all():
        return np.argwhere(allowed)
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  slow to import, seldom needed

    each = overlap + TIE_BREAK * np.nan_to_num(closeness).clip(0, 1)
    weights = np.where(allowed, min(overlap.shape) + 1 + each, 0.0)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    pairs = np.column_stack([rows, columns])
    returned: np.ndarray = pairs[allowed[rows, columns]]
    return returned
