"""The heads of other tasks than detection that need no NMS, and NMS in the graph of each task."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.pytorch.postprocess import detect as detect_by_ultralytics
from parity.detection.candidate_files import BakedThresholds
from parity.detection.detections import Detections
from parity.model_files.description import describe_export, load_checked
from parity.model_files.inspection import head_of
from parity.postprocessing.postprocess import detect
from tests.conftest import Build
from tests.random_models import make_random_checkpoint
from tests.test_task_arms import assert_equal, candidates_of, detections_of

pytestmark = pytest.mark.nightly  # nine exports

ARCHITECTURES = {
    "segment": "yolo26n-seg.yaml",
    "pose": "yolo26n-pose.yaml",
    "obb": "yolo26n-obb.yaml",
}
CONF, IOU, FLOOR, SIDE = 0.3, 0.5, 0.01, 128
CLASSES = 3
EXPORTS: dict[str, dict[str, Any]] = {
    "raw": {},
    "end to end": {"nms": False},
    "suppressed": {"nms": True, "conf": 0.25, "iou": IOU},
}


def make(task: str, folder: Path) -> None:
    """Write a checkpoint of random weights, and its exports."""
    make_random_checkpoint(ARCHITECTURES[task], task, CLASSES, folder / "model.pt")
    for name, options in EXPORTS.items():
        export_onnx(
            folder / "model.pt", folder / f"{name}.onnx", imgsz=SIDE, simplify=False, **options
        )


@pytest.fixture(scope="module", params=ARCHITECTURES)
def made(request: pytest.FixtureRequest, build: Build) -> tuple[str, Path]:
    task = request.param
    return task, build(f"heads-{task}", lambda folder: make(task, folder))


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a picture of blurred noise."""
    import cv2

    noise = np.random.default_rng(0).integers(0, 256, (12, 16, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("picture") / "noise.png"
    cv2.imwrite(str(path), cv2.resize(noise, (128, 96), interpolation=cv2.INTER_CUBIC))
    return path


def predicted(path: Path, task: str, picture: Path, **options: Any) -> Detections:
    """Return what Ultralytics itself says."""
    import torch
    from ultralytics import YOLO

    torch.set_num_threads(1)
    options |= {"imgsz": SIDE, "conf": CONF, "iou": IOU, "verbose": False, "device": "cpu"}
    (result,) = YOLO(path, task=task).predict(picture, **options)
    return detections_of(result, task)


@pytest.mark.parametrize("rect", [True, False], ids=["rect", "square"])
@pytest.mark.parametrize("end2end", [True, False], ids=["end2end", "raw"])
def test_the_reference_is_predict(
    made: tuple[str, Path], picture: Path, end2end: bool, rect: bool
) -> None:
    task, folder = made
    network = PytorchNetwork.load(
        folder / "model.pt", imgsz=(SIDE, SIDE), rect=rect, threads=1, device="cpu", end2end=end2end
    )
    image = candidates_of(network, picture, FLOOR)
    ours = detect_by_ultralytics(image, conf=CONF, iou=IOU, max_det=300, head=network.head)
    nms = False if end2end else None
    theirs = predicted(folder / "model.pt", task, picture, rect=rect, nms=nms)
    assert len(theirs) > 0, "nothing is compared"
    assert_equal(ours, theirs)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_predict(made: tuple[str, Path], picture: Path, name: str) -> None:
    task, folder = made
    path = folder / f"{name}.onnx"
    network = OnnxNetwork.load(path, threads=1)
    assert (network.finished, network.suppressed) == (name != "raw", name == "suppressed")
    image = candidates_of(network, picture, FLOOR)
    ours = detect(image, conf=CONF, iou=IOU, max_det=300, head=network.head)
    theirs = predicted(path, task, picture)
    assert len(theirs) > 0, "nothing is compared"
    if task == "obb":  # the hull goes through torch's cosine
        np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=1e-3)
        ours = replace(ours, boxes=theirs.boxes)
    assert_equal(ours, theirs)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_file_says_its_head_and_its_thresholds(made: tuple[str, Path], name: str) -> None:
    _, folder = made
    path = folder / f"{name}.onnx"
    described = describe_export(load_checked(path), path.stat().st_size)
    assert head_of(described) == name
    expected = BakedThresholds(0.25, IOU) if name == "suppressed" else None
    assert described.baked == expected
