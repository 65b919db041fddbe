"""Suppression that is given the first boxes of the output alone."""

import re

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
    (named,) = seen.faults(found)
    assert named.name == f"first_candidates_{limit}"
    stated = re.search(r"the first (\d+)(?: to (\d+))? boxes", named.title)
    assert stated
    low, high = int(stated[1]), int(stated[2] or stated[1])
    same = [
        number
        for number in range(2, limit + 20)
        if seen.misfit(seen.correct.replace(first_candidates=number)) == seen.misfit(found)
    ]
    assert (low, high) == (min(same), max(same)), "every number that the boxes allow"


def test_where_all_boxes_have_room_there_is_no_limit(replayer: Replayer) -> None:
    seen = observing(replayer, Pipeline())
    assert fit_first_candidates(seen, seen.correct) is None
