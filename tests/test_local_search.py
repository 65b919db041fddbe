"""What local search tries after the network."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.thresholds import POPULAR
from parity.diagnosis.cost import CostModel
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.local_search import improve_locally, threshold_pairs
from parity.external.observations import NOTHING_DECLARED


@pytest.fixture(scope="module")
def cost_model(yolo11n_onnx: Path) -> CostModel:
    """Return what knows the boxes of a correct deployment with thresholds of its own."""
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    replayer = Replayer(network, find_samples())
    names = list(replayer.paths)
    seen = observe(replayer, Pipeline(conf=0.2, iou=0.5), names, declared=NOTHING_DECLARED)
    return CostModel(replayer, seen, names)


def test_thresholds_are_changed_together_where_boxes_score_too_little(
    cost_model: CostModel,
) -> None:
    lowest = min(float(seen.scores.min()) for seen in cost_model.observed.values() if len(seen))
    assert 0.2 <= lowest < 0.25
    begun = cost_model.correct.replace(conf=0.25, iou=0.7)
    pairs = {(p.conf, p.iou) for p in threshold_pairs(cost_model, begun)}
    assert pairs == set(product(sorted({p for p, _ in pairs}), {*POPULAR["iou"], 0.7}))
    assert (0.2, 0.5) in pairs
    assert all(conf <= lowest for conf, _ in pairs)
    assert not list(threshold_pairs(cost_model, begun.replace(conf=0.2)))


def test_a_correct_deployment_is_reproduced_from_other_thresholds(cost_model: CostModel) -> None:
    found = improve_locally(cost_model, cost_model.correct.replace(conf=0.25, iou=0.7))
    assert cost_model.reproduction(found).exact == 1
    assert cost_model.reproduction(found).predicted == 1
