"""A job that fails after a finished run is never forgotten: what rests on it is made again.

Stand-ins take the place of all scripts (``tests/stand_in.py``), so that a run takes seconds, and a
verdict is a digest of everything that it rests on.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, Build, Workflow, copy_project
from tests.test_house import RULES

VERDICT = Path("results/verdict/verdict.json")
LASTING = True, False
"""Values of ``keep_candidates``."""

CONFIG: dict[str, Any] = {
    "models": {"m": {"weights": "best.pt"}},
    "images": "photos",
    "images_per_job": 1,
    "labels": "labels",
    "exports": {"fp32": {}, "int8": {"quantize": 8, "calibration": {"images": 2}}},
    "external": {"mine": {"detections": "boxes.json"}, "faulty": {"inject": ["bgr"]}},
    "sweep": {"conf": [0.5], "iou": [0.7]},
    "fallback": {"enabled": True},
    "latency": {"in_report": True},
}
BOXES = [{"image": "a.jpg", "box": [1, 2, 3, 4], "score": 1, "label": "bus"}]


def make_project(folder: Path, *, keep_candidates: bool) -> Workflow:
    """Return a project whose scripts are stand-ins, with everything in it that a rule may want."""
    project = copy_project(folder / "project", folder / "home")
    for script in (project.root / "scripts").iterdir():
        shutil.copy(ROOT / "tests" / "stand_in.py", script)
    snakefile = project.root / "Snakefile"
    snakefile.write_text(snakefile.read_text().partition("\nonsuccess:")[0])
    for name in ("photos/a.jpg", "photos/b.jpg", "labels/a.txt", "best.pt"):
        write(project, name, "first")
    write(project, "boxes.json", json.dumps(BOXES))
    configure(project, {"keep_candidates": keep_candidates})
    return project


def write(project: Workflow, name: str, content: str) -> None:
    path = project.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)


def configure(project: Workflow, own: dict[str, Any]) -> None:
    path = project.root / "config.yaml"
    known = yaml.safe_load(path.read_text()) if (project.root / "results").exists() else CONFIG
    path.write_text(yaml.safe_dump(known | own))


@pytest.fixture(params=LASTING, ids=["candidates kept", "candidates temporary"])
def project(request: pytest.FixtureRequest, build: Build, tmp_path: Path) -> Workflow:
    """Return a finished project that a test may change."""

    def fill(folder: Path) -> None:
        result = make_project(folder, keep_candidates=request.param).run()
        assert result.returncode == 0, result.output
        assert result.rules == set(RULES)

    folder = build(f"stand_ins_{request.param}", fill)
    return Workflow(folder / "project", folder / "home").copy(tmp_path / "project")


@dataclass(frozen=True)
class Change:
    """Something that a user changes after a finished run, and the rules that it reaches."""

    make: Callable[[Workflow], None]
    rules: frozenset[str]


AFTER_RESULTS = {"plot", "annotate", "browse", "choose", "write_report", "verdict"}
AFTER_DETECTION = {"compare", "summarise", "fall_back", "tally", "layers", "plot_layers"}
AFTER_DETECTION |= {"detect_external", "diagnose", "plot_diagnosis", "detect_control", "accuracy"}
AFTER_DETECTION |= AFTER_RESULTS
AFTER_CANDIDATES = {"detect_pytorch", "detect_onnx", "sweep", "tune", "plot_sweep"}
AFTER_CANDIDATES |= AFTER_DETECTION
INFERENCE = {"infer_pytorch", "infer_onnx"}
AFTER_BOXES = {"detect_external", "diagnose", "plot_diagnosis", "detect_control", "compare"}
AFTER_BOXES |= {"summarise", "accuracy", "layers", "plot_layers"} | AFTER_RESULTS

CHANGES = {
    "weights": Change(lambda p: write(p, "best.pt", "second"), frozenset(RULES)),
    "image": Change(
        lambda p: write(p, "photos/a.jpg", "second"),
        frozenset(set(RULES) - {"load_checkpoint", "export"}),
    ),
    "boxes": Change(
        lambda p: write(p, "boxes.json", json.dumps([BOXES[0] | {"score": 0.5}])),
        frozenset(AFTER_BOXES - {"layers", "plot_layers", "accuracy"}),
    ),
    "labels": Change(
        lambda p: write(p, "labels/a.txt", "second"),
        frozenset({"accuracy", "choose", "write_report", "verdict"}),
    ),
    "conf": Change(
        lambda p: configure(p, {"thresholds": {"conf": 0.4}}),
        frozenset(AFTER_CANDIDATES | {"latency", "plot_latency"}),
    ),
    "floor": Change(
        lambda p: configure(p, {"candidates": {"floor": 0.02}}),
        frozenset(INFERENCE | AFTER_CANDIDATES | {"latency", "plot_latency"}),
    ),
}

SAMPLE = {
    ("weights", "load_checkpoint"),
    ("image", "infer_onnx"),
    ("boxes", "detect_external"),
    ("floor", "infer_pytorch"),
    ("conf", "browse"),
}
"""Cases that every change to the code is tested with; all others run every night."""


def cases() -> list[Any]:
    return [
        pytest.param(
            change,
            rule,
            id=f"{change}-{rule}",
            marks=[] if (change, rule) in SAMPLE else pytest.mark.nightly,
        )
        for change, reached in CHANGES.items()
        for rule in sorted(reached.rules)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "rule"), cases())
def test_a_job_that_failed_is_made_up_for(project: Workflow, change: str, rule: str) -> None:
    before = (project.root / VERDICT).read_bytes()
    CHANGES[change].make(project)
    write(project, "fail", rule)
    failed = project.run()
    assert failed.returncode, failed.output
    assert failed.jobs[rule], failed.output
    again = project.run()
    assert again.returncode == 0, again.output
    assert again.jobs[rule]
    after = (project.root / VERDICT).read_bytes()
    assert after != before
    shutil.rmtree(project.root / "results")
    anew = project.run()
    assert anew.returncode == 0, anew.output
    assert (project.root / VERDICT).read_bytes() == after
