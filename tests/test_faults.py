"""The catalogue: every fault is named once, explained, mended, and a deviation."""

import pytest

from parity.deployment.pipeline import Pipeline, deviations
from parity.diagnosis.catalogue.fault import STAGES, class_table, cover, threshold
from parity.diagnosis.catalogue.postprocessing import AFTER, ZERO_SIZE_NMSBOXES
from parity.diagnosis.catalogue.preprocessing import BEFORE

CATALOGUE = [*BEFORE, *AFTER]


def test_names_are_unique():
    assert len({fault.name for fault in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("fault", [*CATALOGUE, ZERO_SIZE_NMSBOXES], ids=lambda f: f.name)
def test_every_fault_is_complete(fault):
    assert fault.stage in STAGES
    assert fault.wrong.endswith(".")
    assert fault.mend.endswith(".")
    assert fault.code
    assert fault.reference == "" or fault.reference.startswith("https://")
    assert set(deviations(fault.apply(Pipeline()))) == fault.fields


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda f: f.name)
def test_a_fault_alone_is_named_by_itself(fault):
    named, cost = cover(fault.apply(Pipeline()), Pipeline(), CATALOGUE)
    assert [f.name for f in named] == [fault.name]
    assert cost == pytest.approx(fault.cost)


def test_the_simplest_name_wins():
    pipeline = Pipeline(fitting="stretch", gain="letterbox", offset="letterbox")
    named, _ = cover(pipeline, Pipeline(), CATALOGUE)
    assert [f.name for f in named] == ["stretched_letterbox_back"]


def test_a_threshold_of_which_nothing_is_said_is_no_fault():
    assert threshold("conf", 0.5, None).is_choice
    assert not threshold("conf", 0.5, 0.25).is_choice


def test_a_table_of_classes_says_who_is_called_what():
    fault = class_table({0: 10000, 2: 2}, {10000: "pedestrian"}, {0: "person", 2: "car"})
    assert "person is called pedestrian" in fault.wrong
    assert "car is called" not in fault.wrong
