"""Holding differences against tolerances."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Quantity = Literal["missing", "extra", "unread", "box_px", "score"]
"""What a tolerance limits."""

QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)


@dataclass(frozen=True)
class Tolerance:
    """The differences that are still called equal.

    Attributes
    ----------
    missing, extra : int
        Detections that only the reference, or only the candidate, has; in the whole run.
    box_px : float
        Largest difference of a coordinate of a matched box, image px.
    score : float
        Largest difference of the scores of a matched pair.
    unread : int
        Images that only one of two arms can read.
    """

    missing: int = 0
    extra: int = 0
    box_px: float = 0.01
    score: float = 1e-4
    unread: int = 0


@dataclass(frozen=True)
class Verdict:
    """Whether measured differences stay within a tolerance.

    Attributes
    ----------
    required : Tolerance
        The smallest tolerance that would have passed.
    exceeded : tuple of str
        The quantities that are beyond the tolerance.
    """

    required: Tolerance
    exceeded: tuple[str, ...]

    def __bool__(self) -> bool:
        """Return whether nothing is exceeded."""
        return not self.exceeded

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "passed": bool(self),
            "required": asdict(self.required),
            "exceeded": list(self.exceeded),
        }


def judge(measured: Mapping[str, Any], tolerance: Tolerance) -> Verdict:
    """Hold measured differences against a tolerance; NaN on either side exceeds.

    Parameters
    ----------
    measured : mapping
        The quantities of :class:`Tolerance`, of one image or of a run.
    tolerance : Tolerance
        What is still called equal.
    """
    required = Tolerance(**{quantity: measured[quantity] for quantity in QUANTITIES})
    allowed = asdict(tolerance)
    exceeded = tuple(
        quantity for quantity in QUANTITIES if not measured[quantity] <= allowed[quantity]
    )
    return Verdict(required, exceeded)
