"""Comparing differences with tolerances."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.comparison.differences import Differences
from parity.comparison.rounding import UNROUNDED, Rounding
from parity.comparison.tolerances import QUANTITIES, Quantity, Tolerance


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


def judge(measured: Differences, tolerance: Tolerance, rounding: Rounding = UNROUNDED) -> Judgement:
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
