"""The thresholds of a sweep."""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import takewhile
from typing import Self

from parity.detection.detection_files import Thresholds

MAX_POINTS = 1000
"""Values of one axis at most: a step of thousandths over the whole range; chosen."""

TUNING_STEP = Decimal("0.01")
"""Distance of the confidences among which the best one is sought: two decimals, as people write."""


@dataclass(frozen=True)
class Steps:
    """Equally spaced thresholds."""

    start: float
    stop: float
    """The first threshold, and the last if a step ends on it."""
    step: float
    """From one threshold to the next."""


ThresholdAxis = tuple[float, ...] | Steps
"""The thresholds of one axis, one by one or in short."""


def points(axis: ThresholdAxis) -> list[float]:
    """Return the values of an axis, rising and each once; one more than allowed if too many."""
    if isinstance(axis, Steps):
        start, stop, step = (Decimal(str(each)) for each in (axis.start, axis.stop, axis.step))
        steps = (start + i * step for i in range(MAX_POINTS + 1))
        return [float(each) for each in takewhile(lambda each: each <= stop, steps)]
    return sorted({float(value) for value in axis})


@dataclass(frozen=True)
class Axes:
    """All thresholds at which a sweep counts."""

    conf: tuple[float, ...]
    iou: tuple[float, ...]
    """The grid of cells: every pair is applied to both arms alike."""
    tuned_conf: tuple[float, ...]
    tuned_iou: tuple[float, ...]
    """What the candidate alone is tried at, while the reference stays at the operating point."""
    operating_conf: float
    operating_iou: float
    max_det: int
    """Detections per image, at most."""

    @property
    def without_iou(self) -> Self:
        """The same confidences at the IoU threshold of the run alone: no other changes a label."""
        return replace(self, iou=(self.operating_iou,), tuned_iou=(self.operating_iou,))

    @classmethod
    def build(cls, grid: dict[str, list[float]], thresholds: Thresholds) -> Self:
        """Return the axes of a grid and an operating point.

        The tuned confidences are the grid's, the operating one, and every hundredth between.
        """
        conf, iou = thresholds.conf, thresholds.iou
        ends = {*grid["conf"], conf}
        first, last = Decimal(str(min(ends))), Decimal(str(max(ends)))
        hundredths = range(math.ceil(first / TUNING_STEP), math.floor(last / TUNING_STEP) + 1)
        tuned = {float(n * TUNING_STEP) for n in hundredths} | ends
        return cls(
            conf=tuple(grid["conf"]),
            iou=tuple(grid["iou"]),
            tuned_conf=tuple(sorted(tuned)),
            tuned_iou=tuple(sorted({*grid["iou"], iou})),
            operating_conf=conf,
            operating_iou=iou,
            max_det=thresholds.max_det,
        )
