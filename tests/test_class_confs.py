"""Classes with confidence thresholds of their own."""

import re
from dataclasses import replace

import numpy as np
import pytest

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.fitting.class_confs import fit_class_confs
from parity.external.observations import NOTHING_DECLARED, Observed
from tests.observed import observing

NAMES = {0: "person", 27: "tie"}


def counted(seen: CostModel) -> int:
    """Return the number of observed boxes."""
    return sum(map(len, seen.observed.values()))


@pytest.mark.parametrize("confs", [((27, 0.2),), ((0, 0.1), (27, 0.3))])
def test_thresholds_of_classes_are_found(
    replayer: Replayer, confs: tuple[tuple[int, float], ...]
) -> None:
    truth = Pipeline(conf=0.02, class_confs=confs)
    seen = observing(replayer, truth)
    assert counted(seen) < counted(observing(replayer, Pipeline(conf=0.02)))
    found = fit_class_confs(seen, seen.correct.replace(conf=0.02), NAMES)
    assert found is not None
    assert {own for own, _ in found.class_confs} == {own for own, _ in confs}
    assert seen.reproduction(found).least == 1
    (named,) = [fault for fault in seen.faults(found) if fault.stage == "nms"]
    assert named.name == "own_class_confs"
    stated = re.search(r"([\d.]+) to ([\d.]+) for tie", named.wrong)
    assert stated, "a range, since boxes only bound a threshold"
    assert float(stated[1]) <= dict(confs)[27] <= float(stated[2])


def test_one_threshold_for_all_is_none_of_a_class(replayer: Replayer) -> None:
    seen = observing(replayer, Pipeline(conf=0.5))
    assert fit_class_confs(seen, seen.correct.replace(conf=0.5), NAMES) is None


def test_boxes_that_are_missing_at_random_need_no_threshold(replayer: Replayer) -> None:
    truth, names = Pipeline(conf=0.02), list(replayer.paths)
    given = observe(replayer, truth, names, declared=NOTHING_DECLARED)
    rng = np.random.default_rng(0)
    images = {}
    for name, each in given.images.items():
        kept = rng.random(len(each)) > 0.1
        boxes, scores, class_ids = each.boxes[kept], each.scores[kept], each.class_ids[kept]
        images[name] = Observed(boxes, scores, class_ids)
    seen = CostModel(replayer, replace(given, images=images), names)
    assert counted(seen) < counted(observing(replayer, truth))
    assert fit_class_confs(seen, truth, NAMES) is None
