"""A shipped configuration runs exactly what it says, and a module what it is given."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from parity.data.sample_images import find_samples
from parity.files import read_json
from tests.conftest import ROOT, Workflow, copy_project

SHIPPED = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))

OTHER = {
    "models": {"mine": {"weights": "mine.pt"}, "yolo11n": {"weights": "mine.pt"}},
    "exports": {"shipped": {"onnx": "shipped.onnx"}},
    "external": {"theirs": {"detections": "boxes.json"}},
    "labels": "labels",
    "gate": ["external-theirs"],
    "sweep": {},
    "fallback": {"enabled": True},
}
"""What a user may have put into config.yaml."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Return a project whose config.yaml names a user's own models, exports, boxes and labels."""
    folder = tmp_path_factory.mktemp("shipped")
    made = copy_project(folder / "project", folder / "home")
    for name in ("mine.pt", "shipped.onnx", "labels/bus.txt"):
        (made.root / name).parent.mkdir(exist_ok=True)
        (made.root / name).touch()
    (made.root / "boxes.json").write_text('[{"image": "bus.jpg", "box": [1, 2, 3, 4], "class": 0}]')
    (made.root / "config.yaml").write_text(yaml.safe_dump(OTHER, sort_keys=False))
    return made


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_configuration_runs_exactly_what_it_says(project: Workflow, name: str) -> None:
    asked = yaml.safe_load((project.root / "config" / name).read_text())
    planned = project.dry_run("--configfile", f"config/{name}")
    assert planned.returncode == 0, planned.output
    assert "mine" not in planned.output
    exports, external = asked.get("exports", {"fp32": {}}), asked.get("external", {})
    expected = {
        "load_checkpoint": 1,
        "inspect_export": len(exports),
        "infer_onnx": len(exports),
        "diagnose": len(external),
        "compare": 1,
        "compare_external": len(external),
        "tune": int("sweep" in asked),
        "accuracy": 0,
        "tally": 0,
    }
    assert {rule: planned.jobs[rule] for rule in expected} == expected


def test_without_one_the_configuration_is_the_user_s(project: Workflow) -> None:
    planned = project.dry_run()
    assert planned.returncode == 0, planned.output
    assert planned.jobs["load_checkpoint"] == 2
    assert {"accuracy", "tally", "tune"} <= planned.rules


def test_keys_of_the_command_line_are_applied_on_top(project: Workflow) -> None:
    options = ("--configfile", "config/exports.yaml", "--config", "sweep=null")
    assert "tune" not in project.dry_run(*options).rules
    assert "tune" in project.dry_run(*options[:2]).rules
    assert "tune" not in project.dry_run("--config", "sweep=null").rules


def test_two_files_are_applied_one_on_top_of_the_other(project: Workflow) -> None:
    (project.root / "changes.yaml").write_text("external: {theirs: {conf: 0.25}}\nsweep: null\n")
    planned = project.dry_run("--configfile", "config.yaml", "changes.yaml")
    assert planned.returncode == 0, planned.output
    assert planned.jobs["load_checkpoint"] == 2
    assert planned.jobs["diagnose"] == 1
    assert "tune" not in planned.rules


def test_the_small_run_for_tests_is_planned_in_its_own_folder(project: Workflow) -> None:
    planned = project.dry_run("--directory", ".test")
    assert planned.returncode == 0, planned.output
    assert planned.jobs["diagnose"] == 1
    assert not (project.root / "results" / "verdict").exists()
    assert (project.root / ".test" / "results" / "plan").is_dir()


SNAKEFILE = re.search(
    r"^```python\n(.*?)^```$", (ROOT / "config" / "README.md").read_text(), re.M | re.S
)
"""What the document says that another workflow must hold."""

VERDICT = "results/verdict/verdict.json"
RESULTS = "results/summarise/yolo11n/comparison_results.json"


def small() -> dict[str, Any]:
    """Return the configuration in .test, for images that stand in this folder."""
    config = yaml.safe_load((ROOT / ".test" / "config.yaml").read_text())
    return {**config, "images": "photos"}


@pytest.fixture
def other(tmp_path: Path) -> Workflow:
    """Return another repository, which uses a copy of the project as config/README.md says."""
    checkout = copy_project(tmp_path / "other" / "parity", tmp_path / "home")
    made = Workflow(checkout.root.parent, checkout.home)
    assert SNAKEFILE
    (made.root / "Snakefile").write_text(SNAKEFILE[1].replace(VERDICT, RESULTS))
    (made.root / "config.yaml").write_text(yaml.safe_dump({"parity": small(), "mine": 1}))
    (made.root / "photos").mkdir()
    shutil.copy(find_samples()["bus.jpg"], made.root / "photos")
    return made


@pytest.mark.slow
def test_another_workflow_uses_it_as_a_module(other: Workflow) -> None:
    before = {path for path in other.root.rglob("parity/*") if path.name != "__pycache__"}
    result = other.run("publish")
    assert result.returncode == 0, result.output
    assert {"load_checkpoint", "export", "infer_onnx", "summarise", "publish"} <= result.rules
    results = read_json(other.root / "published.json", "results/1")
    runtime = results["comparisons"]["runtime-fp32"]
    assert runtime["passed"]
    assert runtime["matched"] >= 4
    after = {path for path in other.root.rglob("parity/*") if path.name != "__pycache__"}
    assert after == before, "nothing is written into the module's own folder"
    assert other.dry_run("publish").rules == set()
    rest = other.dry_run()
    assert {"plot_diagnosis", "write_report", "verdict"} <= rest.rules, rest.output
    assert "summarise" not in rest.rules


def test_a_module_may_rename_the_rules(other: Workflow) -> None:
    snakefile = other.root / "Snakefile"
    plain = "use rule * from parity\n"
    assert plain in snakefile.read_text()
    snakefile.write_text(
        snakefile.read_text().replace(plain, "use rule * from parity as parity_*\n")
    )
    planned = other.dry_run("publish", "parity_all")
    assert planned.returncode == 0, planned.output
    assert {"parity_infer_onnx", "parity_verdict", "publish"} <= planned.rules
    assert "not present" not in planned.output
