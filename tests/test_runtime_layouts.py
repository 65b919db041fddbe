"""Files of a runtime's own with another layout of their tensors: found by running them."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from parity.backends.pytorch.packing import input_of, measured_conventions, raw_differences
from parity.backends.runtimes.runtime import RUNTIMES, Session
from parity.model_files.bundle_inspection import EXPLAINED
from tests.test_own_runtimes import need
from tests.test_packing import network

SIDE, CLASSES = 64, 3
SCALES = torch.tensor([float(SIDE)] * 4 + [1.0] * CLASSES).reshape(1, -1, 1)
SCALE_BYTES = 4
"""Bytes of a float32 in a flatbuffer."""


class Detector(torch.nn.Module):
    """A raw output, (1, 4 + classes, anchors), that depends on every channel of an image."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names
        self.convolution = torch.nn.Conv2d(3, 4 + CLASSES, 8, stride=8)
        random = np.random.default_rng(1)
        weights = random.normal(0, 0.3, self.convolution.weight.shape).astype(np.float32)
        weights = weights[:, ::-1].copy() if "bgr" in names else weights
        weights = weights[[1, 0, 3, 2, *range(4, 4 + CLASSES)]] if "y_first" in names else weights
        self.convolution.weight = torch.nn.Parameter(torch.from_numpy(weights))
        self.convolution.bias = torch.nn.Parameter(torch.zeros(4 + CLASSES))
        self.eval()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the raw output for an input that deviates as the names say."""
        if "nhwc" in self.names:
            image = image.permute(0, 3, 1, 2)
        if "pixels" in self.names:
            image = image / 255
        output = torch.sigmoid(self.convolution(image)).reshape(1, 4 + CLASSES, -1)
        output = output if "fractions" in self.names else output * SCALES
        return output.permute(0, 2, 1) if "transposed" in self.names else output


def example(names: tuple[str, ...]) -> torch.Tensor:
    return torch.zeros((1, SIDE, SIDE, 3) if "nhwc" in names else (1, 3, SIDE, SIDE))


def make_onnx(names: tuple[str, ...], folder: Path) -> Path:
    path = folder / "plain.onnx"
    torch.onnx.export(Detector(*names), (example(names),), str(path), dynamo=False)
    return path


def make_openvino(names: tuple[str, ...], folder: Path) -> Path:
    import openvino

    openvino.save_model(
        openvino.convert_model(make_onnx(names, folder)), folder / "m.xml", compress_to_fp16=False
    )
    return folder / "m.xml"


def make_mnn(names: tuple[str, ...], folder: Path) -> Path:
    import _tools
    import MNN  # noqa: F401 - the converter needs its libraries

    model = ["--modelFile", str(make_onnx(names, folder)), "--MNNModel", str(folder / "m.mnn")]
    _tools.mnnconvert(["", "-f", "ONNX", *model, "--bizCode", "{}"])
    return folder / "m.mnn"


def make_ncnn(names: tuple[str, ...], folder: Path) -> Path:
    pytest.importorskip("pnnx")
    torch.jit.trace(Detector(*names), example(names)).save(str(folder / "m.pt"))
    shape = f"torch.zeros(1, 3, {SIDE}, {SIDE})"
    convert = f"import pnnx, torch; pnnx.convert('m.pt', ({shape},), fp16=False)"
    command = [sys.executable, "-c", convert]  # it is a program with global state
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return folder / "m.ncnn.param"


def make_executorch(names: tuple[str, ...], folder: Path) -> Path:
    from executorch.exir import to_edge

    exported = torch.export.export(Detector(*names), (example(names),))
    (folder / "m.pte").write_bytes(to_edge(exported).to_executorch().buffer)
    return folder / "m.pte"


def make_litert(names: tuple[str, ...], folder: Path) -> Path:
    litert_torch = pytest.importorskip("litert_torch")
    litert_torch.convert(Detector(*names), (example(names),)).export(str(folder / "m.tflite"))
    return folder / "m.tflite"


MAKERS: dict[str, Callable[[tuple[str, ...], Path], Path]] = {
    "executorch": make_executorch,
    "litert": make_litert,
    "mnn": make_mnn,
    "ncnn": make_ncnn,
    "openvino": make_openvino,
}
LAYOUTS = [
    (),
    ("nhwc",),
    ("bgr",),
    ("pixels", "bgr"),
    ("nhwc", "fractions"),
    ("y_first", "transposed"),
]


def loaded(runtime: str, path: Path) -> Session:
    return RUNTIMES[runtime].load(path, threads=1, providers=())


def images() -> list[np.ndarray]:
    random = np.random.default_rng(2)
    pixels = [random.integers(0, 256, (1, 3, SIDE, SIDE)), np.full((1, 3, SIDE, SIDE), 114)]
    return [(each / 255).astype(np.float32) for each in pixels]


def truth() -> list[tuple[np.ndarray]]:
    with torch.no_grad():
        return [(Detector()(torch.from_numpy(each))[0].numpy(),) for each in images()]


@pytest.mark.parametrize("names", LAYOUTS, ids=lambda names: "+".join(names) or "usual")
@pytest.mark.parametrize("runtime", MAKERS)
def test_another_layout_is_found(runtime: str, names: tuple[str, ...], tmp_path: Path) -> None:
    need(runtime)
    if runtime == "ncnn" and "nhwc" in names:
        pytest.skip("files of NCNN do not state the shape of their input")
    path = MAKERS[runtime](names, tmp_path)
    session = loaded(runtime, path)
    _, _, by_shape = input_of(session, (SIDE, SIDE), path)
    found = measured_conventions(session.run, images(), truth(), by_shape, network())
    assert set(found.deviations) == set(names)
    output = found.read(session.run(found.fed(images()[0])))[0][0]
    np.testing.assert_allclose(output, truth()[0][0], atol=1e-3)


def quantised(folder: Path) -> Path:
    """Return a file in int8, which takes and returns int8, too."""
    quantizer = pytest.importorskip("ai_edge_quantizer")
    plain = make_litert((), folder)
    made = quantizer.Quantizer(str(plain))
    made.load_quantization_recipe(quantizer.recipe.static_wi8_ai8())
    data = {"serving_default": [{"args_0": each} for each in images()]}
    made.quantize(made.calibrate(data)).export_model(str(folder / "int8.tflite"))
    return folder / "int8.tflite"


def differences(path: Path) -> tuple[Any, Any]:
    session = loaded("litert", path)
    found = measured_conventions(session.run, images(), truth(), (), network())
    assert found.deviations == ()
    returned = found.read(session.run(images()[0]))
    return raw_differences([each[0] for each in returned], truth()[0], network())


def test_a_wrong_quantisation_parameter_is_found(tmp_path: Path) -> None:
    need("litert")
    path = quantised(tmp_path)
    within = partial(zip, EXPLAINED["int8"], strict=True)
    assert all(found <= most for most, found in within(differences(path)))
    content = bytearray(path.read_bytes())
    interpreter = importlib.import_module("ai_edge_litert.interpreter").Interpreter(str(path))
    interpreter.allocate_tensors()
    details = [
        each["quantization_parameters"]["scales"] for each in interpreter.get_tensor_details()
    ]
    (scales,) = [each for each in details if len(each) == 4 + CLASSES][:1]
    place = content.find(scales.astype(np.float32).tobytes())
    wrong = (scales * 4).astype(np.float32).tobytes()
    content[place : place + SCALE_BYTES * len(scales)] = wrong
    path.write_bytes(content)
    assert any(found > most for most, found in within(differences(path)))
