"""Filters of sizes, places and scores."""

from dataclasses import replace

import numpy as np
import pytest

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.detection.detections import Detections
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.plain_filters import (
    PROPERTIES,
    PlainFilter,
    are_set_apart,
    described_boxes,
    plain_filter,
)
from parity.external.observations import Declared, Observations, Observed


def test_what_a_property_tells() -> None:
    generator = np.random.default_rng(3)
    described = generator.normal(size=(60, 4))
    others = described[:, 2] > 1
    assert are_set_apart(described, others)
    assert are_set_apart(-described, others)
    assert not are_set_apart(described[:, [0, 1, 3]], others)
    assert not are_set_apart(described, np.zeros(60, bool))


def test_the_properties_of_a_box() -> None:
    box = Detections(
        np.array([[10, 20, 50, 100]], np.float32), np.array([0.5], np.float32), np.array([0])
    )
    expected = (40, 80, 0.2, 0.8, 3200, 0.8, 0.5, 30, 60, 0.15, 0.6)
    found = described_boxes(box, (100, 200))
    np.testing.assert_allclose(found, [expected], rtol=1e-6)
    assert found.shape[1] == len(PROPERTIES)


def test_the_sentence_says_where_the_boundary_is() -> None:
    small = PlainFilter("area", (10.0, 2950.0), (3010.0, 90000.0))
    assert small.in_words == (
        "The missing boxes have one thing in common: their area is at most 2950. "
        "For the boxes that your program reports, it is at least 3010."
    )
    late = PlainFilter("height", (300.0, 400.0), (10.0, 290.0))
    assert "is at least 300. " in late.in_words
    assert late.in_words.endswith("it is at most 290.")


def _where(seen: Observed, kept: np.ndarray) -> Observed:
    parts = {name: getattr(seen, name)[kept] for name in ("boxes", "scores", "class_ids")}
    return replace(seen, **parts)


@pytest.fixture(scope="module")
def without_large(replayer: Replayer) -> Observations:
    """Return the boxes of a correct deployment that leaves out those that are high."""
    seen = observe(
        *(replayer, Pipeline(conf=0.25, iou=0.45), list(replayer.paths)),
        declared=Declared(conf=0.25, iou=0.45),
    )
    heights = np.concatenate([e.boxes[:, 3] - e.boxes[:, 1] for e in seen.images.values()])
    most = float(np.median(heights))
    images = {n: _where(e, e.boxes[:, 3] - e.boxes[:, 1] <= most) for n, e in seen.images.items()}
    return replace(seen, images=images)


def test_a_filter_of_sizes_is_told(replayer: Replayer, without_large: Observations) -> None:
    cost_model = CostModel(replayer, without_large, list(replayer.paths))
    found = plain_filter(cost_model, cost_model.correct)
    assert found is not None
    assert found.name == "height"
    assert found.missing[0] > found.given[1]


def test_a_filter_of_sizes_is_called_by_no_other_name(
    replayer: Replayer, without_large: Observations
) -> None:
    found = diagnose(without_large, replayer, replayer.network.names)
    assert (found.verdict, found.faults) == ("explained_in_part", ())
    assert any("their height is at least" in sentence for sentence in found.reasons)
