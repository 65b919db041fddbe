"""The catalogue: every fault is explained for people, and registers itself."""

import re

import pytest

from parity.deployment.pipeline import BEFORE_OUTPUT, Pipeline, deviations
from parity.diagnosis.catalogue.class_ids import other_class_names
from parity.diagnosis.catalogue.fault import FAULTS, Fault, add_fault, all_faults
from parity.diagnosis.catalogue.geometry import RECTANGLE, SQUARE
from parity.diagnosis.catalogue.nms import ZERO_SIZE_NMSBOXES
from parity.diagnosis.catalogue.output import on_canvas, output_shift
from parity.diagnosis.catalogue.rescaling import input_shift
from parity.diagnosis.catalogue.thresholds import threshold_fault
from parity.diagnosis.evaluation.injection import find_faults, injectable_faults
from parity.diagnosis.evidence.cheapest_faults import cheapest_faults
from parity.diagnosis.fixes.fix import FIXES
from parity.diagnosis.search.local_search import LEAST_GAIN
from parity.diagnosis.stages import FAULT_STAGES
from parity.registry import Registry

CATALOGUE = all_faults()
SPECIAL = [ZERO_SIZE_NMSBOXES, RECTANGLE, SQUARE]


@pytest.mark.parametrize("fault", [*CATALOGUE, *SPECIAL], ids=lambda f: f.name)
def test_every_fault_is_complete(fault):
    assert fault.stage in FAULT_STAGES
    for sentence in (fault.wrong, fault.fix):
        assert sentence[0].isupper() or sentence.startswith("x and y")
        assert sentence.endswith(".")
    assert not fault.title.endswith(".")
    assert fault.subjects
    assert set(fault.subjects) <= set(FIXES)
    assert fault.reference == "" or fault.reference.startswith("https://")
    assert fault.precedes_output == bool(fault.fields & set(BEFORE_OUTPUT))


@pytest.mark.parametrize("fault", [*CATALOGUE, ZERO_SIZE_NMSBOXES], ids=lambda f: f.name)
def test_every_fault_is_a_deviation(fault):
    assert set(deviations(fault.inject_into(Pipeline()))) == fault.fields


def test_people_can_tell_faults_apart():
    titles = [fault.title for fault in [*CATALOGUE, *SPECIAL]]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("fault", [*CATALOGUE, *SPECIAL], ids=lambda f: f.name)
def test_what_is_meant_is_said_before_what_a_library_calls_it(fault):
    library = re.compile(r"cv2|Pillow|OpenCV|torch|numpy")
    assert not library.search(fault.title)
    for sentence in (fault.wrong, fault.fix):
        assert "cv2." not in sentence
        before, *after = library.split(sentence)
        assert not after or len(before.split()) > 5


def test_faults_come_in_the_order_of_the_stages():
    stages = [FAULT_STAGES.index(fault.stage) for fault in CATALOGUE]
    assert stages == sorted(stages)


def test_a_fault_needs_no_other_edit(monkeypatch: pytest.MonkeyPatch):
    faults: Registry[Fault] = Registry("fault")
    for fault in CATALOGUE:
        faults.add(fault.name, fault)
    for module in ("catalogue.fault", "evaluation.injection"):
        monkeypatch.setattr(f"parity.diagnosis.{module}.FAULTS", faults)
    add_fault(
        "quality_10",
        stage="reading",
        title="Image recompressed as JPEG (quality 10)",
        changes={"jpeg_quality": 10},
        wrong="The image is compressed again as JPEG (quality 10) before detection.",
        fix="Pass on the original file or its decoded pixels.",
    )
    (dummy,) = find_faults(["quality_10"])
    assert dummy in injectable_faults()
    assert cheapest_faults(dummy.inject_into(Pipeline()), Pipeline(), all_faults())[0] == [dummy]
    assert dummy.name not in FAULTS
    with pytest.raises(ValueError, match="two faults called bgr"):
        faults.add("bgr", FAULTS["bgr"])


def test_a_threshold_that_is_not_declared_is_no_fault():
    undeclared, contradicted = (threshold_fault("conf", 0.5, said) for said in (None, 0.25))
    assert undeclared.is_choice
    assert not contradicted.is_choice
    assert contradicted.title == "Confidence threshold 0.5 instead of 0.25"


def test_another_list_of_class_names_says_who_is_called_what():
    fault = other_class_names({0: 10000, 2: 2}, {10000: "pedestrian"}, {0: "person", 2: "car"})
    assert "person is called pedestrian" in fault.wrong
    assert "car is called" not in fault.wrong


def test_a_fitted_fault_that_the_catalogue_has_is_that_fault():
    assert input_shift((0.5, 0.5, 1, 1)) is FAULTS["half_input_px_added"]
    assert output_shift((0, 0, 1, 1)) is FAULTS["one_px_added_to_sides"]
    assert on_canvas("canvas", None) is FAULTS["px_of_canvas"]
    assert on_canvas("canvas", (100, 100)) is FAULTS["per_cent"]
    assert on_canvas("canvas", (300, 500)).name not in FAULTS


def test_a_shift_is_told_by_what_is_added_to_the_sides():
    fault = output_shift((0.25, 0, 0.25, -2))
    assert fault.title == "Boxes moved in the image (left +0.25, height -2 px)"
    assert fault.inject_into(Pipeline()).output_shift == (0.25, 0, 0.25, -2)


@pytest.mark.parametrize("rule", ["rounded", "truncated", "sides_rounded", "sides_truncated"])
def test_of_two_frames_that_images_of_the_input_size_share_that_of_the_image_is_named(
    rule: str,
) -> None:
    in_input = next(f for f in FAULTS.values() if dict(f.changes) == {"whole_input_px": rule})
    in_image = next(f for f in FAULTS.values() if dict(f.changes) == {"integers": rule})
    assert in_input.cost >= in_image.cost + LEAST_GAIN
