"""Every head and shape agrees with ``predict`` exactly, on small networks of random weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.backends.inference import infer
from parity.backends.onnx_network import OnnxNetwork, describe_run
from parity.data.batch_files import BatchImage
from parity.detection.candidate_files import BakedThresholds, CandidateBatch, NetworkRun
from parity.detection.detect_batch import check_baked, detect_batch
from parity.detection.detection_files import Thresholds
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.documents import save
from parity.errors import UserError
from parity.model_files.description import describe_export, load_checked
from parity.postprocessing import postprocess as suppression
from parity.provenance import sha256
from tests.documents import network_run
from tests.random_models import make_random_checkpoint

CONF, IOU = 0.3, 0.5
SHAPES = [(96, 128), (96, 128), (128, 96), (50, 31), (64, 64)]

HEADS = {
    "yolo11": ("yolo11n.yaml", 5),
    "one_class": ("yolov8n.yaml", 1),
    "many_classes": ("yolo11n.yaml", 301),
    "yolo26": ("yolo26n.yaml", 4),
    "yolov10": ("yolov10n.yaml", 3),
}

EXPORTS = {
    "raw": ("yolo11", {"imgsz": [128, 128]}),
    "one_class": ("one_class", {"imgsz": [64, 64]}),
    "many_classes": ("many_classes", {"imgsz": [64, 64]}),
    "not_square": ("yolo11", {"imgsz": [64, 160]}),
    "dynamic": ("yolo11", {"imgsz": [128, 128], "dynamic": True}),
    "dynamic_not_square": ("yolo11", {"imgsz": [96, 160], "dynamic": True}),
    "batch_of_three": ("yolo11", {"imgsz": [128, 96], "batch": 3}),
    "suppressed": ("yolo11", {"imgsz": [128, 128], "nms": True, "conf": 0.2, "iou": IOU}),
    "suppressed_dynamic": ("yolo11", {"imgsz": [96, 96], "nms": True, "dynamic": True, "batch": 2}),
    "yolo26_raw": ("yolo26", {"imgsz": [96, 96]}),
    "yolo26_finished": ("yolo26", {"imgsz": [96, 96], "nms": False}),
    "yolo26_finished_batch": ("yolo26", {"imgsz": [64, 96], "nms": False, "batch": 2}),
    "yolov10_finished": ("yolov10", {"imgsz": [96, 96], "nms": False}),
    "yolov10_dynamic": ("yolov10", {"imgsz": [160, 160], "nms": False, "dynamic": True}),
}
FINISHED = {name for name, (_, options) in EXPORTS.items() if "nms" in options}


@dataclass(frozen=True)
class Made:
    """Makes checkpoints and exports once each."""

    folder: Path
    """Where they are kept."""

    def checkpoint(self, head: str) -> Path:
        """Return a checkpoint of random weights."""
        path = self.folder / f"{head}.pt"
        if not path.exists():
            architecture, classes = HEADS[head]
            make_random_checkpoint(architecture, "detect", classes, path)
        return path

    def export(self, name: str) -> Path:
        """Return an export of such a checkpoint."""
        from parity.backends.pytorch.export import export_onnx

        head, options = EXPORTS[name]
        path = self.folder / f"{name}.onnx"
        if not path.exists():
            export_onnx(self.checkpoint(head), path, **options)
        return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    import parity.backends.pytorch  # noqa: F401  sets up Ultralytics

    return Made(tmp_path_factory.mktemp("heads"))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[BatchImage]:
    """Return pictures of blurred noise in several shapes."""
    import cv2

    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    for number, (height, width) in enumerate(SHAPES):
        noise = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3)).astype(np.uint8)
        picture = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    paths = sorted(folder.iterdir())
    return [BatchImage(path.name, str(path), sha256(path)) for path in paths]


def predicted(path: Path, image: BatchImage, **options: Any) -> Detections:
    """Return what Ultralytics itself says."""
    import torch
    from ultralytics import YOLO

    model = YOLO(path, task="detect")
    options |= {"conf": CONF, "iou": IOU, "verbose": False, "device": "cpu"}
    torch.set_num_threads(1)
    (result,) = model.predict(image.path, **options)
    boxes = result.boxes
    return Detections(boxes.xyxy.numpy(), boxes.conf.numpy(), boxes.cls.numpy().astype(np.int32))


def detections(batch: CandidateBatch, detect: Any, head: NetworkHead) -> list:
    thresholds = {"conf": CONF, "iou": IOU, "max_det": 300}
    return [detect(image, **thresholds, head=head) for image in batch.images]


def assert_equal(found: Detections, expected: Detections) -> None:
    assert np.array_equal(found.scores, expected.scores)
    assert np.array_equal(found.class_ids, expected.class_ids)
    assert np.array_equal(found.boxes, expected.boxes)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_agrees_with_predict(name: str, made: Made, images: list[BatchImage]) -> None:
    path = made.export(name)
    _, options = EXPORTS[name]
    network = OnnxNetwork.load(path, threads=1)
    assert network.finished == (name in FINISHED)
    assert network.rect == options.get("dynamic", False)
    assert network.batch == (1 if network.rect else options.get("batch", 1))
    batch, _ = infer(network, images, floor=0.01, made_by=network_run())
    found = detections(batch, suppression.detect, network.head)
    expected = [predicted(path, image, imgsz=options["imgsz"]) for image in images]
    assert sum(map(len, expected)) > 0, "nothing is compared"
    for ours, theirs in zip(found, expected, strict=True):
        assert_equal(ours, theirs)


@pytest.mark.parametrize("rect", [True, False])
@pytest.mark.parametrize(
    ("head", "end2end"),
    [*((head, False) for head in HEADS), ("yolo26", True), ("yolov10", True)],
)
def test_the_reference_agrees_with_predict(
    head: str, end2end: bool, rect: bool, made: Made, images: list[BatchImage]
) -> None:
    from parity.backends.pytorch.network import PytorchNetwork
    from parity.backends.pytorch.postprocess import detect

    path, size = made.checkpoint(head), {"imgsz": [96, 128], "rect": rect}
    network = PytorchNetwork.load(path, **size, threads=1, device="cpu", end2end=end2end)
    assert network.head.finished == end2end
    batch, _ = infer(network, images, floor=0.01, made_by=network_run())
    found = detections(batch, detect, network.head)
    size["nms"] = False if end2end else None
    expected = [predicted(path, image, **size) for image in images]
    assert sum(map(len, expected)) > 0, "nothing is compared"
    for ours, theirs in zip(found, expected, strict=True):
        assert_equal(ours, theirs)


def test_a_head_that_is_not_there_is_refused(made: Made) -> None:
    from parity.backends.pytorch.network import PytorchNetwork

    options = {"imgsz": (64, 64), "rect": True, "threads": 1, "device": "cpu", "end2end": True}
    with pytest.raises(UserError, match="no head without NMS"):
        PytorchNetwork.load(made.checkpoint("yolo11"), **options)


@pytest.mark.parametrize(
    ("name", "end2end", "sentence"),
    [
        ("yolo26_finished", False, "needs no NMS; set nms: false"),
        ("suppressed", True, "needs NMS; leave out nms: false"),
        ("raw", True, "needs NMS; leave out nms: false"),
    ],
)
def test_a_head_that_was_not_expected_is_refused(
    name: str, end2end: bool, sentence: str, made: Made
) -> None:
    network = OnnxNetwork.load(made.export(name), threads=1)
    geometry = {"imgsz": network.imgsz, "rect": False, "export": name}
    network.check_geometry(**geometry, end2end=not end2end)
    with pytest.raises(UserError, match=sentence):
        network.check_geometry(**geometry, end2end=end2end)


def test_a_filled_batch_does_not_change_a_bit(made: Made, images: list[BatchImage]) -> None:
    network = OnnxNetwork.load(made.export("batch_of_three"), threads=1)
    together, _ = infer(network, images, floor=0.01, made_by=network_run())
    for image, joint in zip(images, together.images, strict=True):
        alone, _ = infer(network, [image], floor=0.01, made_by=network_run())
        assert np.array_equal(alone.images[0].candidates.boxes, joint.candidates.boxes)
        assert np.array_equal(alone.images[0].candidates.scores, joint.candidates.scores)


def test_half_precision_inputs_agree_with_predict(
    made: Made, images: list[BatchImage], tmp_path: Path
) -> None:
    import onnx

    model = onnx.load(made.export("raw"))
    (image_input,) = model.graph.input
    image_input.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    for node in model.graph.node:
        names = ["widened" if name == "images" else name for name in node.input]
        node.input[:] = names
    widen = onnx.helper.make_node("Cast", ["images"], ["widened"], to=onnx.TensorProto.FLOAT)
    model.graph.node.insert(0, widen)
    onnx.save(model, tmp_path / "half.onnx")
    network = OnnxNetwork.load(tmp_path / "half.onnx", threads=1)
    assert network.dtype == "float16"
    batch, _ = infer(network, images, floor=0.01, made_by=network_run())
    found = detections(batch, suppression.detect, NetworkHead())
    for ours, image in zip(found, images, strict=True):
        assert_equal(ours, predicted(tmp_path / "half.onnx", image, imgsz=[128, 128]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("suppressed", BakedThresholds(0.2, IOU)),
        ("suppressed_dynamic", BakedThresholds(0.25, 0.7)),  # what Ultralytics bakes by default
        ("raw", None),
        ("yolo26_finished", None),
    ],
)
def test_baked_thresholds_are_read_from_the_graph(
    name: str, expected: BakedThresholds | None, made: Made, tmp_path: Path
) -> None:
    path = made.export(name)
    described = describe_export(load_checked(path), path.stat().st_size)
    assert described.baked == expected
    save(tmp_path / "export.json", described)
    network = OnnxNetwork.load(path, threads=1)
    assert run_of(network, tmp_path / "export.json").baked == expected


def run_of(network: OnnxNetwork, description: Path) -> NetworkRun:
    asked: dict[str, Any] = {"runtime": "onnxruntime", "providers": ("CPUExecutionProvider",)}
    return describe_run(network, description, **asked, floor=0.01, threads=1)


def test_a_threshold_below_the_baked_one_is_refused(
    made: Made, images: list[BatchImage], tmp_path: Path
) -> None:
    path = made.export("suppressed")
    network = OnnxNetwork.load(path, threads=1)
    described = describe_export(load_checked(path), path.stat().st_size)
    save(tmp_path / "export.json", described)
    made_by = run_of(network, tmp_path / "export.json")
    batch, _ = infer(network, images, floor=0.01, made_by=made_by)
    batch.save(tmp_path / "candidates.npz")
    files = tmp_path / "candidates.npz", tmp_path / "detections.json"
    options: dict[str, Any] = {"arm": "onnx-suppressed", "detect": suppression.detect}
    with pytest.raises(UserError, match=r"thresholds\.conf is 0\.19, but .* up to 0\.2;"):
        detect_batch(*files, thresholds=Thresholds(0.19, IOU, 300), **options)
    detect_batch(*files, thresholds=Thresholds(0.2, IOU, 300), **options)


def test_another_baked_overlap_is_refused() -> None:
    baked = BakedThresholds(0.25, 0.7)
    check_baked("onnx-a", baked, Thresholds(0.25, 0.7, 300))
    check_baked("onnx-a", None, Thresholds(0.1, 0.7, 300))
    with pytest.raises(UserError, match=r"onnx-a: thresholds\.iou is 0\.45, but .* uses 0\.7; set"):
        check_baked("onnx-a", baked, Thresholds(0.3, 0.45, 300))
