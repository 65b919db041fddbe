"""The ONNX arm: torch-free, and bit-equal to what Ultralytics makes of the same file."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image
from ultralytics import YOLO

from parity.backends.inference import count_non_finite, infer
from parity.backends.onnx_network import OnnxNetwork
from parity.comparison.output_checks import failed_checks
from parity.data.batch_files import BatchImage
from parity.data.sample_images import find_samples
from parity.detection.candidate_files import CandidateBatch
from parity.detection.detect_batch import detect_batch
from parity.detection.detection_files import DetectionBatch, Thresholds
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.documents import load
from parity.errors import UserError
from parity.postprocessing.postprocess import detect
from parity.provenance import sha256
from tests.conftest import ROOT
from tests.documents import network_run

PAIRS = [(0.25, 0.45), (0.25, 0.7), (0.05, 0.6), (0.01, 0.3)]
METADATA = {
    "imgsz": "[64, 64]",
    "names": "{0: 'person', 1: 'car'}",
    "stride": "32",
    "task": "detect",
}


def as_batch(paths: list[Path]) -> list[BatchImage]:
    """Return images as a job is given them."""
    return [BatchImage(path.name, str(path), sha256(path)) for path in paths]


def candidates_of(network: Any, paths: list[Path]) -> CandidateBatch:
    """Run a network over images."""
    return infer(network, as_batch(paths), floor=0.005, made_by=network_run())[0]


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the sample images, and a picture that is nearly a line."""
    line = tmp_path_factory.mktemp("pictures") / "line.png"
    noise = np.random.default_rng(0).integers(0, 256, (3, 500, 3), np.uint8)
    Image.fromarray(noise).save(line)
    return [*find_samples().values(), line]


IMPORTS = """
import sys
import {modules}
tops = {{name.partition(".")[0] for name in sys.modules}}
heavy = {{"torch", "torchvision", "ultralytics"}} & tops
sys.exit(f"imports {{heavy}}" if heavy else 0)
"""


@pytest.mark.parametrize(
    "modules",
    [
        "parity.backends.onnx_network",
        "parity.backends.inference",
        "scripts.infer_onnx",
        "scripts.detect_onnx",
        "scripts.compare, scripts.summarise",
        "parity.planning.plan_run, parity.planning.config",
    ],
)
def test_it_imports_neither_torch_nor_ultralytics(modules: str) -> None:
    code = IMPORTS.format(modules=modules)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr


RUN = """
import sys
sys.modules["torch"] = sys.modules["torchvision"] = sys.modules["ultralytics"] = None
from pathlib import Path
from parity.backends.inference import infer_batch
from parity.backends.onnx_network import OnnxNetwork
from parity.data.batch_plan import plan_batches
from parity.detection.candidate_files import NetworkRun
from parity.detection.detect_batch import detect_batch
from parity.detection.detection_files import Thresholds
from parity.postprocessing.postprocess import detect
from parity.detection.head import NetworkHead
onnx, image, folder = map(Path, sys.argv[1:])
plan_batches({image.name: image}, images_per_job=64, note="", directory=folder)
network = OnnxNetwork.load(onnx, threads=1)
made_by = NetworkRun(
    model_sha256="", imgsz=network.imgsz, rect=network.rect, head=network.head,
    names=network.names, floor=0.01, threads=1, versions={},
)
infer_batch(network, folder / "00000.json", floor=0.01, made_by=made_by,
            destination=folder / "found.npz", seconds=folder / "seconds.json")
thresholds = Thresholds(conf=0.25, iou=0.45, max_det=300)
detect_batch(folder / "found.npz", folder / "detections.json",
             arm="onnx-fp32", thresholds=thresholds, detect=detect)
"""


def test_it_runs_where_torch_cannot_be_imported(yolo11n_static: Path, tmp_path: Path) -> None:
    bus = find_samples()["bus.jpg"]
    command = [sys.executable, "-c", RUN, str(yolo11n_static), str(bus), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    (image,) = load(tmp_path / "detections.json", DetectionBatch).images
    scores = [round(score, 4) for score in image.scores if score is not None]
    assert scores == [0.9392, 0.902, 0.8493, 0.8328, 0.3993]


def by_ultralytics(model: YOLO, path: Path, conf: float, iou: float, **options: Any) -> np.ndarray:
    """Return box, score and class of what ``predict`` finds."""
    (result,) = model.predict(path, conf=conf, iou=iou, verbose=False, device="cpu", **options)
    return result.boxes.data.numpy()


@pytest.mark.parametrize("kind", ["static", "dynamic"])
def test_detections_are_bit_equal_to_those_of_ultralytics(
    kind: str, request: pytest.FixtureRequest, samples: list[Path]
) -> None:
    path = request.getfixturevalue("yolo11n_static" if kind == "static" else "yolo11n_onnx")
    network = OnnxNetwork.load(path, threads=1)
    assert network.rect == (kind == "dynamic")
    model = YOLO(path, task="detect")
    found = 0
    for image in candidates_of(network, samples).images:
        source = next(path for path in samples if path.name == image.name)
        for conf, iou in PAIRS:
            theirs = by_ultralytics(model, source, conf, iou, imgsz=640)
            ours = detect(image, conf=conf, iou=iou, max_det=300, head=NetworkHead())
            np.testing.assert_array_equal(ours.boxes, theirs[:, :4])
            np.testing.assert_array_equal(ours.scores, theirs[:, 4])
            np.testing.assert_array_equal(ours.class_ids, theirs[:, 5])
            found += len(theirs)
    assert found > 50


def toy(path: Path, metadata: dict[str, str], rows: int = 6, **changes: Any) -> Path:
    """Write a network that returns the same whatever it is shown: its third input row."""
    shape = changes.get("input_shape", [1, 3, 64, 64])
    kind = changes.get("input_type", TensorProto.FLOAT)
    output = np.asarray(changes.get("output", np.zeros((1, rows, 7), np.float32)))
    nodes = [
        helper.make_node("Constant", [], ["output0"], value=onnx.numpy_helper.from_array(output)),
        helper.make_node("Identity", ["images"], ["unused"]),
    ]
    values = [
        helper.make_tensor_value_info("images", kind, shape),
        helper.make_tensor_value_info("output0", TensorProto.FLOAT, output.shape),
        helper.make_tensor_value_info("unused", kind, shape),
    ]
    graph = helper.make_graph(nodes, "toy", values[:1], values[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return path


def test_a_network_is_read_from_its_own_metadata(tmp_path: Path) -> None:
    network = OnnxNetwork.load(toy(tmp_path / "toy.onnx", METADATA), threads=1)
    assert (network.imgsz, network.stride, network.rect) == ((64, 64), 32, False)
    assert network.names == {0: "person", 1: "car"}
    assert not network.finished


MISTAKES = [
    (lambda p: toy(p, {}), "lacks the metadata that Ultralytics writes", "no metadata"),
    (
        lambda p: toy(p, METADATA | {"imgsz": "640.5"}),
        "imgsz is '640.5'; expected height",
        "a size of half a px",
    ),
    (
        lambda p: toy(p, METADATA | {"names": "names"}),
        "names is 'names'; expected a name",
        "names that are none",
    ),
    (lambda p: toy(p, METADATA | {"stride": "x"}), "stride is 'x'; expected a whole", "no stride"),
    (lambda p: toy(p, METADATA | {"task": "depth"}), "for the task 'depth'", "task"),
    (
        lambda p: toy(p, METADATA, rows=9),
        "returns [1, 9, 7]; expected [batch, 4 + 2 classes, anchors]",
        "more classes than names",
    ),
    (
        lambda p: toy(p, METADATA, output=np.zeros((1, 25200, 7), np.float32)),
        "returns [1, 25200, 7]; expected [batch, 4 + 2",
        "the layout of YOLOv5",
    ),
    (
        lambda p: toy(p, METADATA, output=np.zeros((1, 6, 8, 8), np.float32)),
        "returns [1, 6, 8, 8]; expected",
        "feature maps instead of boxes",
    ),
    (lambda p: toy(p, METADATA, input_shape=[1, 1, 64, 64]), "takes [1, 1, 64, 64]", "grey"),
    (lambda p: toy(p, METADATA, input_shape=[1, 64, 64, 3]), "takes [1, 64, 64, 3]", "NHWC"),
    (lambda p: toy(p, METADATA, input_shape=[3, 64, 64]), "takes [3, 64, 64]", "no batch"),
    (
        lambda p: toy(p, METADATA, input_type=TensorProto.UINT8),
        "takes tensor(uint8); expected float",
        "bytes",
    ),
    (lambda p: p.write_bytes(b""), "ONNX Runtime cannot load it", "an empty file"),
    (lambda p: p.write_bytes(b"text"), "ONNX Runtime cannot load it", "no ONNX file"),
    (lambda p: p.mkdir(), "ONNX Runtime cannot load it", "a folder"),
    (lambda p: None, "ONNX Runtime cannot load it", "no file"),  # noqa: ARG005
]


@pytest.mark.parametrize(("make", "said", "reason"), MISTAKES)
def test_what_is_no_network_says_so(
    tmp_path: Path, make: Callable[[Path], object], said: str, reason: str
) -> None:
    make(tmp_path / "toy.onnx")
    with pytest.raises(UserError) as caught:
        OnnxNetwork.load(tmp_path / "toy.onnx", threads=1)
    assert said in str(caught.value), reason
    assert "toy.onnx" in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "said", "reason"),
    [
        ({"rect": True}, "is fixed; set dynamic: false", "fixed, where dynamic was expected"),
        (
            {"imgsz": (64, 32)},
            "is 64x64 px; imgsz is [64, 32]. Set imgsz: [64, 64]",
            "another size",
        ),
    ],
)
def test_a_given_file_of_another_geometry_says_so(
    tmp_path: Path, asked: dict[str, Any], said: str, reason: str
) -> None:
    network = OnnxNetwork.load(toy(tmp_path / "toy.onnx", METADATA), threads=1)
    fitting = {"imgsz": (64, 64), "rect": False, "end2end": False, "export": "own"}
    network.check_geometry(**fitting)
    with pytest.raises(UserError) as caught:
        network.check_geometry(**fitting | asked)
    assert str(caught.value).startswith("exports.own: "), reason
    assert said in str(caught.value), reason


def anchors(*rows: list[float]) -> np.ndarray:
    """Return a raw output of seven anchors, the first of which are given."""
    output = np.zeros((1, 6, 7), np.float32)
    for i, row in enumerate(rows):
        output[0, :, i] = row
    return output


@pytest.mark.parametrize(
    ("output", "checks", "detections", "reason"),
    [
        (anchors([32, 32, 9, 9, 0.9, 0.1]), [], 1, "a good network"),
        (np.full((1, 6, 7), np.nan, np.float32), ["non-finite output"], 0, "nothing but NaN"),
        (
            anchors([32, 32, 9, 9, 0.9, 0.1], [1, 1, 1, 1, np.nan, 0]),
            ["non-finite output"],
            1,
            "one NaN, which no detection shows",
        ),
        (
            anchors([np.nan, 32, 9, 9, 0.9, 0.1]),
            ["non-finite output", "non-finite"],
            1,
            "a box that is no number",
        ),
        (
            anchors([32, 32, 9, 9, np.inf, 0.1]),
            ["non-finite output", "non-finite"],
            1,
            "an endless score",
        ),
        (anchors([32, 32, 0, 0, 0.9, 0.1]), ["no area"], 1, "a runtime that returns zeros"),
        (anchors([32, 32, 9, 9, 90, 0.1]), ["score outside (0, 1]"], 1, "not activated"),
    ],
)
def test_what_a_broken_network_returns_fails_a_check(
    tmp_path: Path, output: np.ndarray, checks: list[str], detections: int, reason: str
) -> None:
    network = OnnxNetwork.load(toy(tmp_path / "toy.onnx", METADATA, output=output), threads=1)
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    made_by = network_run(names={0: "person", 1: "car"})
    batch, _ = infer(network, as_batch([tmp_path / "a.png"]), floor=0.01, made_by=made_by)
    batch.save(tmp_path / "candidates.npz")
    detect_batch(
        tmp_path / "candidates.npz",
        tmp_path / "found.json",
        arm="onnx-toy",
        thresholds=Thresholds(conf=0.25, iou=0.45, max_det=300),
        detect=detect,
    )
    (record,) = load(tmp_path / "found.json", DetectionBatch).images
    assert len(record.scores) == detections, reason
    assert sorted(failed_checks(record, 2)) == sorted(checks), reason
    assert record.non_finite == np.count_nonzero(~np.isfinite(output))


@pytest.mark.parametrize(
    ("values", "expected", "reason"),
    [
        ([0, 1, -1e30], 0, "numbers"),
        ([3e38, 3e38, -3e38], 0, "a sum beyond float32"),
        ([np.nan, 1], 1, "one NaN"),
        ([np.inf, -np.inf], 2, "two that cancel out"),
        ([], 0, "nothing"),
    ],
)
def test_numbers_that_are_none_are_counted(values: list[float], expected: int, reason: str) -> None:
    assert count_non_finite(np.array(values, np.float32)) == expected, reason


def test_an_unreadable_image_keeps_its_place_and_reason(
    yolo11n_static: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("text")
    bus = find_samples()["bus.jpg"]
    paths = [tmp_path / "empty.jpg", bus, tmp_path / "text.png", bus]
    found = candidates_of(OnnxNetwork.load(yolo11n_static, threads=1), paths).images
    assert [image.name for image in found] == ["empty.jpg", "bus.jpg", "text.png", "bus.jpg"]
    assert [bool(image.reason) for image in found] == [True, False, True, False]
    assert found[1].candidates.boxes.tolist() == found[3].candidates.boxes.tolist()
    assert (found[1].image_shape, found[1].input_shape) == ((1080, 810), (640, 640))
    assert (found[0].image_shape, found[0].input_shape) == ((0, 0), (0, 0))


def test_the_order_and_company_of_images_change_nothing(
    yolo11n_onnx: Path, samples: list[Path]
) -> None:
    network = OnnxNetwork.load(yolo11n_onnx, threads=1)
    forwards = {image.name: image for image in candidates_of(network, samples).images}
    for image in candidates_of(network, samples[::-1]).images:
        one = Detections(*vars(image.candidates).values())
        other = Detections(*vars(forwards[image.name].candidates).values())
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.scores, other.scores)
