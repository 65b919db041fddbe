"""The tutorial works from its first step to its last."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from parity.data.listing import find_samples
from parity.data.reading import read_image
from parity.external.file_format import FORMATS, Format
from parity.external.reader import load_external
from tests.conftest import ROOT, Workflow, copy_project

TEXT = (ROOT / "docs" / "tutorial.md").read_text()
EXAMPLE = ROOT / "examples" / "detect_onnx.py"
CONFIG, EXTERNAL, ACTIONS = map(
    yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
)
SWAPPED = EXAMPLE.read_text().replace("image[..., ::-1].transpose", "image.transpose")
"""The program of somebody who forgot that OpenCV reads BGR."""


def boxes_of(program: str, model: Path, photographs: Path) -> list[dict[str, Any]]:
    """Return what a program finds, in the shortest format of the tutorial."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(program, "program", "exec"), names)  # noqa: S102
    detector = names["Detector"](model)
    found: list[dict[str, Any]] = []
    for path in sorted(photographs.iterdir()):
        rows = list(zip(*detector(read_image(path), iou=0.45), strict=True))
        found += [
            {"image": path.name, "box": np.round(box, 2).tolist(), "score": round(float(score), 4)}
            | {"label": detector.names[class_id]}
            for box, score, class_id in rows
        ] or [{"image": path.name}]
    return found


def configure(project: Workflow, config: dict[str, Any]) -> None:
    (project.root / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def test_the_shortest_format_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "boxes.json").write_text(example)
    sizes = {"bus.jpg": (1080, 810), "empty.jpg": (480, 640)}
    observed = load_external(tmp_path / "boxes.json", sizes, {5: "bus"}).images
    assert observed["bus.jpg"].class_ids.tolist() == [5]
    assert not len(observed["empty.jpg"])


@pytest.mark.parametrize("each", FORMATS.values(), ids=list(FORMATS))
def test_every_format_is_listed(each: Format) -> None:
    assert f"\n| {each.name} | {each.description} |\n" in TEXT


def test_the_job_uses_the_configuration_and_the_report() -> None:
    steps = ACTIONS["jobs"]["parity"]["steps"]
    commands = " && ".join(step["run"] for step in steps if "run" in step)
    assert "cp parity.yaml yolo-parity/config.yaml && make -C yolo-parity run" in commands
    assert steps[-1]["with"]["path"] == "yolo-parity/results/report"


@pytest.mark.slow
def test_every_step(tmp_path: Path, yolo11n_pt: Path, yolo11n_static: Path) -> None:
    project = copy_project(tmp_path / "project", tmp_path / "home")
    boxes = project.root / EXTERNAL["external"]["mine"]["detections"]
    photographs = project.root / CONFIG["images"]
    photographs.mkdir()
    for name in ("bus.jpg", "zidane.jpg"):
        shutil.copy(find_samples()[name], photographs)
    shutil.copy(yolo11n_pt, project.root / CONFIG["models"]["mine"]["weights"])
    shutil.copy(yolo11n_static, project.root / CONFIG["exports"]["shipped"]["onnx"])

    configure(project, CONFIG)
    checked = project.run()
    assert checked.returncode == 0, checked.output
    assert re.search(r"^PASS mine, runtime-shipped", checked.output, re.MULTILINE)

    boxes.write_text(json.dumps(boxes_of(SWAPPED, yolo11n_static, photographs)))
    configure(project, CONFIG | EXTERNAL)
    diagnosed = project.run()
    assert diagnosed.returncode == 0, diagnosed.output
    told = json.loads((project.root / "results/diagnose/mine/mine.json").read_text())
    assert [fault["name"] for fault in told["faults"]] == ["bgr"]
    assert "Diagnosis" in (project.root / "results/report/index.html").read_text()

    configure(project, CONFIG | EXTERNAL | {"gate": ["external-mine"]})
    assert project.run().returncode, "boxes that are wrong decide the verdict"
    boxes.write_text(json.dumps(boxes_of(EXAMPLE.read_text(), yolo11n_static, photographs)))
    fixed = project.run()
    assert fixed.returncode == 0, fixed.output
