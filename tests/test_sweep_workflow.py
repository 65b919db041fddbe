"""Which rules a change of the grid reruns."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PHOTOS, Workflow

SWEPT = {"sweep": {"conf": [0.2, 0.25], "iou": [0.5]}}
AFTER_GRID = {"sweep", "tune", "plot_sweep", "write_report", "gate"}


@pytest.fixture(scope="module")
def swept(finished: Workflow, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Return a project in which a run with a small grid has ended."""
    project = finished.copy(tmp_path_factory.mktemp("swept") / "project")
    result = project.run(config=PHOTOS | SWEPT)
    assert result.returncode == 0, result.output
    assert result.jobs["sweep"] == len(list((project.root / "results/plan/batches").glob("[!.]*")))
    return project


@pytest.fixture
def project(swept: Workflow, tmp_path: Path) -> Workflow:
    """Return a copy of the finished project that a test may change."""
    return swept.copy(tmp_path / "project")


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        (SWEPT["sweep"], set()),
        ({"conf": {"start": 0.2, "stop": 0.25, "step": 0.05}, "iou": [0.5]}, set()),
        ({"conf": [0.2, 0.25, 0.3], "iou": [0.5]}, AFTER_GRID),
        ({"conf": [0.2, 0.25], "iou": [0.5, 0.6]}, AFTER_GRID),
        ({"conf": [0.5], "iou": [0.2, 0.25]}, AFTER_GRID),
        (None, {"write_report", "gate"}),
    ],
    ids=["nothing", "as start, stop and step", "conf added", "iou added", "exchanged", "left out"],
)
def test_another_grid_reruns_the_sweep_and_what_follows_alone(
    swept: Workflow, sweep: dict[str, Any] | None, expected: set[str]
) -> None:
    result = swept.dry_run(config=PHOTOS | {"sweep": sweep})
    assert result.returncode == 0, result.output
    reported = {"write_report", "gate"}
    assert result.rules - reported == expected - reported
    assert result.rules <= AFTER_GRID
    assert (result.rules == set()) == (sweep == SWEPT["sweep"])  # the report states the config


def test_a_point_is_added_for_nothing_but_the_sweep(project: Workflow) -> None:
    wider = {"sweep": {"conf": [0.2, 0.25, 0.4], "iou": [0.5]}}
    result = project.run(config=PHOTOS | wider)
    assert result.returncode == 0, result.output
    assert result.rules == AFTER_GRID
    path = project.root / "results/tune/yolo11n/sweep_results.json"
    comparison = json.loads(path.read_text())["comparisons"]["runtime-fp32"]
    assert [cell["conf"] for cell in comparison["cells"]] == [0.2, 0.25, 0.4]
    assert {cell["f1"] for cell in comparison["cells"]} == {1.0}
    report = (project.root / "results/report/analysis_report.md").read_text()
    assert comparison["sentence"].startswith("Keep onnx-fp32 at conf 0.25: ")
    assert "Keep conf 0.25 for pytorch-square and onnx-fp32: no other threshold" in report
    assert (project.root / "results/plot_sweep/yolo11n/sweep_plots.png").is_file()


def test_without_the_section_the_report_does_not_speak_of_it(project: Workflow) -> None:
    result = project.run(config=PHOTOS | {"sweep": None})
    assert result.returncode == 0, result.output
    assert result.rules == {"write_report", "gate"}
    assert (
        "Other thresholds" not in (project.root / "results/report/analysis_report.md").read_text()
    )


def test_a_grid_below_the_floor_gets_a_sentence(swept: Workflow) -> None:
    result = swept.dry_run(config=PHOTOS | {"sweep": {"conf": [0.5, 0.001]}})
    assert result.returncode == 1
    assert "sweep.conf has 0.001, below candidates.floor, which is 0.01" in result.output
    assert "Traceback" not in result.output
