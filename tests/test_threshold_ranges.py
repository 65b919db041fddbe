"""What boxes say of thresholds."""

from types import SimpleNamespace
from typing import Any

from parity.deployment.pipeline import Pipeline
from parity.diagnosis import threshold_ranges
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
