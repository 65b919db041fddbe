"""The section on effects: what it says of a deployment that PyTorch cannot follow all the way."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.detection.detection_files import Thresholds
from parity.reporting.views.effects import below_floor
from tests.synthetic import PERSON, comparison, make_run

SETTINGS = {"external-mine": comparison("external", "pytorch-as-mine", "external-mine")}


@pytest.mark.parametrize(("conf", "said"), [(0.001, True), (0.01, False), (0.5, False)])
def test_boxes_below_what_is_stored_are_said_not_to_be_compared(
    tmp_path: Path, conf: float, said: bool
) -> None:
    arms = {arm: {"one.png": [PERSON]} for arm in ("pytorch-as-mine", "external-mine")}
    results = make_run(tmp_path, arms, settings=SETTINGS).load()
    control = results.arms["pytorch-as-mine"]
    made_by = replace(control.made_by, thresholds=Thresholds(conf, 0.7, 300), floor=0.01)
    results.arms["pytorch-as-mine"] = replace(control, made_by=made_by)
    expected = (
        "external-mine keeps boxes that score above 0.001, but PyTorch's are stored only above "
        "0.01 (candidates.floor); what scores less was not compared. Lower the floor to compare "
        "it."
    )
    assert list(below_floor(results)) == [expected] * said
