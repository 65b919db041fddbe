"""Comparing differences with tolerances."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from parity.comparison.rounding import UNROUNDED, Rounding

if TYPE_CHECKING:
    from parity.comparison.differences import Differences

Quantity = Literal[
    "missing", "extra", "unread", "box_px", "score", "mask", "keypoint_px", "visibility"
]
"""What a tolerance limits."""

QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)


@dataclass(frozen=True)
class Tolerance:
    """The differences that are still called equal."""

    missing: int = 0
    extra: int = 0
    """Detections that only the reference, or only the candidate, has; in the whole run."""
    box_px: float = 0.01
    """Largest difference of a coordinate of a matched box, image px."""
    score: float = 1e-4
    """Largest difference of the scores of a matched pair."""
    unread: int = 0
    """Images that only one of two arms can read."""
    mask: float = 0.01
    """1 minus the IoU of the masks of a matched pair."""
    keypoint_px: float = 0.01
    """Largest distance of a keypoint of a matched pair, image px."""
    visibility: float = 1e-4
    """Largest difference of the visibility of a keypoint of a matched pair."""


FLOAT32_ROUNDING = Tolerance()
"""Differences that float32 rounding alone may cause between two runtimes: several times the largest
differences of PyTorch and ONNX Runtime on the same input, 1.3e-3 px and 4e-6 on 128 photographs."""


def widened(tolerance: Tolerance, rounding: Rounding) -> Tolerance:
    """Return a tolerance that also allows what printing may have changed."""
    return replace(
        tolerance,
        box_px=tolerance.box_px + rounding.box_px,
        score=tolerance.score + rounding.score,
    )


@dataclass(frozen=True)
class Judgement:
    """Whether measured differences stay within a tolerance."""

    required: Tolerance
    """The smallest tolerance that would have passed, rounding not included."""
    exceeded: list[Quantity]
    """The quantities that are beyond the tolerance."""

    @property
    def passed(self) -> bool:
        """Whether nothing is exceeded."""
        return not self.exceeded


def judge(
    measured: "Differences", tolerance: Tolerance, rounding: Rounding = UNROUNDED
) -> Judgement:
    """Compare measured differences with a tolerance; NaN on either side exceeds it.

    Parameters
    ----------
    measured : Differences
        Of one image or of a run.
    tolerance : Tolerance
        What is still called equal.
    rounding : Rounding
        What printing may have changed, which counts for nothing.
    """
    found: dict[str, Any] = {quantity: measured.amount(quantity) for quantity in QUANTITIES}
    found["box_px"] = _beyond(measured.box_px, rounding.box_px)
    found["score"] = _beyond(measured.score, rounding.score)
    exceeded = [name for name in QUANTITIES if not found[name] <= getattr(tolerance, name)]
    return Judgement(Tolerance(**found), exceeded)


def _beyond(difference: float, rounding: float) -> float:
    return float(np.maximum(difference - rounding, 0.0))  # unlike max(), it never loses a NaN
