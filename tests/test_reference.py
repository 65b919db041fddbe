"""An ONNX file as the reference: planned, run without torch, and called what it is."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from parity.comparison.settings import ComparisonSettings
from parity.data.sample_images import find_samples
from parity.diagnose.__main__ import WITHOUT_WEIGHTS, main
from parity.errors import UserError
from parity.model_files.families.family import FAMILIES
from parity.planning.arms import plan_arms, plan_comparisons
from parity.planning.checks import checked
from parity.planning.plan_run import plan_run
from parity.planning.schema import complete
from tests.conftest import Workflow, copy_project
from tests.family_files import CELLS, SIDE, write_network

TORCH = ("torch", "torchvision", "ultralytics")
BOXES = ((12, 20, 8, 30), (40, 30, 20, 12), (50, 50, 9, 9))
"""cx, cy, width and height of three objects, input px."""


def yolov5_output(move: float = 0.0) -> dict[str, np.ndarray]:
    """Return the output of a YOLOv5 that finds three objects in any image."""
    found = np.full((1, 3 * CELLS, 5 + 2), 1e-3, np.float32)
    found[..., :4] = (32, 32, 4, 4)
    for place, box in enumerate(BOXES):
        found[0, 7 * place] = (box[0] + move, *box[1:], 0.9, 0.8 - 0.1 * place, 0.1)
    return {"output0": found}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Return two files of one layout that differ by half an input px, and a folder of images."""
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, path in find_samples().items():
        shutil.copy(path, photos / name)
    return {
        "fp32": str(write_network(tmp_path / "fp32.onnx", yolov5_output())),
        "moved": str(write_network(tmp_path / "moved.onnx", yolov5_output(0.5))),
        "photos": str(photos),
    }


def configuration(files: dict[str, str], **changes: Any) -> dict[str, Any]:
    return {
        "models": {"best": {"reference": {"onnx": files["fp32"]}}},
        "images": files["photos"],
        "exports": {"moved": {"onnx": files["moved"]}},
    } | changes


def test_the_reference_takes_the_place_of_pytorch(files: dict[str, str]) -> None:
    config = checked(complete(configuration(files, external={"mine": {"inject": []}})))
    arms = plan_arms(config)
    assert list(arms) == ["onnx-reference", "onnx-moved", "onnx-reference-as-mine", "external-mine"]
    assert {arm.imgsz for arm in arms.values()} == {None}
    assert config.size_of("best", "moved") == (SIDE, SIDE), "it is read from the file"
    compared = {
        name: (each.effect, each.reference, each.candidate, each.gated)
        for name, each in plan_comparisons(config, arms).items()
    }
    assert compared == {
        "runtime-moved": ("runtime", "onnx-reference", "onnx-moved", True),
        "external-mine": ("external", "onnx-reference-as-mine", "external-mine", False),
    }


def test_a_deployment_of_the_reference_itself_runs_it_once(files: dict[str, str]) -> None:
    same = configuration(files, exports={"deployed": {"onnx": files["fp32"]}})
    config = checked(complete(same | {"external": {"mine": {"inject": []}}}))
    assert list(plan_arms(config)) == ["onnx-reference", "onnx-reference-as-mine", "external-mine"]
    assert list(plan_comparisons(config, plan_arms(config))) == ["external-mine"]
    assert "onnx-deployed" in plan_arms(checked(complete(same))), "nothing else is compared"


def test_the_time_of_the_reference_is_that_of_its_own_arm(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    same = configuration(files, exports={"deployed": {"onnx": files["fp32"]}})
    config = same | {"external": {"mine": {"inject": []}}}
    plan = plan_run(complete(config), coordinating=True)
    timed = plan.timed_arm(SimpleNamespace(model="best", export="deployed"))
    assert timed == plan.arm("onnx-reference", "best")


def test_an_open_input_is_read_from_the_file(files: dict[str, str], tmp_path: Path) -> None:
    write_network(tmp_path / "fp32.onnx", yolov5_output(), side="side")
    config = checked(complete(configuration(files, imgsz=96)))
    assert all(arm.rect for arm in plan_arms(config).values())
    assert config.size_of("best") == (96, 96)


def planned(config: dict[str, Any]) -> dict[str, ComparisonSettings]:
    asked = checked(complete(config))
    return plan_comparisons(asked, plan_arms(asked))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"models": {"best": {}}}, "models.best must have either weights or a reference."),
        (
            {"models": {"best": {"weights": "a.pt", "reference": {"onnx": "b.onnx"}}}},
            "models.best must have either weights or a reference.",
        ),
        (
            {"models": {"a": {"reference": {"onnx": "b.onnx"}}, "b": {"weights": "yolo11n.pt"}}},
            "models.a has a reference, so it must be the only model",
        ),
        (
            {"models": {"a": {"reference": {"onnx": "no.onnx"}}}},
            "models.a.reference.onnx is no.onnx, which does not exist.",
        ),
        ({"models": {"a": {"weights": "yolo11n.pt", "family": "yolox"}}}, "needs a reference"),
        (
            {"models": {"a": {"reference": {"onnx": "b.onnx"}, "family": "yolo9000"}}},
            f'models.a.family is "yolo9000"; it must be one of {", ".join(FAMILIES)}',
        ),
        (
            {"exports": {"int8": {"quantize": 8}}},
            "must name an ONNX file (onnx), since models.best",
        ),
        ({"exports": {"reference": {"onnx": "moved"}}}, "exports.reference needs another name"),
        ({"gate": ["deployment-moved"]}, "gate names 'deployment-moved'"),
        (
            {"external": {"mine": {"inject": [], "geometry": "rect"}}},
            "external.mine has another input than the reference",
        ),
    ],
)
def test_what_needs_a_checkpoint_is_refused(
    files: dict[str, str], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        planned(configuration(files, **changes))
    assert str(caught.value).startswith("config: ")
    assert said in str(caught.value)


def project_without_torch(folder: Path) -> Workflow:
    """Return a project in which the import of torch fails."""
    project = copy_project(folder / "project", folder / "home")
    for name in TORCH:
        (project.root / f"{name}.py").write_text(f'raise SystemExit("{name} was imported")\n')
    return project


def test_a_run_needs_no_torch_and_never_speaks_of_pytorch(
    files: dict[str, str], tmp_path: Path
) -> None:
    project = project_without_torch(tmp_path)
    config = configuration(
        files,
        sweep={"conf": [0.5], "iou": [0.5]},
        fallback={"enabled": True},
        external={"mine": {"inject": ["border_not_removed"]}},
        latency={"in_report": True, "rounds": 1, "images": 2, "warm_up": 1},
    )
    (project.root / "config.yaml").write_text(yaml.safe_dump(config))
    result = project.run()
    assert "was imported" not in result.output
    assert result.jobs["gate"] == 1, result.output
    assert result.returncode == 1, "the files differ"

    results = json.loads(
        (project.root / "results/summarise/best/comparison_results.json").read_text()
    )
    found = results["comparisons"]["runtime-moved"]
    assert (found["matched"], found["missing"], found["extra"]) == (3 * found["images"], 0, 0)
    largest = max(max(each["height"], each["width"]) for each in results["images"])
    assert found["box_px"] == pytest.approx(0.5 * largest / SIDE, rel=1e-3)

    report = (project.root / "results/report/analysis_report.md").read_text()
    page = (project.root / "results/report/index.html").read_text()
    assert "The reference is the file fp32.onnx." in report
    for text in (report, result.output):
        assert "PyTorch" not in text
        assert "pytorch" not in text
        assert "checkpoint" not in text.replace("checkpoint it was exported from", "")
    assert "PyTorch" not in page.partition("<script")[0]


def test_a_deployment_is_diagnosed_without_weights(
    files: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("parity.diagnose.__main__.run_workflow", lambda *_: 7)
    boxes = {name: [] for name in find_samples()}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    given = [files["fp32"], str(tmp_path / "boxes.json"), files["photos"]]
    assert main([*given, f"--output={tmp_path / 'run'}"]) == 7
    config = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    asked = checked(complete(config))
    assert asked.reference is not None
    assert asked.reference.onnx == files["fp32"]
    assert [asked.size_of(model) for model in asked.models] == [(SIDE, SIDE)]
    assert WITHOUT_WEIGHTS not in capsys.readouterr().out, "nothing was diagnosed"
