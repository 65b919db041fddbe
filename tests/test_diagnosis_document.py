"""A diagnosis is written as a document that can be read again, with a title for every fault."""

from pathlib import Path

from parity.deployment.pipeline import Pipeline
from parity.detection.detection_files import Thresholds
from parity.diagnosis.alternatives import Explanation
from parity.diagnosis.attribution import LossAttribution
from parity.diagnosis.catalogue.class_ids import other_class_names
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.catalogue.thresholds import threshold_fault
from parity.diagnosis.diagnose_files import as_document
from parity.diagnosis.diagnosis import Diagnosis
from parity.diagnosis.document import (
    BoxComparison,
    DiagnosisDocument,
    FixEffect,
    Reproduction,
    WaterfallStep,
)
from parity.diagnosis.languages import LANGUAGES
from parity.documents import load, save
from parity.external.observations import Declared, Observations
from tests.fix_programs import VALUES

COMPARED = BoxComparison(10, 7, 3, 1, 0, 20.0, 0.1, 2.0, None, 0.7)
RENAMED = other_class_names({0: 3}, {}, {0: "person", 3: "motorcycle"})
NMSBOXES, RAISED = FAULTS["nmsboxes"], threshold_fault("conf", 0.5, None)
GREY, STRETCHED = FAULTS["grey"], FAULTS["stretched"]
ABOUT = {"model": "m", "external": "mine", "export": "fp32", "reference": "pytorch-square"}


def diagnosis() -> Diagnosis:
    fixed = RAISED.inject_into(NMSBOXES.inject_into(Pipeline()))
    return Diagnosis(
        verdict="named",
        faults=(RENAMED,),
        choices=(NMSBOXES, RAISED),
        pipeline=RENAMED.inject_into(fixed),
        fixed=fixed,
        reproduced=Reproduction(1.0, 1.0, 1.0, 0.0, 0.0),
        reproduced_by_correct=Reproduction(0.0, 1.0, 1.0, 0.0, 0.0),
        runner_up=Explanation(GREY.inject_into(fixed), (GREY, NMSBOXES), 3.00049),
        equivalents=(Explanation(Pipeline(), (), 0.0),),
        undecided=(STRETCHED,),
        first_difference="class_ids",
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
        {"class_table": 0.7},
        (),
    )
    observations = Observations({}, Declared(imgsz=(640, 480)), labels={10000: "cat"})
    names = {0: "person"}
    written = as_document(diagnosis(), attribution, observations, names, ABOUT, values=VALUES[0])
    save(tmp_path / "diagnosis.json", written)
    read = load(tmp_path / "diagnosis.json", DiagnosisDocument)
    assert read.faults[0].changes == {"class_ids": "table", "class_table": [[0, 3]]}
    assert read.pipeline == {
        "conf": 0.5,
        "overlap": "nmsboxes",
        "class_ids": "table",
        "class_table": [[0, 3]],
    }
    assert read.fixed == {"conf": 0.5, "overlap": "nmsboxes"}
    assert read.runner_up is not None
    assert read.runner_up.margin == 3.0
    assert read.declared.imgsz == (640, 480)
    assert read.names == {0: "person"}
    assert read.labels == {10000: "cat"}
    assert read.waterfall == written.waterfall
    assert list(read.faults[0].fixes) == [*LANGUAGES]
    assert read.faults[0].run == ("python",)
    assert "3, by id" in read.faults[0].fixes["python"]


def test_every_fault_that_is_mentioned_has_a_title() -> None:
    attribution = LossAttribution(
        FixEffect(1, Thresholds(0.5, 0.7, 300), COMPARED, COMPARED), (), {}, ()
    )
    titles = as_document(
        diagnosis(), attribution, Observations({}), {}, ABOUT, values=VALUES[0]
    ).titles
    assert titles == {
        fault.name: fault.title for fault in (RENAMED, NMSBOXES, RAISED, STRETCHED, GREY)
    }
