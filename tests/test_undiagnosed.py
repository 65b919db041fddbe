"""Boxes that cannot be read any more when a run reads them: the report is written, and says so."""

from pathlib import Path

import cv2
import pytest

from parity.detection.detection_files import DetectionBatch, MadeBy, Thresholds
from parity.diagnosis.diagnose_files import diagnose_files
from parity.diagnosis.document import Undiagnosed, load_diagnosis, thresholds_of_deployment
from parity.documents import load, save
from parity.external.observations import Declared, Known
from parity.reporting.diagnosis_verdict import state_of, verdict_sentence
from parity.reporting.figures.diagnosis import write_diagnosis_figure
from parity.reporting.run_verdict import RunVerdict
from parity.reporting.views.blocks import Text
from parity.reporting.views.diagnosis import blocks_of
from scripts.verdict import main

REASON = "boxes.json, entry 3: names no class (class_id or label)."
ABOUT = {"model": "m", "external": "mine", "export": "fp32", "reference": "pytorch-square"}
SENTENCE = f"`mine` cannot be diagnosed: {REASON}"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Return what ``diagnose`` writes where the boxes could not be read."""
    made_by = MadeBy("external-mine", {0: "person"}, unread=REASON)
    save(tmp_path / "detections.json", DetectionBatch(made_by, []))
    control = MadeBy("pytorch-square", {0: "person"}, Thresholds(0.25, 0.7, 300))
    save(tmp_path / "control.json", DetectionBatch(control, []))
    diagnose_files(
        {"fp32": "no.onnx"},
        {
            "detections": [str(tmp_path / "detections.json")],
            "controls": [str(tmp_path / "control.json")],
        },
        Known(Declared(conf=0.5)),
        about=ABOUT,
        iou=0.5,
        threads=1,
        destination=tmp_path / "mine.json",
        seconds=tmp_path / "seconds.json",
    )
    assert (tmp_path / "seconds.json").is_file()
    return tmp_path / "mine.json"


def test_the_reason_is_the_answer(written: Path) -> None:
    found = load_diagnosis(written)
    assert found == Undiagnosed(**ABOUT, thresholds=Thresholds(0.5, 0.7, 300), reason=REASON)
    assert thresholds_of_deployment(found).conf == 0.5
    assert verdict_sentence(found) == SENTENCE
    assert list(blocks_of(found, "mine.jpg", "mine")) == [Text(REASON)]


def test_the_figure_is_the_sentence(written: Path, tmp_path: Path) -> None:
    write_diagnosis_figure(written, [], tmp_path / "mine.jpg")
    drawn = cv2.imread(str(tmp_path / "mine.jpg"))
    assert drawn is not None
    assert drawn.min() < 100 < drawn.max()


def test_the_verdict_fails(written: Path, tmp_path: Path) -> None:
    destination = tmp_path / "verdict.json"
    main(
        results=[],
        diagnoses=[str(written)],
        accuracies=[],
        report="r.md",
        destination=str(destination),
    )
    found = load(destination, RunVerdict)
    assert found.verdict == "fail"
    assert found.answers.exit_code == 1
    assert SENTENCE in found.answers.lines
    assert found.problems == ("`mine`, which cannot be diagnosed",)


def test_a_network_whose_deployments_are_not_diagnosed_fails_nothing(tmp_path: Path) -> None:
    reason = "deployments of RT-DETR are compared with the reference but not diagnosed."
    told = Undiagnosed(**ABOUT, thresholds=Thresholds(0.5, 0.7, 300), reason=reason, by_design=True)
    assert state_of(told) == "unknown"
    assert verdict_sentence(told) == f"`mine` is not diagnosed: {reason}"
    save(tmp_path / "mine.json", told)
    destination = tmp_path / "verdict.json"
    main(
        results=[],
        diagnoses=[str(tmp_path / "mine.json")],
        accuracies=[],
        report="r.md",
        destination=str(destination),
    )
    found = load(destination, RunVerdict)
    assert (found.verdict, found.answers.exit_code, found.problems) == ("nothing compared", 0, ())
