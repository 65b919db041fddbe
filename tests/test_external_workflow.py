"""Boxes from elsewhere in the workflow: what is found, and what reruns after which change."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity.detection.detection_files import NOT_LISTED
from parity.diagnosis.document import DiagnosisDocument
from parity.documents import load
from parity.files import read_json
from tests.conftest import PHOTOS, Workflow

pytestmark = pytest.mark.slow

OWN = PHOTOS | {"annotate": 2, "browse": 2, "sweep": None}
FAULTY = {"inject": ["bgr", "border_not_removed"]}
MINE = {"detections": "mine.json", "conf": 0.25, "iou": 0.45}
BOTH = {"external": {"faulty": FAULTY, "mine": MINE}}
INJECTED = "results/inject/yolo11n/faulty.json"
SILENT = "zidane.jpg"

AFTER_RESULTS = {"plot", "annotate", "browse", "write_report", "verdict"}
AFTER_BOXES = {"detect_external", "compare", "summarise", "diagnose", "plot_diagnosis"}
DIAGNOSIS = {"inject", "detect_external", "diagnose", "plot_diagnosis"}


def boxes_of(project: Workflow) -> dict[str, Any]:
    return json.loads((project.root / "mine.json").read_text())


def write_boxes(project: Workflow, document: dict[str, Any]) -> None:
    (project.root / "mine.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def diagnosed(finished: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Return a project in which two deployments were diagnosed; one states nothing of an image."""
    project = finished.copy(tmp_path_factory.mktemp("external") / "project")
    (project.root / "photos" / "street" / "bus.jpg").unlink()
    made = project.run(INJECTED, config=OWN | {"external": {"faulty": FAULTY}})
    assert made.returncode == 0, made.output
    document = json.loads((project.root / INJECTED).read_text())
    document["images"].remove(SILENT)
    kept = [entry for entry in document["detections"] if entry["image"] != SILENT]
    write_boxes(project, document | {"detections": kept})
    result = project.run(config=OWN | BOTH)
    assert result.returncode == 0, result.output
    assert DIAGNOSIS - {"inject"} <= result.rules
    return project


@pytest.fixture
def project(diagnosed: Workflow, tmp_path: Path) -> Workflow:
    """Return a copy of the finished project that a test may change."""
    return diagnosed.copy(tmp_path / "project")


def diagnosis_of(project: Workflow, external: str) -> DiagnosisDocument:
    return load(project.root / f"results/diagnose/yolo11n/{external}.json", DiagnosisDocument)


def results_of(project: Workflow) -> dict[str, Any]:
    return read_json(
        project.root / "results/summarise/yolo11n/comparison_results.json", "results/1"
    )


@pytest.mark.parametrize("external", ["faulty", "mine"])
def test_the_faults_are_named_and_without_them_nothing_is_left(
    diagnosed: Workflow, external: str
) -> None:
    diagnosis = diagnosis_of(diagnosed, external)
    assert diagnosis.verdict == "named"
    assert {fault.name for fault in diagnosis.faults} == set(FAULTY["inject"])
    before, after = diagnosis.fix_effect.before, diagnosis.fix_effect.after
    assert before.panoptic_quality < 0.95
    assert before.box_px is not None
    assert before.box_px > 1
    assert after.missing == after.extra == after.flipped == 0
    assert after.box_px is not None
    assert after.box_px <= 0.01
    assert after.score is not None
    assert after.score <= 1e-4
    assert sum(step.share or 0 for step in diagnosis.waterfall) == pytest.approx(1)
    assert diagnosis.waterfall[-1].share == pytest.approx(0, abs=0.01), "all is explained"
    assert diagnosis.examples


def test_what_is_not_stated_is_no_difference(diagnosed: Workflow) -> None:
    assert SILENT not in diagnosis_of(diagnosed, "mine").images
    files = (diagnosed.root / "results/compare/yolo11n/external-mine").glob("*.json")
    records = [r for path in files for r in read_json(path, "comparison/1")["images"]]
    (silent,) = [record for record in records if record["name"] == SILENT]
    assert silent["reasons"][1] == NOT_LISTED
    assert not silent["missing"]
    results = results_of(diagnosed)
    assert results["images_unreadable"] == 1, "the torn one alone"
    assert results["comparisons"]["external-mine"]["unread"] == 0
    row = next(row for row in results["images"] if row["name"] == SILENT)
    assert row["not_stated"] == ["external-mine"]


def test_the_report_tells_what_is_wrong_and_shows_it(diagnosed: Workflow) -> None:
    report = (diagnosed.root / "results/report/analysis_report.md").read_text()
    page = (diagnosed.root / "results/report/index.html").read_text()
    for text in (report, page):
        assert "Diagnosis" in text
        for fault in diagnosis_of(diagnosed, "faulty").faults:
            assert fault.title in text
            assert fault.fix.split(";")[0].split("'")[0] in text
            assert fault.fixes["python"].splitlines()[0].split("&")[0].split("<")[0] in text
    drawn = (diagnosed.root / "results/plot_diagnosis/yolo11n").glob("*.jpg")
    shown = list((diagnosed.root / "results/report/files/yolo11n").glob("plot_diagnosis_*.jpg"))
    assert {path.read_bytes() for path in shown} == {path.read_bytes() for path in drawn}
    assert len(shown) == 2
    assert all(f"files/yolo11n/{path.name}" in page for path in shown)


def leave(project: Workflow) -> None:
    pass


def drop_a_box(project: Workflow) -> None:
    document = boxes_of(project)
    write_boxes(project, document | {"detections": document["detections"][1:]})


def touch_boxes(project: Workflow) -> None:
    (project.root / "mine.json").touch()


@pytest.mark.parametrize(
    ("change", "own", "expected"),
    [
        pytest.param(leave, {}, set(), id="nothing"),
        pytest.param(touch_boxes, {}, set(), id="the file touched"),
        pytest.param(drop_a_box, {}, AFTER_BOXES | AFTER_RESULTS, id="a box less"),
        pytest.param(
            leave,
            {"conf": 0.5},
            {"diagnose", "plot_diagnosis", "write_report", "verdict"},
            id="another declaration",
        ),
        pytest.param(
            leave,
            {"tolerances": {"box_px": 9}},
            {"summarise"} | AFTER_RESULTS,
            id="another tolerance",
        ),
        pytest.param(
            leave, {"box_format": "xyxy"}, AFTER_BOXES | AFTER_RESULTS, id="another format"
        ),
    ],
)
def test_reruns_what_a_change_touches(
    project: Workflow,
    change: Callable[[Workflow], None],
    own: dict[str, Any],
    expected: set[str],
) -> None:
    change(project)
    result = project.dry_run(config=OWN | {"external": {"faulty": FAULTY, "mine": MINE | own}})
    assert result.rules == expected, result.output
    if "compare" in expected:
        batches = len(list((project.root / "results/compare/yolo11n/external-mine").iterdir()))
        assert result.jobs["compare"] == batches, "of the one comparison"
    assert result.jobs["diagnose"] == int("diagnose" in expected), "of the one deployment"


def test_without_the_section_there_is_no_job(diagnosed: Workflow) -> None:
    left = diagnosed.dry_run(config=OWN | {"external": {}})
    assert left.rules == {"summarise"} | AFTER_RESULTS


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('[{"image": "bus.jpg", "box": [1, 2, 3], "score": 1, "label": "bus"}]', "four numbers"),
        ('[{"image": "no.jpg", "box": [1, 2, 3, 4], "label": "bus"}]', "names none of the images"),
        ("[", "not valid JSON at line 1"),
    ],
)
def test_a_malformed_file_gets_a_sentence(project: Workflow, content: str, sentence: str) -> None:
    (project.root / "mine.json").write_text(content)
    result = project.run(config=OWN | BOTH)
    assert result.returncode == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_published_deployment_runs_through_all_rules(
    shared: Path, finished: Workflow, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path / "project")
    brought = shared / "data" / "deployments" / "b_gain.json"
    listed = json.loads(brought.read_text())["images"]
    shutil.rmtree(project.root / "photos")
    for name in listed:
        target = project.root / "photos" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared / "data" / name, target)
    external = {"theirs": {"detections": str(brought)}}
    target = "results/diagnose/yolo11n/theirs.json"
    config = OWN | {"external": external, "images_per_job": "auto"}
    result = project.run(target, "results/plot_diagnosis/yolo11n/theirs.jpg", config=config)
    assert result.returncode == 0, result.output
    diagnosis = diagnosis_of(project, "theirs")
    assert diagnosis.verdict == "named"
    assert {"gain_of_height", "sides_truncated"} <= {fault.name for fault in diagnosis.faults}
    assert diagnosis.images_stated == len(listed)
    effect = diagnosis.fix_effect
    assert effect.thresholds.conf == 0.5, "a threshold of its own is no fault"
    assert effect.after.panoptic_quality > 0.999
    assert effect.before.panoptic_quality < 0.9
