"""Names that would do harm where they were taken for anything but text, and files that are none."""

import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from parity.data.sample_images import find_samples
from tests.browser.pages import CLASSES, HOSTILE
from tests.conftest import Workflow, copy_project
from tests.test_images import huge_png

FOLDER = "my photos {x} $(touch harm) & 'more'"
NAMES = [name.replace("/", "÷") for name in HOSTILE]
TRAPS = {
    "endless.jpg": "it is a device, not a file",
    "large.png": "it has more than 160,000,000 pixels (limits.pixels)",
    "loop.jpg": "Too many levels of symbolic links",
    "pipe.jpg": "it is a named pipe, not a file",
}
"""Files that would take for ever or all memory, and why they cannot be read."""
CONFIG = {"images": FOLDER, "models": {"yolo11n": {"weights": "weights of mine.pt"}}}
RESULTS = "results/summarise/yolo11n/comparison_results.json"


def rename_classes(checkpoint: Path, destination: Path) -> None:
    """Copy a checkpoint with other names for its first classes."""
    import torch

    loaded = torch.load(checkpoint, weights_only=False)
    model = loaded["model"]
    model.names = model.names | CLASSES | {5: CLASSES[1]}  # 5 is what the images show: a bus
    torch.save(loaded, destination)


@pytest.fixture(scope="module")
def hostile(yolo11n_pt: Path, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """Return a project in which a run over images with hostile names has ended."""
    folder = tmp_path_factory.mktemp("hostile")
    project = copy_project(folder / "project", folder / "home")
    rename_classes(yolo11n_pt, project.root / "weights of mine.pt")
    photos = project.root / FOLDER
    photos.mkdir()
    for name in NAMES:
        shutil.copy(find_samples()["bus.jpg"], photos / name)
    os.mkfifo(photos / "pipe.jpg")
    (photos / "endless.jpg").symlink_to("/dev/zero")
    (photos / "loop.jpg").symlink_to("loop.jpg")
    (photos / "again").symlink_to(".")
    huge_png(photos / "large.png", side=32_000)
    result = project.run(config=CONFIG)
    assert result.returncode == 0, result.output
    return project


def test_every_image_keeps_its_name_or_says_what_is_wrong(hostile: Workflow) -> None:
    results = json.loads((hostile.root / RESULTS).read_text())
    reasons = {image["name"]: set(image["reasons"].values()) for image in results["images"]}
    assert reasons == {name: set() for name in NAMES} | {
        name: {reason} for name, reason in TRAPS.items()
    }
    assert results["names"]["1"] == CLASSES[1]


def test_nothing_was_executed(hostile: Workflow) -> None:
    assert list(hostile.root.rglob("harm")) == []
    assert list(hostile.home.rglob("harm")) == []


def test_the_report_shows_them_as_text(hostile: Workflow) -> None:
    markdown = (hostile.root / "results/report/analysis_report.md").read_text()
    assert "<img" not in markdown
    assert "<b " not in markdown
    assert not re.search(r"(?<!\\)\]\(javascript", markdown)
    assert not re.search(r"[\u202e\udcff]", markdown)


def test_the_page_holds_no_markup_of_theirs(hostile: Workflow) -> None:
    page = (hostile.root / "results/report/index.html").read_text()
    assert "<img src=x" not in page
    assert "<b onmouseover" not in page
    assert page.count("</script>") == 3  # two scripts and the data
    assert "&lt;b onmouseover" in page


def test_every_picture_has_a_harmless_file_name(hostile: Workflow) -> None:
    pictures = [p.name for p in (hostile.root / "results/report/files/yolo11n").iterdir()]
    assert len([name for name in pictures if name.startswith("photo_")]) == len(NAMES)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in pictures)


def test_the_graph_of_jobs_can_be_drawn(hostile: Workflow) -> None:
    done = hostile.plan("--dag", config=CONFIG | {"images_per_job": 1})
    assert done.returncode == 0, done.stdout
    labels = re.findall(r'label ?= ?"([^"]*)"', done.stdout)
    assert len(labels) > len(NAMES)
    assert not any(re.search(r"[<>{}$`]", label) for label in labels)


def test_they_can_be_run_one_by_one(hostile: Workflow) -> None:
    result = hostile.dry_run(config=CONFIG | {"images_per_job": 1})
    assert result.returncode == 0, result.output
    assert result.jobs["infer_onnx"] == len(NAMES) + len(TRAPS)


def test_snakemake_makes_its_report_of_them(hostile: Workflow) -> None:
    done = hostile.snakemake("--report", "report.zip", config=CONFIG)
    assert done.returncode == 0, done.stdout
    assert zipfile.is_zipfile(hostile.root / "report.zip")
