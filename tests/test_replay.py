"""Replaying deployments: inputs that are equal are one input."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.detection.head import NetworkHead


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
