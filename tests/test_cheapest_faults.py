"""A pipeline is named by the cheapest faults that make it."""

import pytest

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.fault import all_faults
from parity.diagnosis.evidence.cheapest_faults import UNNAMED_CHOICE, cheapest_faults

CATALOGUE = all_faults()


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda f: f.name)
def test_a_fault_alone_is_named_by_itself(fault):
    named, cost = cheapest_faults(fault.inject_into(Pipeline()), Pipeline(), CATALOGUE)
    assert named == [fault]
    assert cost == pytest.approx(fault.cost)


def test_the_simplest_name_wins():
    pipeline = Pipeline(fitting="stretch", gain="letterbox", offset="letterbox")
    named, _ = cheapest_faults(pipeline, Pipeline(), CATALOGUE)
    assert [f.name for f in named] == ["stretched_letterbox_back"]


def test_what_no_fault_explains_has_its_price():
    named, cost = cheapest_faults(Pipeline(codec="pillow"), Pipeline(), CATALOGUE)
    assert named == []
    assert cost == UNNAMED_CHOICE


def test_what_no_fault_explains_hides_no_other() -> None:
    pipeline = Pipeline(codec="pillow", fitting="pad_first", class_ids="plus_one")
    named, cost = cheapest_faults(pipeline, Pipeline(), CATALOGUE)
    assert [f.name for f in named] == ["padded_first", "class_plus_one"]
    assert cost == UNNAMED_CHOICE + sum(f.cost for f in named)


def test_what_another_choice_makes_moot_costs_nothing() -> None:
    left_over = Pipeline(class_ids="plus_one", class_table=((3, 4),))
    named, cost = cheapest_faults(left_over, Pipeline(), CATALOGUE)
    assert [f.name for f in named] == ["class_plus_one"]
    assert cost == named[0].cost
