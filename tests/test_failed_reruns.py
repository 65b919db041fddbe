"""A job that fails after a finished run is never forgotten: what rests on it is made again.

Stand-ins take the place of all scripts (``tests/stand_in.py``), so that a run takes seconds, and a
verdict is a digest of everything that it rests on.
"""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from parity.provenance import sha256
from tests.conftest import ROOT, Build, Result, Workflow, copy_project
from tests.test_house import RULES

LASTING = True, False
"""Values of ``keep_candidates``."""

CONFIG: dict[str, Any] = {
    "models": {"m": {"weights": "best.pt"}},
    "images": "photos",
    "images_per_job": 1,
    "labels": "labels",
    "exports": {
        "fp32": {},
        "int8": {"quantize": 8, "calibration": {"images": 2}},
        "phone": {"file": "phone_ncnn_model"},
    },
    "external": {"mine": {"detections": "boxes.json"}, "faulty": {"inject": ["bgr"]}},
    "sweep": {"conf": [0.5], "iou": [0.7]},
    "fallback": {"enabled": True},
    "latency": {"in_report": True},
}
WITHOUT_CHECKPOINT: dict[str, Any] = {
    "models": {"m": {"reference": {"onnx": "fp32.onnx"}}},
    "images": "photos",
    "images_per_job": 1,
    "exports": {"int8": {"onnx": "int8.onnx"}},
    "external": {"mine": {"detections": "boxes.json"}},
}
GIVEN = (
    *("photos/a.jpg", "photos/b.jpg", "labels/a.txt", "best.pt"),
    *("phone_ncnn_model/model.ncnn.param", "phone_ncnn_model/model.ncnn.bin"),
    *("fp32.onnx", "int8.onnx"),
)
BOXES = [{"image": "a.jpg", "box": [1, 2, 3, 4], "score": 1, "label": "bus"}]


class StandIns(Workflow):
    """A copy of the project whose scripts are stand-ins."""

    def snakemake(
        self, *args: str, config: Mapping[str, Any] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake without starting Python anew, for itself or for a script."""
        return self.plan(*args, config=config)


def make_project(
    folder: Path, *, keep_candidates: bool, config: dict[str, Any] = CONFIG
) -> StandIns:
    """Return a project whose scripts are stand-ins, with everything in it that a rule may want."""
    project = StandIns(**vars(copy_project(folder / "project", folder / "home")))
    for script in (project.root / "scripts").iterdir():
        shutil.copy(ROOT / "tests" / "stand_in.py", script)
    snakefile = project.root / "Snakefile"
    text = snakefile.read_text().partition("\nonsuccess:")[0]
    snakefile.write_text(text.replace("here=workflow", "here=False and workflow"))
    for name in GIVEN:
        write(project, name, "first")
    write(project, "boxes.json", json.dumps(BOXES))
    (project.root / "config.yaml").write_text(yaml.safe_dump(config))
    configure(project, {"keep_candidates": keep_candidates})
    return project


def write(project: Workflow, name: str, content: str) -> None:
    path = project.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)


def configure(project: Workflow, own: dict[str, Any]) -> None:
    path = project.root / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | own))


def finished(build: Build, *, keep_candidates: bool, config: dict[str, Any] = CONFIG) -> StandIns:
    """Return a project in which a run with stand-ins has ended; it is shared."""

    def fill(folder: Path) -> None:
        result = make_project(folder, keep_candidates=keep_candidates, config=config).run()
        assert result.returncode == 0, result.output
        assert result.rules == (ALL if config is CONFIG else FROM_REFERENCE)

    kind = "checkpoint" if config is CONFIG else "reference"
    folder = build(f"stand_ins_{kind}_{keep_candidates}", fill)
    return StandIns(folder / "project", folder / "home")


@pytest.fixture
def temporary(build: Build) -> StandIns:
    """Return a finished project whose candidates are gone."""
    return finished(build, keep_candidates=False)


@dataclass(frozen=True)
class Change:
    """Something that a user changes after a finished run, and the rules that it reaches."""

    make: Callable[[Workflow], None]
    rules: frozenset[str]
    config: dict[str, Any] = field(default_factory=lambda: CONFIG)


def give_older_weights(project: Workflow) -> None:
    """Replace the weights by a file whose date tells nothing."""
    write(project, "best.pt", "second")
    os.utime(project.root / "best.pt", (1e9, 1e9))


ALL = {*RULES, "compare_external"} - {"take"}  # which runs without a checkpoint
AFTER_RESULTS = {"plot", "annotate", "browse", "choose", "write_report", "verdict", "gate"}
AFTER_DETECTION = {"compare", "summarise", "fall_back", "tally", "layers", "plot_layers"}
AFTER_DETECTION |= {"detect_external", "diagnose", "plot_diagnosis", "detect_control", "accuracy"}
AFTER_DETECTION |= {"compare_external"}
AFTER_DETECTION |= AFTER_RESULTS
AFTER_CANDIDATES = {"detect_pytorch", "detect_onnx", "sweep", "tune", "plot_sweep"}
AFTER_CANDIDATES |= AFTER_DETECTION
INFERENCE = {"infer_pytorch", "infer_onnx"}
AFTER_BOXES = {
    "detect_external",
    "diagnose",
    "plot_diagnosis",
    "detect_control",
    "compare_external",
}
AFTER_BOXES |= {"summarise", "accuracy", "layers", "plot_layers"} | AFTER_RESULTS
FROM_REFERENCE = {"take", "inspect_export", "infer_onnx", "detect_onnx", "compare", "summarise"}
FROM_REFERENCE |= AFTER_BOXES - {"accuracy", "choose"}

CHANGES = {
    "weights": Change(give_older_weights, frozenset(ALL)),
    "image": Change(
        lambda p: write(p, "photos/a.jpg", "second"),
        frozenset(ALL - {"load_checkpoint", "export", "pack"}),
    ),
    "boxes": Change(
        lambda p: write(p, "boxes.json", json.dumps([BOXES[0] | {"score": 0.5}])),
        frozenset(AFTER_BOXES - {"layers", "plot_layers", "accuracy"}),
    ),
    "phone": Change(
        lambda p: write(p, "phone_ncnn_model/model.ncnn.bin", "second"),
        frozenset({"pack", "infer_onnx", "detect_onnx", "compare", "summarise"} | AFTER_RESULTS),
    ),
    "reference": Change(
        lambda p: write(p, "fp32.onnx", "second"), frozenset(FROM_REFERENCE), WITHOUT_CHECKPOINT
    ),
    "labels": Change(
        lambda p: write(p, "labels/a.txt", "second"),
        frozenset({"accuracy", "choose", "write_report", "gate"}),
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
    ("labels", "accuracy"),
    ("phone", "pack"),
}
"""Cases that every change to the code is tested with."""


def chosen_cases() -> Iterator[tuple[str, str, bool]]:
    """Yield cases for the night: every rule fails with kept and with temporary candidates.

    What is forgotten depends on the outputs of the rule that fails, and hardly on how the change
    reaches it. So each case takes the next of the changes that reach the rule.
    """
    for number, rule in enumerate(sorted(set().union(*(each.rules for each in CHANGES.values())))):
        reaching = [name for name, each in CHANGES.items() if rule in each.rules]
        for keep_candidates in LASTING:
            yield reaching[(number + keep_candidates) % len(reaching)], rule, keep_candidates


CASES = [*chosen_cases()]


def fail_once(project: Workflow, change: str, rule: str) -> Result:
    """Change something, let the first job of a rule fail, and return what the run said."""
    CHANGES[change].make(project)
    write(project, "fail", rule)
    failed = project.run()
    assert failed.returncode, failed.output
    assert failed.jobs[rule], failed.output
    return failed


@pytest.mark.slow
@pytest.mark.parametrize(("change", "rule"), sorted(SAMPLE))
def test_what_failed_is_planned_again_and_nothing_else(
    temporary: Workflow, tmp_path: Path, change: str, rule: str
) -> None:
    project = temporary.copy(tmp_path / "project")
    undisturbed = temporary.copy(tmp_path / "undisturbed")
    CHANGES[change].make(undisturbed)
    planned = undisturbed.dry_run().jobs
    assert set(planned) >= CHANGES[change].rules
    ended = fail_once(project, change, rule).jobs - Counter([rule])
    assert project.dry_run().jobs == planned - ended


def test_every_rule_and_every_change_is_tried() -> None:
    for keep_candidates in LASTING:
        tried = [(change, rule) for change, rule, kept in CASES if kept == keep_candidates]
        assert {change for change, _ in tried} == {*CHANGES}
        assert {rule for _, rule in tried} == ALL | FROM_REFERENCE


@pytest.mark.nightly
@pytest.mark.parametrize(("change", "rule", "keep_candidates"), CASES)
def test_the_verdict_after_a_failure_is_that_of_an_undisturbed_run(
    build: Build, tmp_path: Path, change: str, rule: str, keep_candidates: bool
) -> None:
    config = CHANGES[change].config

    def run_undisturbed(folder: Path) -> None:
        project = make_project(folder, keep_candidates=keep_candidates, config=config)
        CHANGES[change].make(project)
        result = project.run()
        assert result.returncode == 0, result.output

    undisturbed = build(f"undisturbed_{change}_{keep_candidates}", run_undisturbed) / "project"
    done = finished(build, keep_candidates=keep_candidates, config=config)
    project = done.copy(tmp_path / "project")
    assert results_of(project.root) != results_of(undisturbed)
    fail_once(project, change, rule)
    again = project.run()
    assert again.returncode == 0, again.output
    assert results_of(project.root) == results_of(undisturbed)
    assert project.dry_run().jobs == Counter()


def results_of(root: Path) -> dict[str, str]:
    """Return the digest of every result by its path; planning writes down dates, too."""
    results = root / "results"
    files = (path for path in results.rglob("*") if path.is_file())
    named = {path.relative_to(results).as_posix(): path for path in files}
    return {name: sha256(path) for name, path in named.items() if not name.startswith("plan/")}


@pytest.mark.parametrize("keep_candidates", LASTING, ids=["kept", "temporary"])
def test_everything_that_stays_is_asked_for(tmp_path: Path, keep_candidates: bool) -> None:
    project = make_project(tmp_path, keep_candidates=keep_candidates)
    table = project.plan("--summary").stdout
    made = set(re.findall(r"^((?:results|benchmarks)/[^\t]*)\t", table, re.MULTILINE))
    (line,) = re.findall(r"^rule all:\n    input: (.*)$", project.dry_run().output, re.MULTILINE)
    asked = set(line.split(", "))
    temporary = () if keep_candidates else ("results/infer_", "results/detect_")
    stays = {path for path in made if not (path.endswith(".npz") and path.startswith(temporary))}
    assert asked - stays == set()
    beside = {path for path in stays - asked if path.startswith("benchmarks/")}
    assert stays - asked == beside, "nothing but seconds beside what is asked for"
    assert keep_candidates == any(path.startswith("benchmarks/infer") for path in beside)


@pytest.mark.parametrize("kind", ["results", "logs", "benchmarks"])
def test_a_file_where_the_folder_of_a_rule_belongs_is_named(tmp_path: Path, kind: str) -> None:
    project = make_project(tmp_path, keep_candidates=True)
    folder = "infer_onnx/m/onnx-fp32"
    (project.root / ".snakemake/metadata").mkdir(parents=True)
    (project.root / kind / folder).parent.mkdir(parents=True)
    (project.root / kind / folder).write_text("of the user")
    result = project.dry_run()
    assert result.returncode == 1
    assert result.output.endswith(
        f"\nerror: {kind}/{folder} is not a folder, and a run writes into it; move it away, or run "
        "in a folder of your own (--directory).\n"
    )


def test_a_change_is_noticed_where_the_records_of_snakemake_are_gone(
    temporary: Workflow, tmp_path: Path
) -> None:
    project = temporary.copy(tmp_path / "project")
    shutil.rmtree(project.root / ".snakemake")
    CHANGES["conf"].make(project)
    result = project.dry_run()
    assert result.returncode == 1
    assert "nothing tells whether they are up to date; move results away" in result.output
    shutil.rmtree(project.root / "results")
    assert project.dry_run().rules == ALL


def test_a_result_whose_record_was_deleted_does_not_pass_for_new(
    temporary: Workflow, tmp_path: Path
) -> None:
    project = temporary.copy(tmp_path / "project")
    configure(project, {"thresholds": {"conf": 0.4}})
    detected = "results/detect_onnx/m/onnx-fp32/a.jpg.json"
    planned = project.dry_run().jobs
    assert project.plan("--cleanup-metadata", detected).returncode == 0
    result = project.dry_run()
    said = f"{detected} has no record of what it was made of; it will be made again."
    assert said in result.output
    assert result.jobs == planned


@pytest.mark.parametrize("target", ["all", "bench", "results/detect_onnx/m/onnx-fp32/00000.json"])
@pytest.mark.parametrize("option", ["--touch", "--rerun-triggers=mtime"])
def test_no_target_takes_what_has_changed_for_new(
    temporary: Workflow, tmp_path: Path, target: str, option: str
) -> None:
    project = temporary.copy(tmp_path / "project")
    CHANGES["conf"].make(project)
    result = project.run(target, option)
    assert result.returncode == 1
    assert f"error: {option.partition('=')[0]} would let results of other settings" in result.output


@pytest.mark.slow
def test_a_truncated_page_is_made_anew(temporary: Workflow, tmp_path: Path) -> None:
    project = temporary.copy(tmp_path / "project")
    page = project.root / "results/report/index.html"
    whole = page.read_bytes()
    page.write_bytes(whole[:-9])
    said = "results/report/index.html is damaged or of an old version; it will be made again."
    result = project.run()
    assert result.returncode == 0, result.output
    assert said in result.output
    assert result.rules == {"write_report", "gate"}
    assert page.read_bytes() == whole
