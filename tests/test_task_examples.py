"""The files that users copy for other tasks return what the arms return, and need no more."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from parity.backends.bare import limit_threads
from parity.backends.onnx_network import OnnxNetwork
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.postprocessing.postprocess import detect
from tests.conftest import ROOT
from tests.test_task_arms import (  # noqa: F401  a fixture
    PHOTOGRAPHS,
    Arms,
    arms,
    candidates_of,
    predicted,
)

CLASSES = {
    "segment": "Segmenter",
    "pose": "PoseEstimator",
    "obb": "OrientedDetector",
    "classify": "Classifier",
}
COLUMNS = {
    "segment": ("boxes", "scores", "class_ids", "masks"),
    "pose": ("boxes", "scores", "class_ids", "keypoints"),
    "obb": ("oriented", "scores", "class_ids"),
}
MOST_LINES = 160


def example_of(task: str) -> Path:
    return ROOT / "examples" / f"{task}_onnx.py"


@pytest.mark.parametrize("task", CLASSES)
def test_an_example_is_short_and_needs_three_packages(task: str) -> None:
    text = example_of(task).read_text()
    assert len(text.splitlines()) <= MOST_LINES
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported - sys.stdlib_module_names == {"cv2", "numpy", "onnxruntime"}


def test_an_example_agrees_with_the_arm(arms: Arms) -> None:  # noqa: F811
    assert_example_agrees(arms, find_samples().values())


@pytest.mark.nightly
def test_an_example_agrees_on_photographs(arms: Arms, coco_images: list[Path]) -> None:  # noqa: F811
    assert_example_agrees(arms, coco_images[:PHOTOGRAPHS])


def assert_example_agrees(arms: Arms, pictures: Iterable[Path]) -> None:  # noqa: F811
    """Assert that an example returns what the arm of its task returns, to the bit."""
    names: dict[str, Any] = {"__name__": "example", "__doc__": ""}
    path = example_of(arms.task)
    exec(compile(path.read_text(), path, "exec"), names)  # noqa: S102
    own = names[CLASSES[arms.task]](arms.export)
    network = OnnxNetwork.load(arms.export, threads=1)
    for picture in pictures:
        if arms.task == "classify":
            (expected,) = network.forward_batch([network.preprocess(read_image(picture))])[0]
            np.testing.assert_array_equal(own(read_image(picture)), expected)
            continue
        for conf, iou in ((0.25, 0.7), (0.05, 0.45), (0.999, 0.5)):
            head = replace(network.head, native_masks=True)
            options = {"conf": conf, "iou": iou, "max_det": 300, "head": head}
            expected = detect(candidates_of(network, picture), **options)
            returned = own(read_image(picture), conf, iou)
            for name, value in zip(COLUMNS[arms.task], returned, strict=True):
                wanted = getattr(expected, name)
                if wanted is None:  # nothing was found
                    assert len(value) == 0
                else:
                    np.testing.assert_array_equal(value, wanted, err_msg=name)


def test_an_example_agrees_with_predict_on_the_export(
    arms: Arms,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = onnxruntime.InferenceSession
    monkeypatch.setattr(session, "__init__", session.__init__)  # puts it back afterwards
    limit_threads(1)
    names: dict[str, Any] = {"__name__": "example", "__doc__": ""}
    path = example_of(arms.task)
    exec(compile(path.read_text(), path, "exec"), names)  # noqa: S102
    picture = find_samples()["bus.jpg"]
    limits = {"conf": 0.25, "iou": 0.7}
    expected = predicted(arms, picture, native=True, file=arms.export, **limits)
    own = names[CLASSES[arms.task]](arms.export)
    if arms.task == "classify":
        scores = own(read_image(picture))
        np.testing.assert_array_equal(np.sort(scores), np.sort(expected.scores))
        return
    for name, value in zip(COLUMNS[arms.task], own(read_image(picture), **limits), strict=True):
        wanted = getattr(expected, name)
        if name == "masks":
            assert (value != wanted).sum() <= len(value)  # px whose logit is zero within float32
        else:
            np.testing.assert_array_equal(value, wanted, err_msg=name)


def test_an_example_has_a_command_line(arms: Arms) -> None:  # noqa: F811
    command = [sys.executable, example_of(arms.task), arms.export, find_samples()["bus.jpg"]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "bus.jpg: " in done.stdout
