"""Checkpoints of RT-DETR: PyTorch's arm is ``predict`` to the bit, exports are close to it."""

from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.pytorch.postprocess import detect as detect_by_ultralytics
from parity.backends.pytorch.trusted_checkpoint import check_supported
from parity.backends.trust import VARIABLE
from parity.comparison.differences import compare_image, differences_of
from parity.data.sample_images import find_samples
from parity.detection.detection_files import ImageDetections
from parity.postprocessing.postprocess import detect
from tests.conftest import RUNTIME_FLOOR, Build
from tests.test_task_arms import assert_equal, candidates_of, detections_of

SIDE, CLASSES, FLOOR = 160, 3, 0.01
CONFIDENCES = (0.05, 0.25, 0.5)

ARCHITECTURE = {
    "nc": CLASSES,
    "channels": 3,
    "backbone": [
        [-1, 1, "HGStem", [16, 32]],
        [-1, 1, "HGBlock", [16, 64, 3]],
        [-1, 1, "DWConv", [64, 3, 2, 1, False]],
        [-1, 1, "HGBlock", [32, 64, 3]],
        [-1, 1, "DWConv", [64, 3, 2, 1, False]],
        [-1, 1, "Conv", [32, 1, 1, None, 1, 1, False]],
        [-1, 1, "AIFI", [64, 4]],
    ],
    "head": [[[3, 6], 1, "RTDETRDecoder", [CLASSES, 32, 50, 4, 4, 2, 64]]],
}
"""RT-DETR with two scales and two layers of a small decoder."""


@pytest.fixture(scope="module")
def folder(build: Build) -> Path:
    """Return a folder with a checkpoint and its export."""

    def fill(folder: Path) -> None:
        make(folder / "model.pt")
        export_onnx(folder / "model.pt", folder / "model.onnx", imgsz=SIDE)

    return build("rtdetr", fill)


def make(destination: Path) -> None:
    """Write a checkpoint of random weights whose scores spread over [0, 1]."""
    import torch
    from ultralytics import RTDETR
    from ultralytics.nn.tasks import RTDETRDetectionModel

    torch.manual_seed(0)
    model = RTDETRDetectionModel(ARCHITECTURE, verbose=False)
    model.names, model.args, model.task = {i: f"class {i}" for i in range(CLASSES)}, {}, "detect"
    head = model.model[-1]
    for linear in (head.enc_score_head, *head.dec_score_head):
        torch.nn.init.normal_(linear.weight, 0, 0.4)
        torch.nn.init.constant_(linear.bias, -1)
    holder = RTDETR("rtdetr-resnet50.yaml")
    holder.model = model.eval()
    holder.save(destination)


def load(path: Path, *, rect: bool = False) -> PytorchNetwork:
    return PytorchNetwork.load(path, imgsz=(SIDE, SIDE), rect=rect, threads=1, device="cpu")


@pytest.mark.parametrize("rect", [True, False], ids=["rect", "square"])
def test_the_pytorch_arm_is_predict(folder: Path, rect: bool) -> None:
    from ultralytics import RTDETR

    network, found = load(folder / "model.pt", rect=rect), 0
    assert network.head.finished
    options = {"imgsz": SIDE, "rect": rect, "verbose": False, "device": "cpu"}
    for path in find_samples().values():
        image = candidates_of(network, path, FLOOR)
        for conf in CONFIDENCES:
            limits = {"conf": conf, "iou": 0.7, "max_det": 20}
            ours = detect_by_ultralytics(image, **limits, head=network.head)
            (result,) = RTDETR(folder / "model.pt").predict(path, **limits, **options)
            found += len(ours)
            if len(ours) or len(result.boxes):
                assert_equal(ours, detections_of(result, "detect"))
    assert found > len(find_samples())


def test_a_checkpoint_is_transcribed_to_the_bit(folder: Path, tmp_path: Path) -> None:
    obtain_checkpoint(str(folder / "model.pt"), tmp_path / "own.pt", trust=False)
    picture = find_samples()["bus.jpg"]
    ours, theirs = (
        candidates_of(load(path), picture, FLOOR).candidates
        for path in (tmp_path / "own.pt", folder / "model.pt")
    )
    assert len(theirs)
    for name, value in vars(theirs).items():
        np.testing.assert_array_equal(getattr(ours, name), value, err_msg=name)


def test_a_trusted_checkpoint_is_supported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    check_supported(folder / "model.pt")


def test_an_export_is_as_close_as_float32_allows(folder: Path) -> None:
    pytorch, onnx = load(folder / "model.pt"), OnnxNetwork.load(folder / "model.onnx", threads=1)
    assert (onnx.head, onnx.family) == (pytorch.head, pytorch.family)
    onnx.check_geometry(imgsz=(SIDE, SIDE), rect=False, end2end=False, export="fp32")
    for path in find_samples().values():
        images = [candidates_of(network, path, FLOOR) for network in (pytorch, onnx)]
        np.testing.assert_array_equal(
            onnx.preprocess(onnx.read(path)), pytorch.preprocess(pytorch.read(path)).numpy()
        )
        for conf in CONFIDENCES:
            both = [
                ImageDetections.of(
                    each, detect(each, conf=conf, iou=0.7, max_det=300, head=onnx.head)
                )
                for each in images
            ]
            measured = differences_of(compare_image(*both, iou=0.5))
            assert (measured.missing, measured.extra) == (0, 0)
            assert measured.box_px <= RUNTIME_FLOOR.box_px
            assert measured.score <= RUNTIME_FLOOR.score
