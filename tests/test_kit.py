"""The kit for devices: the runner in C++ follows the contract, and the validator knows it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.data.sample_images import find_samples
from tests.conftest import ROOT

KIT = ROOT / "examples" / "kit"
HEADER = Path("/usr/include/opencv4/opencv2/dnn.hpp")
SIDE, CLASSES, ANCHORS = 64, 3, 8
BOX = [1.5, 2.5, 30.25, 40.125, 0.75, 1]


def module(name: str) -> ModuleType:
    """Return a file of the kit, which needs no project around it."""
    made = ModuleType(name)
    exec((KIT / f"{name}.py").read_text(), made.__dict__)  # noqa: S102
    return made


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the runner in C++, built with CMake."""
    if not (shutil.which("cmake") and shutil.which("g++") and HEADER.is_file()):
        pytest.skip("needs g++, cmake and Debian's libopencv-dnn-dev and libopencv-imgcodecs-dev")
    folder = tmp_path_factory.mktemp("build")
    for command in (["cmake", "-S", KIT / "cpp", "-B", folder], ["cmake", "--build", folder]):
        subprocess.run(command, check=True, capture_output=True)
    return folder / "runner"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return a folder of the samples that the runner reads."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, path in find_samples().items():
        if path.suffix in {".jpg", ".png"}:
            shutil.copy(path, folder / Path(name).name)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a detector whose scores depend on the mean colour, with boxes at fixed places."""
    places = np.random.default_rng(1).uniform(16, 48, (1, 4, ANCHORS)).astype(np.float32)
    weights = np.random.default_rng(2).normal(0, 3, (ANCHORS * CLASSES, 3, 1, 1)).astype(np.float32)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["images"], ["mean"]),
            helper.make_node("Conv", ["mean", "w"], ["logits"], kernel_shape=[1, 1]),
            helper.make_node("Reshape", ["logits", "shape"], ["flat"]),
            helper.make_node("Sigmoid", ["flat"], ["scores"]),
            helper.make_node("Conv", ["mean", "none", "places"], ["spread"], kernel_shape=[1, 1]),
            helper.make_node("Reshape", ["spread", "box_shape"], ["boxes"]),
            helper.make_node("Concat", ["boxes", "scores"], ["output0"], axis=1),
        ],
        "detector",
        [value("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [value("output0", TensorProto.FLOAT, [1, 4 + CLASSES, ANCHORS])],
        [
            numpy_helper.from_array(weights, "w"),
            numpy_helper.from_array(np.zeros((4 * ANCHORS, 3, 1, 1), np.float32), "none"),
            numpy_helper.from_array(places.ravel(), "places"),
            numpy_helper.from_array(np.array([1, CLASSES, ANCHORS]), "shape"),
            numpy_helper.from_array(np.array([1, 4, ANCHORS]), "box_shape"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=7)
    onnx.save(made, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def test_the_runner_returns_what_onnx_runtime_returns(
    runner: Path, images: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [runner, model, images, out, "--size", SIDE, "--conf", 0.3, "--raw"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    assert list(module("validate").mistakes(images, out, CLASSES)) == []
    boxes = json.loads((out / "boxes.json").read_text())
    names: dict[str, Any] = {"__name__": "example", "__doc__": ""}
    exec((ROOT / "examples" / "detect_onnx.py").read_text(), names)  # noqa: S102
    prepared = onnx.load(model)
    said = {"names": "{0: 'a', 1: 'b', 2: 'c'}", "stride": "32", "imgsz": f"[{SIDE}, {SIDE}]"}
    helper.set_model_props(prepared, said)
    onnx.save(prepared, model)
    detector = names["Detector"](str(model))
    for name, rows in boxes.items():
        image = cv2.imread(str(images / name))
        raw = np.fromfile(out / "raw" / f"{Path(name).stem}.bin", np.float32)
        fed = {"images": detector.preprocess(image)}
        expected = onnxruntime.InferenceSession(str(model)).run(None, fed)[0]
        np.testing.assert_allclose(raw, expected.ravel(), atol=1e-4)
        places, scores, labels = detector(image, conf=0.3, iou=0.45)
        found = np.array(rows).reshape(-1, 6)
        np.testing.assert_allclose(found[:, :4], places, atol=1e-3)
        np.testing.assert_allclose(found[:, 4], scores, atol=1e-5)
        np.testing.assert_array_equal(found[:, 5], labels)
    assert any(boxes.values())


def test_the_runner_says_what_it_cannot_load(runner: Path, images: Path, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    command = list(map(str, [runner, tmp_path / "model.onnx", images, tmp_path / "out"]))
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "error: " in done.stderr


def test_preparing_changes_no_number() -> None:
    value = helper.make_tensor_value_info
    strides = np.array([[8.0, 16.0, 32.0]], np.float32)
    graph = helper.make_graph(
        [helper.make_node("Mul", ["boxes", "strides"], ["scaled"])],
        "head",
        [value("boxes", TensorProto.FLOAT, [1, 4, 3])],
        [value("scaled", TensorProto.FLOAT, [1, 4, 3])],
        [numpy_helper.from_array(strides, "strides")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=7)
    boxes = np.random.default_rng(3).random((1, 4, 3), np.float32)
    runs = []
    for each in (
        model,
        module("prepare").prepare(onnx.load_from_string(model.SerializeToString())),
    ):
        session = onnxruntime.InferenceSession(each.SerializeToString())
        runs.append(session.run(None, {"boxes": boxes})[0])
    np.testing.assert_array_equal(runs[1], boxes * strides)
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "boxes.json does not exist"),
        ('{"a.jpg": [', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "should be an object with a list of boxes for each image"),
        ({"a.jpg": [BOX]}, "b.jpg: no list; an image without boxes has []"),
        ({"a.jpg": [BOX], "b.jpg": [], "c.jpg": []}, "c.jpg: there is no such image"),
        ({"a.jpg": [BOX[:5]], "b.jpg": []}, "a.jpg, box 1: should be six finite numbers"),
        ({"a.jpg": [[10**400, *BOX[1:]]], "b.jpg": []}, "box 1: should be six finite numbers"),
        ({"a.jpg": [[*BOX[:4], float("nan"), 1]], "b.jpg": []}, "box 1: should be six finite"),
        ({"a.jpg": [[30, 40, 10, 20, 0.5, 1]], "b.jpg": []}, "corners are expected, not centre"),
        ({"a.jpg": [[-1, 2, 30, 40, 0.5, 1]], "b.jpg": []}, "lies outside the image"),
        ({"a.jpg": [[1, 2, 30, 40, 93, 1]], "b.jpg": []}, "the score is 93; expected 0 to 1"),
        ({"a.jpg": [[1, 2, 30, 40, 0.9, 3]], "b.jpg": []}, "the class is 3; expected a whole"),
        ({"a.jpg": [[0.1, 0.2, 0.3, 0.4, 0.9, 1]], "b.jpg": []}, "coordinates are fractions"),
        ({"a.jpg": [], "b.jpg": []}, "no image has a box"),
    ],
)
def test_a_mistake_in_the_boxes_gets_a_sentence(content: object, said: str, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "boxes.json").write_text(text)
    found = list(module("validate").mistakes(tmp_path, tmp_path, CLASSES))
    assert len(found) == 1
    assert said in found[0]


def test_a_mistake_in_the_raw_outputs_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "boxes.json").write_text(json.dumps({"a.jpg": [BOX], "b.jpg": []}))
    for name, size in (("a.bin", 8), ("b.bin", 6), ("c.bin", 8)):
        (tmp_path / "raw" / name).write_bytes(bytes(size))
    found = " ".join(module("validate").mistakes(tmp_path, tmp_path, CLASSES))
    for said in ("c.bin: there is no such image", "different sizes", "should hold float32 numbers"):
        assert said in found


def test_raw_outputs_of_another_layout_get_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for name in ("a.jpg", "a.png"):
        (tmp_path / name).touch()
    (tmp_path / "boxes.json").write_text(json.dumps({"a.jpg": [BOX], "a.png": []}))
    (tmp_path / "raw" / "a.bin").write_bytes(bytes(4 * 6 * ANCHORS))
    first, second = module("validate").mistakes(tmp_path, tmp_path, CLASSES)
    assert "images whose names differ in the suffix alone share a file" in first
    assert "should hold 4 + 3 numbers for each anchor" in second


def test_a_folder_that_is_none_gets_a_sentence(tmp_path: Path) -> None:
    (said,) = module("validate").mistakes(tmp_path / "none", tmp_path, CLASSES)
    assert said.endswith("none is no folder")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--imgsz", "64"], "--imgsz is no option"),
        (["--size"], "--size needs a number, not ''"),
        (["--conf", "0,25"], "--conf needs a number, not '0,25'"),
    ],
)
def test_the_runner_refuses_other_options(
    words: list[str], said: str, runner: Path, images: Path, model: Path
) -> None:
    command = [*map(str, (runner, model, images, images.parent / "out")), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, said in done.stderr) == (1, True)


def test_the_runner_needs_images(runner: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    command = [*map(str, (runner, model, tmp_path / "empty", tmp_path / "out"))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, "empty holds no image" in done.stderr) == (1, True)


def test_the_validator_is_a_command(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    command = [sys.executable, KIT / "validate.py", tmp_path, tmp_path, "--classes", "3"]
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    assert (done.returncode, "boxes.json does not exist" in done.stdout) == (1, True)
