"""What local search tries after the network."""

from itertools import product

import pytest

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.thresholds import POPULAR
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search import local_search
from parity.diagnosis.search.local_search import improve_locally, threshold_pairs
from tests.observed import observing


@pytest.fixture(scope="module")
def cost_model(replayer: Replayer) -> CostModel:
    """Return what knows the boxes of a correct deployment with thresholds of its own."""
    return observing(replayer, Pipeline(conf=0.2, iou=0.5))


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


@pytest.mark.parametrize(("conf", "crowded"), [(0.25, False), (0.001, True)])
def test_of_a_crowd_no_more_images_judge_than_needed(
    replayer: Replayer, monkeypatch: pytest.MonkeyPatch, conf: float, crowded: bool
) -> None:
    seen = observing(replayer, Pipeline(conf=conf, suppression="none"))
    wrong = seen.correct.replace(gain="none")
    judging: list[list[str]] = []

    def judge(_cost_model: CostModel, _best: Pipeline, _options: object, names: list[str]) -> list:
        judging.append(names)
        return []

    monkeypatch.setattr(local_search, "promising", judge)
    improve_locally(seen, wrong)
    worst = seen.worst_images(wrong, local_search.WORST_IMAGES)
    counts = [len(seen.observed[name]) for name in judging[0]]
    assert judging[0] == worst[: len(counts)]
    assert judging[1:] == ([seen.names] if len(counts) < len(seen.names) else [])
    assert sum(counts[:-1]) < local_search.CROWD
    assert (len(counts) < len(worst)) is crowded
    assert (sum(counts) >= local_search.CROWD) is crowded
