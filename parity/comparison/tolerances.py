"""The differences that are still called equal."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from parity.comparison.rounding import Rounding

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
"""Differences that float32 rounding alone may cause between two runtimes: over twenty times the
largest of PyTorch and ONNX Runtime on the same input, 0.00037 px and 4.4e-6 on 128 photographs (see
docs/method.md, "Exports and their layers")."""


def widened(tolerance: Tolerance, rounding: Rounding) -> Tolerance:
    """Return a tolerance that also allows what printing may have changed."""
    return replace(
        tolerance,
        box_px=tolerance.box_px + rounding.box_px,
        score=tolerance.score + rounding.score,
    )
