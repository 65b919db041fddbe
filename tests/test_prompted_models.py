"""YOLO-World and YOLOE with their classes set are ``predict``; other models are refused by name."""

from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.pytorch.postprocess import detect as detect_by_ultralytics
from parity.backends.pytorch.transcription.facts import task_of
from parity.backends.pytorch.transcription.stored_model import StoredModel, StoredModule
from parity.backends.pytorch.trusted_checkpoint import check_supported
from parity.backends.trust import VARIABLE
from parity.data.sample_images import find_samples
from parity.errors import UserError
from tests.conftest import Build
from tests.test_task_arms import assert_equal, candidates_of, detections_of

CLASSES = ["person", "bus"]
MODELS = {
    "WorldModel": ("yolov8s-worldv2.yaml", "detect"),
    "YOLOEModel": ("yoloe-11s.yaml", "detect"),
    "YOLOESegModel": ("yoloe-11s-seg.yaml", "segment"),
}
OTHERS = {
    "DepthModel": "a model for depth",
    "SemanticSegmentationModel": "a model for semantic segmentation",
}
SIDE, CONF, IOU, FLOOR = 160, 0.3, 0.5, 0.01


def make(kind: str, architecture: str, destination: Path) -> None:
    """Write a checkpoint of random weights."""
    import torch
    from ultralytics import YOLO
    from ultralytics.nn import tasks

    torch.manual_seed(0)
    model = getattr(tasks, kind)(architecture, nc=len(CLASSES), verbose=False)
    model.names, model.args = dict(enumerate(CLASSES)), {}
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 1.5)
            module.running_mean.normal_(0, 0.1)
            module.weight.data.uniform_(1.0, 2.0)
    if kind == "WorldModel":
        model.txt_feats = torch.nn.functional.normalize(torch.randn(1, len(CLASSES), 512), dim=-1)
        model.model[-1].nc = len(CLASSES)
    if kind.startswith("YOLOE"):
        features = torch.nn.functional.normalize(torch.randn(1, len(CLASSES), 512), dim=-1)
        model.set_classes(CLASSES, features)
    for name, value in model.model[-1].named_parameters():
        if name.startswith("cv4") and name.endswith("bias") and value.numel() == 1:
            value.data.fill_(0.0)
    if kind in MODELS:
        model.task = MODELS[kind][1]
    holder = YOLO("yolo11n.yaml")
    holder.model = model.eval()
    holder.save(destination)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", MODELS)
def test_a_model_with_its_classes_set_is_predict(
    kind: str, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ultralytics import YOLO

    architecture, task = MODELS[kind]
    folder = build(f"prompted-{kind}", lambda folder: make(kind, architecture, folder / "model.pt"))
    monkeypatch.setenv(VARIABLE, "1")
    check_supported(folder / "model.pt")
    size = {"imgsz": (SIDE, SIDE), "rect": False, "threads": 1, "device": "cpu"}
    network = PytorchNetwork.load(folder / "model.pt", **size)
    export_onnx(folder / "model.pt", folder / "model.onnx", imgsz=SIDE)
    onnx = OnnxNetwork.load(folder / "model.onnx", threads=1)
    options = {"imgsz": SIDE, "rect": False, "conf": CONF, "iou": IOU, "verbose": False}
    limits = {"conf": CONF, "iou": IOU, "max_det": 300}
    found = 0
    for path in find_samples().values():
        image = candidates_of(network, path, FLOOR)
        ours = detect_by_ultralytics(image, **limits, head=network.head)
        (result,) = YOLO(folder / "model.pt").predict(path, device="cpu", **options)
        if len(ours):
            assert_equal(ours, detections_of(result, task))
        found += len(ours)
        exported = candidates_of(onnx, path, FLOOR).candidates
        np.testing.assert_allclose(exported.boxes, image.candidates.boxes, atol=1e-3)
        np.testing.assert_allclose(exported.scores, image.candidates.scores, atol=1e-5)
    assert found > 0, "nothing is compared"


@pytest.mark.parametrize("kind", MODELS)
def test_without_trust_it_says_what_to_do(kind: str) -> None:
    with pytest.raises(UserError, match=r"is a YOLO(-World|E) model, .* set trust: true"):
        task_of(stored(kind))


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_not_served_is_named(kind: str) -> None:
    with pytest.raises(UserError, match=f"is {OTHERS[kind]}; only .*detection models.* work"):
        task_of(stored(kind))


def stored(kind: str) -> StoredModel:
    whole = StoredModule(f"ultralytics.nn.tasks.{kind}", {}, {})
    return StoredModel(frozenset(), {"": whole}, {})
