"""A diagnosis is written as a document that can be read again, with a title for every fault."""

from pathlib import Path
from typing import Any

import pytest

from parity.deployment.pipeline import Pipeline
from parity.detection.detection_files import Thresholds
from parity.diagnosis.attribution import LossAttribution
from parity.diagnosis.catalogue.class_ids import other_class_names
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.catalogue.thresholds import threshold_fault
from parity.diagnosis.diagnose_files import as_document
from parity.diagnosis.diagnosis import Diagnosis
from parity.diagnosis.document import (
    Alternative,
    BoxComparison,
    DiagnosisDocument,
    DrawnBoxes,
    FaultExample,
    FixEffect,
    Proof,
    Reproduction,
    Severity,
    ThresholdRange,
    Unexplained,
    WaterfallStep,
)
from parity.diagnosis.languages import LANGUAGES
from parity.diagnosis.search.alternatives import Explanation
from parity.documents import load, save
from parity.external.observations import Declared, Observations
from tests.fix_programs import VALUES

COMPARED = BoxComparison(10, 7, 3, 1, 0, 20.0, 0.1, 2.0, None, 0.7, {})
RENAMED = other_class_names({0: 3}, {}, {0: "person", 3: "motorcycle"})
NMSBOXES, RAISED = FAULTS["nmsboxes"], threshold_fault("conf", 0.5, None)
GREY, STRETCHED = FAULTS["grey"], FAULTS["stretched"]
BUS = DrawnBoxes([[1.0, 2.0, 3.0, 4.5]], [None], [0])
EXAMPLE = FaultExample("a.jpg", 40, 30, "renamed", (0.0, 0.0, 30.0, 22.0), BUS, BUS)
ABOUT = {"model": "m", "external": "mine", "export": "fp32", "reference": "pytorch-square"}


def diagnosis() -> Diagnosis:
    fixed = RAISED.inject_into(NMSBOXES.inject_into(Pipeline()))
    return Diagnosis(
        verdict="explained",
        faults=(RENAMED,),
        choices=(NMSBOXES, RAISED),
        proofs={RENAMED.name: Proof(explained=7)},
        pipeline=RENAMED.inject_into(fixed),
        fixed=fixed,
        thresholds={"conf": ThresholdRange(0.4, 0.6, 0.5, None)},
        reproduced=Reproduction(1.0, 1.0, 1.0, 0.0, 0.0),
        reproduced_by_correct=Reproduction(0.0, 1.0, 1.0, 0.0, 0.0),
        equivalents=(Explanation(GREY.inject_into(fixed), (GREY, NMSBOXES, RAISED), 0.0),),
        undecided=(STRETCHED,),
        unexplained_stages=("nms",),
        reasons=("Boxes are missing.",),
        readings=("The border is 114.",),
        ask=("Provide the scores.",),
        notes=(),
        images=("a.jpg",),
        network_runs=3,
        seconds=1.5,
        complete=True,
    )


def test_the_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    attribution = LossAttribution(
        FixEffect(1, Thresholds(0.5, 0.7, 300), COMPARED, COMPARED),
        (WaterfallStep(**vars(COMPARED), kind="fault", name="class_table", lost=0.3, share=1.0),),
        (),
        {RENAMED.name: Severity(renamed=3)},
        {RENAMED.name: EXAMPLE},
        Severity(lost=1),
    )
    observations = Observations({}, Declared(imgsz=(640, 480)), labels={10000: "cat"})
    names = {0: "person"}
    written = as_document(diagnosis(), attribution, observations, names, ABOUT, values=VALUES[0])
    save(tmp_path / "diagnosis.json", written)
    read = load(tmp_path / "diagnosis.json", DiagnosisDocument)
    assert read.faults[0].example == EXAMPLE
    assert read.faults[0].changes == {"class_ids": "table", "class_table": [[0, 3]]}
    assert read.pipeline == {
        "conf": 0.5,
        "overlap": "nmsboxes",
        "class_ids": "table",
        "class_table": [[0, 3]],
    }
    assert read.fixed == {"conf": 0.5, "overlap": "nmsboxes"}
    assert read.faults[0].proof == Proof(explained=7)
    assert read.faults[0].severity == Severity(renamed=3)
    assert read.unexplained == Unexplained(
        0.0, 0.0, ("nms",), Severity(lost=1), ("Boxes are missing.",)
    )
    assert read.thresholds == {"conf": ThresholdRange(0.4, 0.6, 0.5, None)}
    assert read.equivalents == (Alternative((GREY.name, NMSBOXES.name)),)
    assert read.network == "fp32"
    assert read.readings == ("The border is 114.",)
    assert read.first_difference == "nms"
    assert read.declared.imgsz == (640, 480)
    assert read.names == {0: "person"}
    assert read.labels == {10000: "cat"}
    assert read.waterfall == written.waterfall
    assert list(read.faults[0].fixes) == [*LANGUAGES]
    assert read.faults[0].run == ("python",)
    assert "3, by id" in read.faults[0].fixes["python"]


def test_every_fault_that_is_mentioned_has_a_title() -> None:
    attribution = LossAttribution(
        FixEffect(1, Thresholds(0.5, 0.7, 300), COMPARED, COMPARED),
        (),
        (),
        {RENAMED.name: Severity()},
        {RENAMED.name: None},
        Severity(),
    )
    titles = as_document(
        diagnosis(), attribution, Observations({}), {}, ABOUT, values=VALUES[0]
    ).titles
    assert titles == {
        fault.name: fault.title for fault in (RENAMED, NMSBOXES, RAISED, STRETCHED, GREY)
    }


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.45, 0.61, "0.45 to 0.61"),
        (0.25031, 0.41, "0.251 to 0.41"),  # not "0.25", which the boxes do not allow
        (0.25031, 0.25049, "0.2504"),
        (12.0, 12.0, "12"),
        (None, 0.3, "at most 0.3"),
        (1234.0, None, "at least 1234"),
        (None, None, "any value"),
    ],
)
def test_a_range_in_words_is_never_wider_than_it_is(
    low: float | None, high: float | None, words: str
) -> None:
    assert ThresholdRange(low, high, 0.5, None).in_words == words


@pytest.mark.parametrize(
    ("own", "harmless"),
    [({"box_px": 0.99}, True), ({"box_px": 1.0}, False), ({"lost": 1}, False), ({}, True)],
)
def test_harmless_is_what_loses_nothing_and_moves_no_box_by_a_px(
    own: dict[str, Any], harmless: bool
) -> None:
    assert Severity(**own).harmless is harmless
