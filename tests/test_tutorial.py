"""The tutorial works from its first step to its last, and prints what it says."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from parity.data.sample_images import find_samples
from parity.external.file_format import FORMATS, Format
from parity.external.reader import load_external
from tests.conftest import ROOT, Result, Workflow, copy_project

TEXT = (ROOT / "docs" / "tutorial.md").read_text()
STEP = re.compile(r"^```(\w+)\n(.*?)^```$|^ {4}(\S[^\n]*)$", re.MULTILINE | re.DOTALL)
"""A block of code, or a command."""


def steps() -> Iterator[tuple[str, str]]:
    """Yield what the reader types or sees, each with its kind."""
    for kind, block, command in STEP.findall(TEXT):
        yield (kind, block) if kind else ("command", command)


def blocks(kind: str) -> list[str]:
    return [block for each, block in steps() if each == kind]


ACTIONS = next(made for block in blocks("yaml") if "jobs" in (made := yaml.safe_load(block)))


def test_the_shortest_format_is_read(tmp_path: Path) -> None:
    (example,) = blocks("json")
    (tmp_path / "boxes.json").write_text(example)
    sizes = {"bus.jpg": (1080, 810), "empty.jpg": (480, 640)}
    observed = load_external(tmp_path / "boxes.json", sizes, {5: "bus"}).images
    assert observed["bus.jpg"].class_ids.tolist() == [5]
    assert not len(observed["empty.jpg"])


@pytest.mark.parametrize("each", FORMATS.values(), ids=list(FORMATS))
def test_every_format_is_listed(each: Format) -> None:
    assert f"\n| {each.name} | {each.description} |\n" in TEXT


def test_the_job_uses_the_configuration_and_the_report() -> None:
    uses = ACTIONS["jobs"]["parity"]["steps"]
    commands = " && ".join(step["run"] for step in uses if "run" in step)
    assert "cp parity.yaml yolo-parity/config.yaml && make -C yolo-parity run" in commands
    assert uses[-1]["with"]["path"] == "yolo-parity/reports"


class Reader:
    """Somebody who does what the tutorial says, in a copy of the project."""

    def __init__(self, project: Workflow) -> None:
        self.project = project
        self.config: dict[str, Any] = {}
        self.last = Result(0, "", None)  # type: ignore[arg-type]

    def follow(self, kind: str, text: str) -> None:
        """Do one step."""
        root = self.project.root
        if kind == "yaml" and "jobs:" not in text:
            self.config |= yaml.safe_load(text)
            (root / "config.yaml").write_text(yaml.safe_dump(self.config, sort_keys=False))
        elif kind == "python":
            (root / "app.py").write_text(text)
        elif kind == "diff":
            program = (root / "app.py").read_text()
            for line in text.splitlines():
                assert f"{line[1:]}\n" in program
                program = program.replace(f"{line[1:]}\n", "")
            (root / "app.py").write_text(program)
        elif kind == "text":
            self.compare(text)
        elif text == "make run":
            self.last = self.project.run()
            told = re.search(r"^The exit code is (\d)", self.last.output, re.MULTILINE)
            assert told, self.last.output
            assert self.last.returncode == int(told[1])
        elif kind == "command":
            python = text.replace(".venv/bin/python", sys.executable)
            subprocess.run(shlex.split(python), cwd=root, check=True)

    def compare(self, text: str) -> None:
        """Check that the last run printed certain lines, in which … stands for anything."""
        for line in text.splitlines():
            pattern = ".*".join(map(re.escape, line.split("…")))
            assert re.search(f"^{pattern}$", self.last.output, re.MULTILINE), self.last.output


@pytest.mark.slow
def test_every_step(tmp_path: Path, yolo11n_pt: Path, yolo11n_static: Path) -> None:
    project = copy_project(tmp_path / "project", tmp_path / "home")
    (project.root / "photographs").mkdir()
    for name in ("bus.jpg", "zidane.jpg"):
        shutil.copy(find_samples()[name], project.root / "photographs")
    shutil.copy(yolo11n_pt, project.root / "best.pt")
    shutil.copy(yolo11n_static, project.root / "best.onnx")
    reader = Reader(project)
    for kind, text in steps():
        reader.follow(kind, text)
    told = json.loads((project.root / "results/diagnose/detector/app.json").read_text())
    assert told["verdict"] == "nothing_wrong"
    page = (project.root / "reports/config/index.html").read_text()
    assert "– no longer found: the failure of the gate <code>external-app</code>" in page
