"""Every command and configuration in the documents works, as far as trying it costs nothing.

Snakemake plans what it would run, make prints what it would do, and modules print their help. Other
tests run the commands.
"""

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from parity.data.sample_images import find_samples
from parity.record.manifest import Manifest, RecordedTensor
from tests.conftest import ROOT, Workflow, copy_project

DOCUMENTS = sorted(
    path for where in (".", "config", "docs") for path in (ROOT / where).glob("*.md")
)
PREFIXES = ("make", "snakemake", ".venv/bin/snakemake", "python -m")
PLACES = re.compile(r"^ {4,}(?:- run: )?(.+)$|`([^`\n]+)`", re.MULTILINE)
BLOCKS = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGE = re.compile(r"^```\w+\n.*?^```$", re.MULTILINE | re.DOTALL)
FILES = (
    *("best.pt", "best.onnx", "shipped.onnx"),
    *("best_ncnn_model/model.ncnn.param", "best_ncnn_model/model.ncnn.bin"),
    *("tensors/bus.npy", "outputs/bus.npy"),
)
"""Files of the reader's own that the documents name; planning reads none of them."""

REFERENCES = ("fp32.onnx", "int8.onnx")
"""Files that are compared with each other; planning reads their sizes."""

BOXES = [{"image": "bus.jpg", "class_id": 0, "score": 0.9, "xyxy": [1, 2, 30, 40]}]
"""What their boxes.json holds, which planning reads."""

DRY = "--dry-run"
ALONE = {"--unlock"}
"""Options that do nothing else, and go without a dry run."""


def commands() -> list[str]:
    """Return the commands in all documents, without comments."""
    found = set()
    for document in DOCUMENTS:
        for indented, inline in PLACES.findall(LANGUAGE.sub("", document.read_text())):
            command = (indented or inline).partition("  #")[0].strip()
            if command.startswith(tuple(f"{prefix} " for prefix in PREFIXES)):
                found.add(command)
    return sorted(found)


def configurations() -> list[Any]:
    """Return the configurations in all documents, each with the name of its document."""
    found = []
    for document in DOCUMENTS:
        for block in BLOCKS.findall(document.read_text()):
            if "jobs:" not in block:
                found.append(pytest.param(yaml.safe_load(block), id=document.name))
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, yolo11n_static: Path) -> Workflow:
    """Return a copy of the project with the files that the documents name."""
    folder = tmp_path_factory.mktemp("commands")
    made = copy_project(folder / "project", folder / "home")
    for name in FILES:
        (made.root / name).parent.mkdir(exist_ok=True)
        (made.root / name).touch()
    for name in REFERENCES:
        shutil.copy(yolo11n_static, made.root / name)
    (made.root / "boxes.json").write_text(json.dumps(BOXES))
    (made.root / "recorded").mkdir()
    tensor = RecordedTensor("bus.jpg", "content", "torch", "Yolo", "", "1.input.npy")
    Manifest(["python"], ".", 50, [tensor]).write(made.root / "recorded" / "manifest.json")
    (made.root / "photographs").mkdir()
    for name, path in find_samples().items():
        shutil.copy(path, made.root / "photographs" / name)
    shutil.copy(made.root / "config.yaml", made.root / "my.yaml")
    (made.root / "changes.yaml").write_text("annotate: 3\n")
    (made.root / "day.yaml").write_text(f"images: {made.root / 'parity/samples'}\n")
    return made


def make(command: list[str], root: Path) -> list[list[str]]:
    """Check that make knows what to do; return the commands of Snakemake that it would run."""
    done = subprocess.run([*command, DRY], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "-m snakemake --cores" in line]
    return [shlex.split(line.partition("-m snakemake")[2]) for line in lines]


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_works(command: str, project: Workflow) -> None:
    words = shlex.split(command)
    if "profiles/slurm" in words and not importlib.util.find_spec(
        "snakemake_executor_plugin_slurm"
    ):
        pytest.skip("needs requirements-slurm.txt")
    if words[0] == "python":
        done = subprocess.run(
            [sys.executable, "-m", words[2], "--help"], cwd=project.root, check=False
        )
        assert done.returncode == 0
        return
    planned = make(words, project.root) if words[0] == "make" else [words[1:]]
    for options in planned:
        dry = [] if ALONE & set(options) else [DRY]
        done = project.plan(*options, *dry)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("piece", configurations())
def test_a_configuration_of_the_documents_can_be_planned(
    piece: dict[str, Any], project: Workflow
) -> None:
    """One that names models replaces config.yaml, another one is added to it."""
    path = project.root / "config.yaml"
    original = path.read_text()
    complete = piece if "models" in piece else yaml.safe_load(original) | piece
    path.write_text(yaml.safe_dump(complete, sort_keys=False))
    planned = project.dry_run()
    path.write_text(original)
    assert planned.returncode == 0, planned.output
    assert planned.jobs["verdict"] == 1
    assert planned.jobs["diagnose"] == len(piece.get("external", {}))


def test_the_documents_are_searched() -> None:
    assert {"make run", "snakemake --cores 4", "make bench"} <= set(commands())
    assert len(configurations()) >= 4
