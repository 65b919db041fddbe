"""Detections that score so near to where a list ends that rounding can decide who reports them.

A list ends at the confidence threshold or, where an image holds more, at the lowest score of as
many as are reported. Scores near 1 saturate in float32, so hundreds may be equal there.
"""

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


LEAST_LISTED = 10
"""Detections of a list that counts as full, so that its last ones do not decide alone (chosen)."""


def set_ties_apart(
    found: Matching, reference: Detections, candidate: Detections, ends: tuple[ListEnd, ListEnd]
) -> tuple[Matching, Ties]:
    """Return a matching without ties, and the ties.

    Where both lists are full, end at the same score and have a box in common, the last detections
    need not be the same objects. If their scores are saturated, pairs of them are set apart, too,
    unless their boxes and classes are the same.

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
    same = box_distances(*sides, found.matched) <= FLOAT32_ROUNDING.box_px
    full = (
        all(end.full for end in ends)
        and ends[0].decides(ends[1].score)
        and min(map(len, sides)) >= LEAST_LISTED
        and bool(same.any())
    )
    lost, new = (
        {i for i in indices if (full or not other.full) and other.decides(float(side.scores[i]))}
        for indices, side, other in zip(
            (found.missing, found.extra), sides, reversed(ends), strict=True
        )
    )
    if not full:
        lost, new = _without_opposites(lost, new, sides)
    saturated = full and min(end.score for end in ends) >= 1 - FLOAT32_ROUNDING.score
    doubtful = ~same & saturated, np.full(len(found.flipped), saturated)
    apart = np.concatenate([found.matched[doubtful[0]], found.flipped[doubtful[1]]])
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


def _without_opposites(
    lost: set[int], new: set[int], sides: tuple[Detections, Detections]
) -> tuple[set[int], set[int]]:
    """Return detections at a threshold of whose class the other arm reports no other there.

    Where both report one of a class, it may be the same object in two places.
    """
    classes = [
        {int(side.class_ids[i]) for i in own} for side, own in zip(sides, (lost, new), strict=True)
    ]
    both = classes[0] & classes[1]
    return (
        {i for i in lost if int(sides[0].class_ids[i]) not in both},
        {j for j in new if int(sides[1].class_ids[j]) not in both},
    )
