"""The way back from the input to the image, where no boxes tell of it."""

from dataclasses import replace

import pytest

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search.way_back import with_known_way_back
from parity.external.observations import Declared, Observations

STRETCHED = Pipeline(conf=0.25, iou=0.45, fitting="stretch")


@pytest.fixture(scope="module")
def bent(replayer: Replayer) -> Observations:
    """Return boxes of stretched images in a frame that no catalogue holds."""
    declared = Declared(conf=0.25, iou=0.45)
    seen = observe(replayer, STRETCHED, list(replayer.paths), declared=declared)
    images = {n: replace(e, boxes=400 + (e.boxes / 20) ** 1.5) for n, e in seen.images.items()}
    return replace(seen, images=images)


def test_a_way_back_that_puts_no_box_near_is_unknown(
    replayer: Replayer, bent: Observations
) -> None:
    cost_model = CostModel(replayer, bent, list(replayer.paths))
    guessed = STRETCHED.replace(gain="letterbox", offset="none", corners="xywh")
    assert with_known_way_back(cost_model, guessed) == STRETCHED


def test_a_way_back_that_puts_boxes_near_stays(replayer: Replayer) -> None:
    back = STRETCHED.replace(gain="letterbox", offset="none")
    seen = observe(replayer, back, list(replayer.paths), declared=Declared(conf=0.25, iou=0.45))
    cost_model = CostModel(replayer, seen, list(replayer.paths))
    assert with_known_way_back(cost_model, back) == back


def test_only_what_scores_prove_is_named(replayer: Replayer, bent: Observations) -> None:
    found = diagnose(bent, replayer, replayer.network.names)
    assert found.verdict == "explained_in_part"
    assert [fault.name for fault in found.faults] == ["stretched"]
    assert "rescaling" in found.unexplained_stages
