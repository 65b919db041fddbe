"""Runtimes of an export: what is asked for, what is used, and further ones."""

import importlib.util
import logging
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.backends.onnx_network import OnnxNetwork
from parity.backends.runtimes.runtime import RUNTIMES, Runtime, TensorInfo
from parity.comparison.tolerances import Tolerance
from parity.data.sample_images import find_samples
from parity.errors import UserError
from parity.provenance import local_imports
from tests.conftest import ROOT

CPU = "CPUExecutionProvider"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file of a small model with the metadata of a detector."""
    weights = np.random.default_rng(3).normal(0, 1, (6, 3, 3, 3)).astype(np.float32)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["images", "w"], ["a"], "conv", pads=[1, 1, 1, 1]),
            helper.make_node("Flatten", ["a"], ["flat"], "flat", axis=2),
            helper.make_node("Reshape", ["flat", "shape"], ["output0"], "reshape"),
        ],
        "detector",
        [value("images", TensorProto.FLOAT, [1, 3, 32, 32])],
        [value("output0", TensorProto.FLOAT, [1, 6, 1024])],
        [
            numpy_helper.from_array(weights, "w"),
            numpy_helper.from_array(np.array([1, 6, 1024]), "shape"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    facts = {"imgsz": "[32, 32]", "names": "{0: 'a', 1: 'b'}", "stride": "32", "task": "detect"}
    helper.set_model_props(model, facts)
    onnx.save(model, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


CUDA = "CUDAExecutionProvider"


def check(path: Path, *providers: str, fallback: bool = False) -> None:
    network = OnnxNetwork.load(path, runtime="onnxruntime", providers=providers, threads=1)
    if CUDA in network.session.providers:
        pytest.skip("this machine has the provider")
    network.check_providers(providers=providers, fallback_provider=fallback, export="mine")


def test_a_provider_that_is_not_there_stops_the_run(path: Path) -> None:
    with pytest.raises(UserError, match=f"exports.mine: {CUDA} is not available") as said:
        check(path, CUDA, CPU)
    assert f"{CPU} would be measured instead" in str(said.value)


def test_it_is_passed_over_where_that_is_allowed(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        check(path, CUDA, CPU, fallback=True)
    assert f"{CUDA} is not available here; the export runs on {CPU}" in caplog.text


def test_the_provider_that_is_there_is_used_without_a_word(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check(path, CPU)
    assert not caplog.records


def test_cuda_detects_what_the_processor_does(yolo11n_onnx: Path) -> None:
    if CUDA not in onnxruntime.get_available_providers():
        pytest.skip("ONNX Runtime has no CUDA here: see requirements-cuda.txt")
    cuda, plain = (
        OnnxNetwork.load(yolo11n_onnx, threads=1, providers=(name,)) for name in (CUDA, CPU)
    )
    cuda.check_providers(providers=(CUDA,), fallback_provider=False, export="mine")
    assert cuda.session.executed_by == CUDA
    default = Tolerance()
    for sample in find_samples().values():
        tensor = plain.preprocess(plain.read(sample))
        off = np.abs(cuda.forward(tensor) - plain.forward(tensor))
        assert off[:4].max() < default.box_px
        assert off[4:].max() < default.score


def outputs(path: Path, runtime: str) -> np.ndarray:
    """Return what a runtime makes of a random image."""
    image = np.random.default_rng(4).integers(0, 255, (40, 30, 3), np.uint8)
    network = OnnxNetwork.load(path, runtime=runtime, threads=1)
    return network.forward(network.preprocess(image))


def test_opencv_computes_the_same(path: Path) -> None:
    np.testing.assert_allclose(outputs(path, "opencv"), outputs(path, "onnxruntime"), atol=1e-5)
    session = RUNTIMES["opencv"].load(path, threads=1, providers=())
    assert session.executed_by.startswith("OpenCV ")
    assert session.input == TensorInfo("images", (1, 3, 32, 32), "float32")


def test_opencv_runs_batches_and_open_axes(path: Path) -> None:
    model = onnx.load(path)
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for axis in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = f"axis{axis}"
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_param = "anchors"
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    stored["shape"].CopyFrom(numpy_helper.from_array(np.array([-1, 6, 2048]), "shape"))
    onnx.save(model, path)
    tensor = np.random.default_rng(5).random((2, 3, 32, 64), np.float32)
    (ours,), (theirs,) = (
        RUNTIMES[name].load(path, threads=1, providers=(CPU,)).run(tensor)
        for name in ("onnxruntime", "opencv")
    )
    np.testing.assert_allclose(theirs, ours, atol=1e-5)


def test_what_opencv_cannot_load_or_run_is_said(path: Path) -> None:
    model = onnx.load(path)
    model.graph.node[1].op_type = "NoSuchOperator"
    onnx.save(model, path)
    with pytest.raises(UserError, match=r"model.onnx: OpenCV.* cannot (load|run) it"):
        outputs(path, "opencv")
    model.graph.node[1].op_type = "NonMaxSuppression"
    onnx.save(model, path)
    with pytest.raises(UserError, match="has NonMaxSuppression in its graph, with which OpenCV"):
        outputs(path, "opencv")


def test_openvino_computes_the_same(path: Path) -> None:
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("OpenVINO is not installed: pip install -r requirements-openvino.txt")
    np.testing.assert_allclose(outputs(path, "openvino"), outputs(path, "onnxruntime"), atol=1e-5)
    session = RUNTIMES["openvino"].load(path, threads=1, providers=())
    assert session.executed_by.startswith("OpenVINO 20")


def test_openvino_that_is_not_installed(path: Path) -> None:
    if importlib.util.find_spec("openvino") is not None:
        pytest.skip("OpenVINO is installed")
    with pytest.raises(UserError, match=r"pip install -r requirements-openvino.txt"):
        OnnxNetwork.load(path, runtime="openvino", providers=[CPU], threads=1)


class Halving:
    """A runtime that computes nothing and returns half of what it is given."""

    input = TensorInfo("images", ("batch", 3, "height", "width"), "float32")
    outputs = (TensorInfo("output0", ("batch", 6, "anchors"), "float32"),)
    metadata: ClassVar = {
        "imgsz": "[32, 64]", "names": "{0: 'a', 1: 'b'}", "stride": "32", "task": "detect"
    }  # fmt: skip
    executed_by = "nothing"
    versions: ClassVar = {}
    providers = ()

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        return [tensor / 2]


def test_a_new_runtime_is_used_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    halving = Runtime("Halving", lambda path, *, threads, providers: Halving())  # noqa: ARG005
    monkeypatch.setattr(RUNTIMES, "_entries", {**RUNTIMES, "halving": halving})
    network = OnnxNetwork.load("no file", runtime="halving", threads=1)
    assert (network.imgsz, network.stride, network.rect) == ((32, 64), 32, True)
    tensor = np.ones((1, 3, 32, 64), np.float32)
    np.testing.assert_array_equal(network.forward(tensor), tensor[0] / 2)


LIGHT = """
import sys
from parity.backends.runtimes.runtime import RUNTIMES
print(*RUNTIMES)
packages = {"numpy", "onnx", "onnxruntime", "openvino", "cv2", "ai_edge_litert", "ncnn", "MNN"}
sys.exit(" ".join(packages & set(sys.modules)) or 0)
"""


def test_the_names_of_runtimes_cost_no_import_of_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(RUNTIMES)


def test_an_edit_of_a_runtime_concerns_the_rules_that_use_it_alone() -> None:
    used = {script: set[Path]() for script in ("infer_onnx", "infer_pytorch", "detect_pytorch")}
    for script, seen in used.items():
        queue = {ROOT / "scripts" / f"{script}.py"}
        while queue:
            seen.add(path := queue.pop())
            queue |= local_imports(path) - seen
    runtime = ROOT / "parity" / "backends" / "runtimes" / "onnxruntime.py"
    assert [script for script, seen in used.items() if runtime in seen] == ["infer_onnx"]
