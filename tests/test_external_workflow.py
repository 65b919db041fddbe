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
CORRECT = {"inject": [], "conf": 0.5, "iou": 0.7}
ROUNDED = {
    "declared": {"detections": "rounded.json", "conf": 0.5, "iou": 0.7},
    "undeclared": {"detections": "rounded.json"},
}
"""A correct deployment at its own threshold, with boxes rounded to 0.1 px and 0.01 in score."""
ALL = {"external": {"faulty": FAULTY, "mine": MINE, **ROUNDED}}
GATED = {"gate": [f"external-{name}" for name in ROUNDED]}
INJECTED = "results/inject/yolo11n/{}.json"
SILENT = "zidane.jpg"

AFTER_RESULTS = {"plot", "annotate", "browse", "write_report", "verdict", "gate"}
AFTER_DIAGNOSIS = {"diagnose", "plot_diagnosis", "detect_control", "compare_external", "summarise"}
AFTER_BOXES = {"detect_external"} | AFTER_DIAGNOSIS
DIAGNOSIS = {"inject", "detect_external", "diagnose", "plot_diagnosis", "detect_control"}


def boxes_of(project: Workflow) -> dict[str, Any]:
    return json.loads((project.root / "mine.json").read_text())


def write_boxes(project: Workflow, document: dict[str, Any]) -> None:
    (project.root / "mine.json").write_text(json.dumps(document))


def rounded(document: dict[str, Any]) -> dict[str, Any]:
    """Return boxes rounded to 0.1 px and 0.01 in score, without what states any threshold."""
    entries = [
        entry
        | {
            "box": [round(side, 1) for side in entry["box"]],
            "score": round(entry["score"], 2),
        }
        for entry in document["detections"]
    ]
    return {"images": document["images"], "detections": entries}


@pytest.fixture(scope="module")
def diagnosed(finished: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Return a project in which deployments were diagnosed; one states nothing of an image."""
    project = finished.copy(tmp_path_factory.mktemp("external") / "project")
    (project.root / "photos" / "street" / "bus.jpg").unlink()
    ran = {"faulty": FAULTY, "correct": CORRECT}
    targets = [INJECTED.format(name) for name in ran]
    made = project.run(*targets, config=OWN | {"external": ran})
    assert made.returncode == 0, made.output
    document, correct = (json.loads((project.root / path).read_text()) for path in targets)
    document["images"].remove(SILENT)
    kept = [entry for entry in document["detections"] if entry["image"] != SILENT]
    write_boxes(project, document | {"detections": kept})
    (project.root / "rounded.json").write_text(json.dumps(rounded(correct)))
    result = project.run(config=OWN | ALL | GATED)
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
    assert diagnosis.verdict == "explained"
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
    drawn = list((diagnosed.root / "results/plot_diagnosis/yolo11n").rglob("*.jpg"))
    shown = list((diagnosed.root / "results/report/files/yolo11n").glob("plot_diagnosis_*.jpg"))
    assert {path.read_bytes() for path in shown} == {path.read_bytes() for path in drawn}
    assert len(shown) == len(drawn) == 4 * len(ALL["external"]), "two schemes, wide and narrow"
    assert all(f"files/yolo11n/{path.name}" in page for path in shown)


@pytest.mark.parametrize("external", ROUNDED)
def test_a_correct_deployment_passes_at_its_own_threshold_although_it_rounds(
    diagnosed: Workflow, external: str
) -> None:
    diagnosis, results = diagnosis_of(diagnosed, external), results_of(diagnosed)
    assert not diagnosis.faults
    assert diagnosis.fix_effect.thresholds.conf == 0.5
    compared = results["comparisons"][f"external-{external}"]
    assert compared["passed"], compared
    assert compared["matched"] > 5
    assert compared["missing"] == compared["extra"] == 0
    assert compared["rounding"] == pytest.approx({"box_px": 0.05, "score": 0.005})
    assert 0.01 < compared["box_px"] <= 0.06, "rounding alone would have failed it"
    control = results["arms"][compared["reference"]]["made_by"]
    assert control["thresholds"]["conf"] == 0.5
    kinds = {step.kind: step for step in diagnosis.waterfall}
    assert kinds["rounding"].share == pytest.approx(1, abs=0.01)
    assert kinds["unexplained"].share == pytest.approx(0, abs=0.01)


def test_a_wrong_one_still_fails(diagnosed: Workflow) -> None:
    compared = results_of(diagnosed)["comparisons"]
    assert not compared["external-faulty"]["passed"]
    assert not compared["external-mine"]["passed"]


def test_report_and_page_name_the_rounding_beside_the_tolerance(diagnosed: Workflow) -> None:
    said = "0.01 px + 0.05 px of rounding and 0.0001 in score + 0.005 of rounding"
    assert said in (diagnosed.root / "results/report/analysis_report.md").read_text()
    assert said in (diagnosed.root / "results/report/index.html").read_text()
    verdict = (diagnosed.root / "logs/verdict/verdict.log").read_text()
    assert "`external-undeclared` passes" not in verdict, "the diagnosis says so already"


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
            AFTER_DIAGNOSIS | AFTER_RESULTS,
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
    result = project.dry_run(
        config=OWN | GATED | {"external": ALL["external"] | {"mine": MINE | own}}
    )
    assert result.rules == expected, result.output
    if "compare_external" in expected:
        batches = len(list((project.root / "results/compare/yolo11n/external-mine").iterdir()))
        assert result.jobs["compare_external"] == batches, "of the one comparison"
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
    result = project.run(config=OWN | ALL | GATED)
    assert result.returncode == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_what_cannot_be_read_costs_its_own_diagnosis(project: Workflow) -> None:
    (project.root / "tensors").mkdir()
    (project.root / "tensors" / "bus.npy").write_text("torn")
    torn = {"torn": MINE | {"raw_outputs": "tensors"}}
    result = project.run(config=OWN | GATED | {"external": ALL["external"] | torn})
    assert result.returncode == 1, "the verdict fails, after the report"
    assert "The exit code is 1, because `torn` cannot be diagnosed" in result.output
    said = "cannot be diagnosed: tensors/bus.npy is not an array"
    assert said in (project.root / "results/report/analysis_report.md").read_text()
    page = (project.root / "results/report/index.html").read_text()
    assert said in page.replace("</b>", "")
    assert diagnosis_of(project, "mine").faults


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
    assert diagnosis.verdict == "explained"
    assert {"gain_of_height", "sides_truncated"} <= {fault.name for fault in diagnosis.faults}
    assert diagnosis.images_stated == len(listed)
    effect = diagnosis.fix_effect
    assert effect.thresholds.conf == 0.5, "a threshold of its own is no fault"
    assert effect.after.panoptic_quality > 0.999
    assert effect.before.panoptic_quality < 0.9
