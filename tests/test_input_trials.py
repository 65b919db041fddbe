"""Inputs that are tried, and the probes by which they are told apart."""

from dataclasses import replace

import pytest

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.catalogue.geometry import other_border
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search.border_search import ANCHORS, fit_border
from parity.diagnosis.search.input_trials import InputTrials
from parity.external.observations import Declared


def with_few_boxes(replayer: Replayer, pipeline: Pipeline, most: int) -> InputTrials:
    seen = observe(replayer, pipeline, list(replayer.paths), declared=Declared())
    first_boxes = {
        name: replace(
            each,
            boxes=each.boxes[:most],
            scores=each.scores[:most],
            class_ids=each.class_ids[:most],
        )
        for name, each in seen.images.items()
    }
    cost_model = CostModel(replayer, replace(seen, images=first_boxes), list(replayer.paths))
    return InputTrials(cost_model)


@pytest.mark.parametrize(
    ("most", "images"), [(1, 3), (2, 2), (3, 1)], ids=["one box", "two boxes", "three boxes"]
)
def test_several_images_are_tried_where_each_holds_few_boxes(
    replayer: Replayer, most: int, images: int
) -> None:
    trials = with_few_boxes(replayer, FAULTS["bgr"].inject_into(Pipeline()), most)
    first = trials.first_probes()
    assert len(first) == images
    truth = trials.try_input((FAULTS["bgr"],), first)
    assert truth.logits == pytest.approx(trials.wanted_logits(first), abs=1e-3)


def test_the_border_is_fitted_to_several_images(replayer: Replayer) -> None:
    trials = with_few_boxes(replayer, other_border(40).inject_into(Pipeline()), most=2)
    first = trials.first_probes()
    assert len(first) == 2
    plain = trials.try_input((), first)
    for level in ANCHORS:
        trials.try_input((other_border(level),), first)
    (found,) = fit_border(trials, [plain], first)
    assert [fault.fields for fault in found.faults] == [{"border"}]
    assert found.logits == pytest.approx(trials.wanted_logits(first), abs=1e-3)
