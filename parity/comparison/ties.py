"""Detections that score so near to where a list ends that rounding can decide who reports them.

A list ends at the confidence threshold or, where an image holds more, at the lowest score of as
many as are reported. Scores near 1 saturate in float32, so hundreds may be equal there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from parity.comparison.matching import Matching
from parity.comparison.measures import box_distances
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.detection.detection_files import ImageDetections, Thresholds
from parity.detection.detections import Detections
from parity.detection.head import END2END_ROWS, NetworkHead


@dataclass(frozen=True)
class ListEnd:
    """Where the detections that an arm reports of an image end."""

    score: float
    """Detections score no less."""
    full: bool
    """Whether it is their number that ends them, and not the confidence threshold."""

    def decides(self, score: float) -> bool:
        """Return whether float32 rounding may move a score across this end; NaN is not moved."""
        return abs(score - self.score) <= FLOAT32_ROUNDING.score


def end_of(found: ImageDetections, thresholds: Thresholds, head: NetworkHead) -> ListEnd:
    """Return where the detections of an image end.

    Parameters
    ----------
    found : ImageDetections
        What an arm reports of it.
    thresholds : Thresholds
        What its candidates went through.
    head : NetworkHead
        What they come from.
    """
    limits = {thresholds.max_det, *([END2END_ROWS] if head.finished else [])}
    scores = [score for score in found.scores if score is not None]
    if scores and len(scores) in limits:
        return ListEnd(min(scores), full=True)
    return ListEnd(thresholds.conf, full=False)


@dataclass(frozen=True)
class Ties:
    """Detections that rounding alone may put into the list of one arm and not of the other."""

    reference: list[int]
    candidate: list[int]
    """Indices of those that only one arm reports."""


def set_ties_apart(
    found: Matching, reference: Detections, candidate: Detections, ends: tuple[ListEnd, ListEnd]
) -> tuple[Matching, Ties]:
    """Return a matching without ties, and the ties.

    Where both lists are full, detections that score as the last ones do need not be the same
    objects: a pair of two such detections stands only if their boxes and classes are the same.

    Parameters
    ----------
    found : Matching
        Of all detections.
    reference, candidate : Detections
        What two arms report for the same image.
    ends : tuple of ListEnd
        Where the detections of each end.
    """
    sides = reference, candidate
    doubtful = [
        _paired_by_chance(pairs, sides, ends, same_class)
        for pairs, same_class in ((found.matched, True), (found.flipped, False))
    ]
    apart = np.concatenate([found.matched[doubtful[0]], found.flipped[doubtful[1]]])
    lost = _decided(found.missing, reference, ends[1])
    new = _decided(found.extra, candidate, ends[0])
    return (
        replace(
            found,
            matched=found.matched[~doubtful[0]],
            flipped=found.flipped[~doubtful[1]],
            missing=[i for i in found.missing if i not in lost],
            extra=[j for j in found.extra if j not in new],
        ),
        Ties(sorted(lost | set(apart[:, 0].tolist())), sorted(new | set(apart[:, 1].tolist()))),
    )


def _decided(indices: Iterable[int], found: Detections, other: ListEnd) -> set[int]:
    return {i for i in indices if other.decides(float(found.scores[i]))}


def _paired_by_chance(
    pairs: np.ndarray,
    sides: tuple[Detections, Detections],
    ends: tuple[ListEnd, ListEnd],
    same_class: bool,
) -> np.ndarray:
    """Return which pairs, (P, 2), may be two objects, (P,) bool."""
    last = [
        [end.full and end.decides(float(score)) for score in side.scores[column]]
        for side, end, column in zip(sides, ends, pairs.T, strict=True)
    ]
    differ = not same_class or box_distances(*sides, pairs) > FLOAT32_ROUNDING.box_px
    returned: np.ndarray = np.logical_and(np.array(last, bool).reshape(2, -1).all(axis=0), differ)
    return returned
