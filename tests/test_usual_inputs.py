"""Usual inputs are combinations of faults of the catalogue that can be together."""

from itertools import combinations

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.fault import all_faults
from parity.diagnosis.usual_inputs import USUAL, usual_inputs


def test_usual_inputs_are_faults_before_the_network_that_change_different_choices() -> None:
    found = list(usual_inputs(all_faults()))
    assert [tuple(fault.name for fault in faults) for faults in found] == list(USUAL)
    assert len({frozenset(names) for names in USUAL}) == len(USUAL)
    for faults in found:
        pipeline = Pipeline()
        for fault in faults:
            assert fault.precedes_output
            pipeline = fault.inject_into(pipeline)
        for one, other in combinations(faults, 2):
            assert not one.fields & other.fields, (one.name, other.name)
        assert all(fault.is_in(pipeline) for fault in faults)


def test_faults_that_are_not_possible_are_left_out() -> None:
    possible = [fault for fault in all_faults() if fault.name != "bgr"]
    assert all("bgr" not in {f.name for f in faults} for faults in usual_inputs(possible))
    assert list(usual_inputs([])) == []
