"""Suppression that is given the first boxes of the output alone."""

import pytest

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.fitting.first_candidates import fit_first_candidates
from tests.observed import observing


@pytest.mark.parametrize("limit", [20, 32])
def test_room_for_few_boxes_is_found(replayer: Replayer, limit: int) -> None:
    seen = observing(replayer, Pipeline(first_candidates=limit))
    found = fit_first_candidates(seen, seen.correct)
    assert found is not None
    assert found.first_candidates == limit
    assert [fault.name for fault in seen.faults(found)] == [f"first_candidates_{limit}"]


def test_where_all_boxes_have_room_there_is_no_limit(replayer: Replayer) -> None:
    seen = observing(replayer, Pipeline())
    assert fit_first_candidates(seen, seen.correct) is None
