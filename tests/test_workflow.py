"""The workflow itself: what a run gives, and which rules rerun after which edit."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from parity.data.sample_images import find_samples
from parity.reporting.hooks.last_words import INTERRUPTED
from tests.conftest import PHOTOS, RUNTIME_FLOOR, Workflow

VERDICT = {"summarise", "plot", "annotate", "browse", "write_report", "verdict", "gate"}
SWEEP = {"sweep", "tune", "plot_sweep"}
AFTER_DETECTION = {"compare"} | SWEEP | VERDICT
AFTER_THRESHOLDS = {"detect_pytorch", "detect_onnx"} | AFTER_DETECTION
AFTER_IMAGES = {"infer_pytorch", "infer_onnx"} | AFTER_THRESHOLDS
AFTER_EXPORT = {"export", "inspect_export", "infer_onnx", "detect_onnx"} | AFTER_DETECTION


@pytest.fixture
def project(finished: Workflow, tmp_path: Path) -> Workflow:
    """Return a copy of the finished project that a test may change."""
    return finished.copy(tmp_path / "project")


def edit(*names: str) -> Callable[[Workflow], None]:
    def append(project: Workflow) -> None:
        for name in names:
            with (project.root / name).open("a") as stream:
                stream.write("\n# an edit\n")

    return append


def leave(project: Workflow) -> None:
    pass


def touch_image(project: Workflow) -> None:
    (project.root / "photos" / "bus.jpg").touch()


def rewrite_image(project: Workflow) -> None:
    bus = project.root / "photos" / "bus.jpg"
    content = bus.read_bytes()
    bus.write_bytes(b"other")
    project.dry_run(config=PHOTOS)
    bus.write_bytes(content)


def edit_template(project: Workflow) -> None:
    (template,) = (project.root / "parity/reporting/markdown/templates").glob("analysis_report*")
    template.write_text(template.read_text() + "\n")


def test_a_first_run_runs_every_rule_that_is_asked_for(finished: Workflow) -> None:
    rules = json.loads((finished.root.parent / "rules.json").read_text())
    assert set(rules) == {"load_checkpoint"} | AFTER_IMAGES | AFTER_EXPORT


EXCHANGED = {"thresholds": {"conf": 0.45, "iou": 0.25}}
"""The thresholds of the finished run, each in the place of the other."""


@pytest.mark.parametrize(
    ("change", "config", "expected"),
    [
        pytest.param(leave, {}, set(), id="nothing"),
        pytest.param(leave, {"thresholds": {"conf": 0.3}}, AFTER_THRESHOLDS, id="conf"),
        pytest.param(leave, {"thresholds": {"max_det": 10}}, AFTER_THRESHOLDS, id="max_det"),
        pytest.param(leave, {"tolerances": {"box_px": 0.5}}, VERDICT, id="tolerance"),
        pytest.param(leave, {"matching": {"iou": 0.6}}, AFTER_DETECTION, id="matching"),
        pytest.param(leave, {"exports": {"fp32": {"opset": 12}}}, AFTER_EXPORT, id="opset"),
        pytest.param(leave, {"annotate": 3}, {"annotate", "write_report", "gate"}, id="annotate"),
        pytest.param(leave, {"annotate": 0}, {"write_report", "gate"}, id="no pictures"),
        pytest.param(leave, {"browse": 3}, VERDICT, id="browse"),
        pytest.param(leave, {"candidates": {"floor": 0.02}}, AFTER_IMAGES, id="floor"),
        pytest.param(touch_image, {}, set(), id="an image touched"),
        pytest.param(rewrite_image, {}, set(), id="an image changed and changed back"),
        pytest.param(edit("parity/comparison/matching.py"), {}, AFTER_DETECTION, id="matching.py"),
        # exporting probes a given file, with inputs made like those of an arm
        pytest.param(edit("parity/detection/letterbox.py"), {}, AFTER_EXPORT, id="letterbox.py"),
        pytest.param(
            edit("parity/backends/pytorch/network.py"),
            {},
            # exporting probes a given file beside the checkpoint, so that it is stale, too
            {"export", "inspect_export", "infer_onnx", "detect_onnx", "infer_pytorch"}
            | {"detect_pytorch"}
            | AFTER_DETECTION,
            id="network.py",
        ),
        pytest.param(edit_template, {}, {"write_report", "gate"}, id="template"),
        pytest.param(edit("README.md"), {}, set(), id="documents"),
    ],
)
def test_reruns_exactly_what_an_edit_touches(
    project: Workflow,
    change: Callable[[Workflow], None],
    config: dict,
    expected: set[str],
) -> None:
    change(project)
    assert project.dry_run(config=PHOTOS | config).rules == expected


def test_exchanging_two_thresholds_counts_as_a_change(project: Workflow) -> None:
    made = json.loads(next((project.root / "results/detect_onnx").rglob("*.json")).read_text())
    thresholds = made["made_by"]["thresholds"]
    assert [thresholds["conf"], thresholds["iou"]] == list(EXCHANGED["thresholds"].values())[::-1]
    assert project.dry_run(config=PHOTOS | EXCHANGED).rules == AFTER_THRESHOLDS


def test_another_model_leaves_the_first_alone(project: Workflow) -> None:
    again = {"models": {"again": {"weights": "yolo11n.pt"}}}
    jobs = project.dry_run(config=PHOTOS | again).jobs
    assert jobs["load_checkpoint"] == jobs["export"] == jobs["summarise"] == 1
    assert set(jobs) == {"load_checkpoint"} | AFTER_IMAGES | AFTER_EXPORT


def batches(project: Workflow) -> dict[str, list[str]]:
    paths = sorted((project.root / "results/infer_onnx/yolo11n/onnx-fp32").glob("*.npz"))
    lists = ((p.stem, project.root / f"results/plan/batches/{p.stem}.json") for p in paths)
    return {
        batch: [image["name"] for image in json.loads(path.read_text())["images"]]
        for batch, path in lists
    }


def test_an_edited_image_reruns_its_batch_alone(project: Workflow) -> None:
    assert len(batches(project)) > 1
    shutil.copy(project.root / "photos/zidane.jpg", project.root / "photos/bus.jpg")
    result = project.dry_run(config=PHOTOS)
    assert result.rules == AFTER_IMAGES
    assert result.jobs["infer_onnx"] == 1
    assert result.jobs["infer_pytorch"] == 1  # for both geometries


@pytest.mark.parametrize("added", [True, False], ids=["added", "removed"])
def test_an_added_or_removed_image_disturbs_two_batches_at_most(
    project: Workflow, added: bool
) -> None:
    photos = project.root / "photos"
    if added:
        shutil.copy(photos / "bus.jpg", photos / "another.jpg")
    else:
        (photos / "street" / "bus.jpg").unlink()
    result = project.dry_run(config=PHOTOS)
    assert result.rules <= AFTER_IMAGES
    assert {"summarise"} <= result.rules
    assert result.jobs["infer_onnx"] <= 2


def results_of(project: Workflow) -> dict:
    path = project.root / "results/summarise/yolo11n/comparison_results.json"
    return json.loads(path.read_text())


def test_the_runtime_effect_stays_at_the_floor(finished: Workflow) -> None:
    runtime = results_of(finished)["comparisons"]["runtime-fp32"]
    assert runtime["matched"] > 10
    assert runtime["missing"] == runtime["extra"] == runtime["unread"] == 0
    assert runtime["box_px"] <= RUNTIME_FLOOR.box_px
    assert runtime["score"] <= RUNTIME_FLOOR.score
    assert runtime["passed"]


def test_an_unreadable_image_keeps_its_row_everywhere(finished: Workflow) -> None:
    results = results_of(finished)
    (torn,) = [image for image in results["images"] if image["name"] == "torn.jpg"]
    assert set(torn["reasons"]) == set(results["arms"])
    report = (finished.root / "results/report/analysis_report.md").read_text()
    assert "torn.jpg" in report


def test_equal_names_in_two_folders_do_not_collide(finished: Workflow) -> None:
    pictures = {p.name for p in (finished.root / "results/annotate/yolo11n").glob("annotated_*")}
    named = [name for name in pictures if "bus" in name]
    assert len(named) == 2


def test_a_gate_that_fails_is_the_answer_after_everything_is_written(project: Workflow) -> None:
    strict = PHOTOS | {"gate": ["deployment-fp32"]}
    results = [project.run(config=strict) for _ in range(2)]
    assert results[0].rules == VERDICT
    assert results[1].rules == {"gate"}
    assert (project.root / "results/report/analysis_report.md").is_file()
    assert (project.root / "results/plot/yolo11n/comparison_plots.png").is_file()
    for result in results:
        assert result.returncode == 1
        assert result.output.count("The exit code is 1, because the gate `deployment-fp32`") == 1
        assert result.output.endswith(
            "Report: reports/config+changes/index.html (all reports: reports/index.html)\n"
        )
        for noise in ("Traceback", "Exception", "WorkflowError", "Error", "Exiting", "logs/"):
            assert noise not in result.output
    assert "– new: the failure of the gate `deployment-fp32` of `yolo11n`." in results[0].output
    assert "steps" not in results[0].output
    assert re.search(rf"^1 of {len(VERDICT)}  Summarising", results[0].output, re.MULTILINE)


def test_a_run_with_nothing_to_do_repeats_its_answer_alone(project: Workflow) -> None:
    result = project.run(config=PHOTOS)
    assert result.returncode == 0
    assert not result.jobs
    assert result.output.count("The exit code is 0, because the gate `runtime-fp32` passes") == 1
    assert len(result.output.splitlines()) < 15
    assert "\nNothing to do: all results are up to date.\n" in result.output
    one = project.run("results/plot/yolo11n/comparison_plots.png", config=PHOTOS)
    assert one.output.endswith("The run is complete.\n")
    assert "exit code" not in one.output


def test_another_configuration_leaves_the_report_of_the_last(project: Workflow) -> None:
    kept = project.root / "reports" / "config+changes" / "index.html"
    before = kept.read_bytes()
    changed = project.root / "loose.yaml"
    changed.write_text(yaml.safe_dump(PHOTOS | {"tolerances": {"score": 0.001}}))
    result = project.run("--configfile", "config.yaml", "loose.yaml")
    assert result.returncode == 0
    assert "Since the last run (" not in result.output  # another configuration's run was the last
    assert kept.read_bytes() == before
    index = (project.root / "reports" / "index.html").read_text()
    assert index.index(">config+loose<") < index.index(">config+changes<")


def test_an_interrupted_run_says_that_it_goes_on(project: Workflow) -> None:
    config = PHOTOS | {"candidates": {"floor": 0.02}}
    status, output = project.interrupt(config=config)
    assert status
    assert output.endswith(f"\nStopping.\n{INTERRUPTED}\n")
    for noise in ("Traceback", "Exception", "WorkflowError", "failed"):
        assert noise not in output
    assert project.dry_run(config=config).returncode == 0


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"thresholds": {"conf": 0.001}}, "candidates.floor"),
        ({"models": {"yolo11n": {"weights": "absent.pt"}}}, "absent.pt"),
        ({"images": "absent"}, "absent does not exist"),
    ],
    ids=["threshold below the floor", "no such weights", "no such images"],
)
def test_a_mistake_gets_a_sentence(project: Workflow, config: dict, sentence: str) -> None:
    result = project.run(config=PHOTOS | config)
    assert result.returncode == 1
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert (project.root / "results/report/analysis_report.md").is_file()  # good results stay


def test_an_empty_folder_is_replaced_by_samples_and_says_so(project: Workflow) -> None:
    result = project.run("results/summarise/yolo11n/comparison_results.json")
    assert result.returncode == 0, result.output
    results = results_of(project)
    assert {image["name"] for image in results["images"]} == set(find_samples())
    assert "images" in results["images_note"]


def test_ultralytics_writes_into_the_working_tree_and_not_into_the_home(finished: Workflow) -> None:
    assert not [path for path in finished.home.rglob("*") if "ltralytics" in path.name]
    assert (finished.root / ".ultralytics").is_dir()
