"""The file that users copy returns what the ONNX arm returns, bit for bit, and needs no more."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from parity.backends.inference import infer
from parity.backends.onnx_network import OnnxNetwork
from parity.data.batch_files import BatchImage
from parity.data.reading import read_image
from parity.detection.head import NetworkHead
from parity.postprocessing.postprocess import detect
from parity.provenance import sha256
from tests.conftest import ROOT
from tests.documents import network_run

EXAMPLE = ROOT / "examples" / "detect_onnx.py"


@pytest.fixture(scope="module")
def example() -> Any:
    """Return the names that the file defines, without installing or importing anything else."""
    names: dict[str, Any] = {"__name__": "detect_onnx"}
    exec(compile(EXAMPLE.read_text(), EXAMPLE, "exec"), names)  # noqa: S102
    return names


def test_it_is_short_and_needs_three_packages() -> None:
    text = EXAMPLE.read_text()
    assert len(text.splitlines()) <= 120
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported - sys.stdlib_module_names == {"cv2", "numpy", "onnxruntime"}


@pytest.mark.parametrize("thresholds", [(0.25, 0.45), (0.05, 0.7), (0.999, 0.5)])
@pytest.mark.parametrize("rect", [True, False])
def test_it_agrees_with_the_arm(
    rect: bool,
    thresholds: tuple[float, float],
    example: Any,
    yolo11n_onnx: Path,
    coco_images: list[Path],
) -> None:
    conf, iou = thresholds
    chosen = coco_images[::16]
    detector = example["Detector"](yolo11n_onnx)
    detector.dynamic = rect
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=rect)
    images = [BatchImage(path.name, str(path), sha256(path)) for path in chosen]
    batch, _ = infer(network, images, floor=0.01, made_by=network_run())
    for path, image in zip(chosen, batch.images, strict=True):
        expected = detect(image, conf=conf, iou=iou, max_det=300, head=NetworkHead())
        boxes, scores, class_ids = detector(read_image(path), conf, iou)
        assert np.array_equal(boxes, expected.boxes)
        assert np.array_equal(scores, expected.scores)
        assert np.array_equal(class_ids, expected.class_ids)
        assert boxes.dtype == scores.dtype == np.float32


def test_it_has_a_command_line(yolo11n_onnx: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), noise)
    from parity.data.sample_images import find_samples

    picture = find_samples()["bus.jpg"]
    command = [sys.executable, EXAMPLE, yolo11n_onnx, tmp_path / "noise.png", picture]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) >= 4
    pattern = r".+: [a-z ]+ [01]\.\d{3} at( \d+\.\d){4}"
    assert [line for line in lines if not re.fullmatch(pattern, line)] == []
