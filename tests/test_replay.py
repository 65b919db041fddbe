"""Replaying deployments: inputs that are equal are one input."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.run import pipeline_of, run
from parity.detection.head import NetworkHead
from tests.conftest import Build
from tests.task_models import build_task


def test_the_order_of_colours_changes_no_grey_input(tmp_path: Path) -> None:
    coloured = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    images = {"coloured.png": coloured, "grey.png": coloured[..., :1].repeat(3, axis=2)}
    for name, pixels in images.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    network = SimpleNamespace(head=NetworkHead(), imgsz=(64, 64))
    replayer = Replayer(network, {name: tmp_path / name for name in images})
    bgr = Pipeline(colours="bgr")
    for name in images:
        same = replayer.input_of(bgr, name) == replayer.input_of(Pipeline(), name)
        tensors = [replayer.tensor(each, name) for each in (bgr, Pipeline())]
        assert same == np.array_equal(*tensors) == (name == "grey.png")


def test_prototypes_of_masks_are_not_kept_with_each_deployment(
    yolo11n_pt: Path, build: Build
) -> None:
    network = OnnxNetwork.load(build_task(build, "segment", yolo11n_pt) / "model.onnx", threads=1)
    picture = find_samples()["bus.jpg"]
    replayer, pipeline = Replayer(network, {"bus.jpg": picture}), pipeline_of(network)
    found = replayer.detections(pipeline, "bus.jpg")
    assert found.masks is not None
    assert found.equals(run(pipeline, picture, network))
    kept = [*replayer._candidates.values(), *replayer._survivors.values()]
    assert [each.prototypes.size for each in kept] == [0, 0]
