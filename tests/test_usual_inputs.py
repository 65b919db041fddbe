"""Usual inputs are combinations of faults of the catalogue that can be together."""

from collections.abc import Iterable
from itertools import combinations

import pytest

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.fault import FAULTS, Fault, all_faults
from parity.diagnosis.search.fault_effects import turns_images
from parity.diagnosis.search.usual_inputs import (
    BESIDE_CROP,
    BESIDE_DRASTIC,
    BESIDE_TURNED,
    USUAL,
    drastic_inputs,
    inputs_beside,
    usual_inputs,
)


def test_usual_inputs_are_faults_before_the_network_that_change_different_choices() -> None:
    found = list(usual_inputs(all_faults()))
    assert [tuple(fault.name for fault in faults) for faults in found] == list(USUAL)
    assert len({frozenset(names) for names in USUAL}) == len(USUAL)
    assert_can_be_together(found)


def assert_can_be_together(found: Iterable[tuple[Fault, ...]]) -> None:
    for faults in found:
        pipeline = Pipeline()
        for fault in faults:
            assert fault.precedes_output
            pipeline = fault.inject_into(pipeline)
        for one, other in combinations(faults, 2):
            assert not one.fields & other.fields, (one.name, other.name)
        assert all(fault.is_in(pipeline) for fault in faults)


def test_what_leaves_little_to_be_seen_is_combined_with_what_changes_much() -> None:
    found = list(drastic_inputs(all_faults()))
    names = {tuple(fault.name for fault in faults) for faults in found}
    assert {("stretched", "imagenet"), ("padded_first", "symmetric_128")} <= names
    assert {("stretched", "reduced_0.25"), ("stretched", "axes_exchanged")} <= names
    assert len(names) == len(found)
    assert {faults[:-1] for faults in names} == set(BESIDE_DRASTIC)
    assert_can_be_together(found)


@pytest.mark.parametrize("turned", [fault.name for fault in all_faults() if turns_images(fault)])
def test_what_turns_the_image_is_combined_with_what_is_usual(turned: str) -> None:
    found = list(inputs_beside(FAULTS[turned], BESIDE_TURNED, all_faults()))
    names = {tuple(fault.name for fault in faults) for faults in found}
    assert names == {(turned, *others) for others in BESIDE_TURNED}
    assert_can_be_together(found)


@pytest.mark.parametrize("crop", ["cropped", "fitted", "covered", "covered_floored"])
def test_what_crops_the_image_is_combined_with_what_is_usual(crop: str) -> None:
    found = list(inputs_beside(FAULTS[crop], BESIDE_CROP, all_faults()))
    names = {tuple(fault.name for fault in faults) for faults in found}
    assert names == {(crop, *others) for others in BESIDE_CROP}
    assert_can_be_together(found)


def test_faults_that_are_not_possible_are_left_out() -> None:
    possible = [fault for fault in all_faults() if fault.name != "bgr"]
    assert all("bgr" not in {f.name for f in faults} for faults in usual_inputs(possible))
    assert list(usual_inputs([])) == []
