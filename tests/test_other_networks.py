"""Other networks as hypotheses."""

from pathlib import Path

import numpy as np

from parity.backends.onnx_network import OnnxNetwork
from parity.diagnosis.other_networks import load_as_fp16, other_networks
from parity.model_files.weights import is_fp32


def test_the_other_exports_and_an_fp16_conversion_are_tried(
    yolo11n_onnx: Path, tmp_path: Path
) -> None:
    networks = {"fp32": str(yolo11n_onnx), "dynamic": str(yolo11n_onnx)}
    found = other_networks(networks, "fp32", tmp_path, threads=1)
    assert list(found) == ["dynamic", "fp32_as_fp16"]
    assert Path(found["fp32_as_fp16"]().path).parent == tmp_path, "its softmax may be cut off later"


def test_a_conversion_to_fp16_has_other_numbers_by_little(
    yolo11n_onnx: Path, tmp_path: Path
) -> None:
    """fp16 holds three digits and a half."""
    assert is_fp32(yolo11n_onnx)
    tensor = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    exact = OnnxNetwork.load(yolo11n_onnx, threads=1).forward(tensor)
    half = load_as_fp16(yolo11n_onnx, tmp_path / "half.onnx", threads=1).forward(tensor)
    apart = np.abs(half - exact).max()
    assert 0 < apart < 0.02 * np.abs(exact).max()
