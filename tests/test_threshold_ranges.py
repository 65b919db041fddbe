"""What boxes say of thresholds."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.deployment.pipeline import Pipeline
from parity.detection.detections import Detections
from parity.diagnosis import threshold_ranges
from parity.diagnosis.evidence.misfit import Fit, Precision, fit_boxes, reproduction, total_misfit
from parity.external.observations import Declared, Observed


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


SCORES = np.linspace(0.26, 0.9, 34)
BOXES = np.arange(len(SCORES))[:, None] * 20.0 + [0.0, 0.0, 10.0, 10.0]


def above(conf: float) -> Detections:
    """Return the boxes that score more than a threshold, each in a place of its own."""
    kept = conf < SCORES
    return Detections(
        BOXES[kept].astype(np.float32), SCORES[kept].astype(np.float32), np.zeros(kept.sum(), int)
    )


@pytest.mark.parametrize(
    ("lowest", "others", "contradicted", "reason"),
    [
        (2, 0, True, "two of 34 are hardly the lowest by chance, if they are all that is missing"),
        (1, 0, False, "one may be"),
        (2, 1, False, "two of three may be"),
        (3, 1, True, "a fourth that is missing changes little"),
        (3, 2, False, "of five that are missing, three are the lowest more often"),
        (5, 2, True, "five are so seldom"),
    ],
)
def test_a_declared_threshold_is_contradicted_by_what_is_hardly_missing_by_chance(
    lowest: int, others: int, contradicted: bool, reason: str
) -> None:
    seen = np.arange(lowest, len(SCORES) - others)
    observed = Observed(BOXES[seen], SCORES[seen], np.zeros(len(seen), np.int64))
    precision = Precision.of({"an image": observed})

    def fit(pipeline: Pipeline, *_: str) -> Fit:
        return fit_boxes(above(pipeline.conf), observed, precision)

    cost_model: Any = SimpleNamespace(
        names=["an image"],
        goodness_of_fit=fit,
        misfit=lambda pipeline: total_misfit([fit(pipeline)]),
        reproduction=lambda pipeline: reproduction([fit(pipeline)]),
        observations=SimpleNamespace(declared=Declared(conf=0.25)),
    )
    ends = float(SCORES[lowest - 1]), float(SCORES[lowest])
    best = Pipeline(conf=sum(ends) / 2)
    found = threshold_ranges._range(cost_model, best, "conf", lambda *_: ends)
    assert found.contradicted == contradicted, reason
    assert (found.low is not None and found.low <= 0.25) == (not contradicted)
