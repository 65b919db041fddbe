"""Scores that are cut to their last digit."""

from dataclasses import replace

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.diagnosis import CUT_SCORES, diagnose
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.cut_scores import are_scores_cut
from parity.external.observations import Declared, Observations


def printed(replayer: Replayer, *, cut: bool, faults: tuple[str, ...] = ()) -> Observations:
    """Return the boxes of a deployment, a correct one by default, with scores of two decimals."""
    declared = Declared(conf=0.25, iou=0.45)
    pipeline = Pipeline(conf=0.25, iou=0.45)
    for name in faults:
        pipeline = FAULTS[name].inject_into(pipeline)
    seen = observe(*(replayer, pipeline, list(replayer.paths)), declared=declared, score_decimals=6)
    shortened = np.floor if cut else np.round
    images = {
        name: replace(each, scores=shortened(each.scores * 100) / 100)
        for name, each in seen.images.items()
    }
    return replace(seen, images=images)


def test_cut_scores_are_told_from_rounded_ones(replayer: Replayer) -> None:
    for cut in (True, False):
        seen = printed(replayer, cut=cut)
        cost_model = CostModel(replayer, seen, list(replayer.paths))
        assert are_scores_cut(cost_model, cost_model.correct) is cut
        if cut:
            uncut = cost_model.with_uncut_scores()
            assert not are_scores_cut(uncut, uncut.correct)


def test_nothing_is_wrong_where_scores_are_cut(replayer: Replayer) -> None:
    found = diagnose(printed(replayer, cut=True), replayer, replayer.network.names)
    assert (found.verdict, found.faults) == ("nothing_wrong", ())
    assert CUT_SCORES in found.notes


def test_cut_scores_do_not_make_the_input_of_the_network_wrong(replayer: Replayer) -> None:
    names = replayer.network.names
    rounded, cut = (
        diagnose(printed(replayer, cut=cut, faults=("truncated",)), replayer, names)
        for cut in (False, True)
    )
    assert [fault.name for fault in cut.faults] == ["truncated"]
    assert cut.reproduced.exact == 1.0
    assert CUT_SCORES in cut.notes
    assert cut.network_runs <= rounded.network_runs, "other inputs were searched"
