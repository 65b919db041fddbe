"""What a comparison is asked to do; importing it costs nothing, since planning does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from parity.comparison.tolerances import Tolerance

GIVEN_REFERENCE = "reference"
"""Name of the ONNX file that takes the place of a checkpoint; no export may have it then."""
GIVEN_ARM = f"onnx-{GIVEN_REFERENCE}"
"""The arm that runs it, instead of all PyTorch arms."""

Effect = Literal["geometry", "runtime", "deployment", "external"]
"""What the differences of two arms are due to."""


@dataclass(frozen=True)
class ComparisonSettings:
    """Two arms to compare."""

    effect: Effect
    """What their differences are due to."""
    reference: str
    candidate: str
    gated: bool
    """Whether the comparison decides the verdict."""
    tolerance: Tolerance
    """Differences that are still called equal."""


def comparison_with(
    comparisons: Mapping[str, ComparisonSettings], effect: Effect, *, candidate: str
) -> str:
    """Return the name of the comparison of an effect and a candidate; empty without any."""
    for name, each in comparisons.items():
        if (each.effect, each.candidate) == (effect, candidate):
            return name
    return ""
