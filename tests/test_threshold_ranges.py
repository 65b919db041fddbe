"""What boxes say of thresholds."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.deployment.pipeline import Pipeline
from parity.diagnosis import threshold_ranges
from parity.diagnosis.threshold_ranges import highest_left_out
from parity.external.observations import Declared


def test_a_popular_threshold_that_drops_a_box_is_not_used() -> None:
    kept = 0.297  # printed as 0.30, which looks as if 0.3 had kept it
    cost_model: Any = SimpleNamespace(
        misfit=lambda pipeline: 10.0 if pipeline.conf >= kept else 0.0,
        observations=SimpleNamespace(declared=Declared()),
    )
    best = Pipeline(conf=0.29)
    for low, used in ((0.28, 0.29), (0.24, 0.25)):
        found = threshold_ranges._range(cost_model, best, "conf", lambda *_, low=low: (low, 0.306))
        assert found.used == used


@pytest.mark.parametrize(
    ("alone", "declared", "expected", "reason"),
    [
        ([0.2, 0.28, 0.3, 0.33], 0.25, 0.33, "three above the declared one contradict it"),
        ([0.2, 0.3, 0.33], 0.25, 0.2, "two may be missing for another reason"),
        ([0.2, 0.28, 0.3, 0.33, 0.8], 0.25, 0.2, "as one is that scores more than others"),
        ([*np.linspace(0.26, 0.34, 6), 0.8], 0.25, 0.34, "six are too many for that"),
        ([0.2, 0.3, 0.8], None, 0.3, "nothing is declared, so nothing is contradicted"),
        ([0.8], 0.25, None, "no box that scores less than those that are kept is left out"),
    ],
)
def test_what_a_confidence_threshold_left_out(
    alone: list[float], declared: float | None, expected: float | None, reason: str
) -> None:
    found = highest_left_out(np.array(alone), 0.35, declared)
    assert found == (None if expected is None else pytest.approx(expected)), reason
