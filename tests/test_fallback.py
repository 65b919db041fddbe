"""The fallback: taken when an output cannot be right, marked, counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.comparison.fallback import (
    FLOOD,
    NOTHING,
    FallbackBatch,
    Fallbacks,
    FallenBack,
    count_fallbacks,
    fall_back,
    fallback_reasons,
)
from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detection_files import DetectionBatch, ImageDetections, MadeBy, Thresholds
from parity.documents import load, save
from parity.errors import UserError
from tests.documents import image_detections, network_run

THRESHOLDS = Thresholds(conf=0.25, iou=0.45, max_det=3)


def record(name: str, boxes: list[list[float]], **more: Any) -> ImageDetections:
    found = [(box, 0.9, 0) for box in boxes]
    return image_detections(*found, name=name, sha256="", width=100, **more)


GOOD = [10.0, 10.0, 50.0, 50.0]


@pytest.mark.parametrize(
    ("each", "best", "expected"),
    [
        (record("a", [GOOD]), 0.9, []),
        (record("a", []), 0.05, []),
        (record("a", []), 0.2, [NOTHING]),
        (record("a", [GOOD] * 3), 0.9, [FLOOD]),
        (record("a", [GOOD], non_finite=4), 0.9, ["non-finite output"]),
        (record("a", [[10.0, 10.0, 10.0, 50.0]]), 0.9, ["no area"]),
        (record("a", [[10.0, 10.0, 150.0, 50.0]]), 0.9, ["outside the image"]),
    ],
)
def test_reasons(each: ImageDetections, best: float, expected: list[str]) -> None:
    assert fallback_reasons(each, best, classes=2, thresholds=THRESHOLDS, near=0.8) == expected


def write(folder: Path, name: str, arm: str, images: list[ImageDetections]) -> Path:
    made_by = MadeBy(arm, {0: "cat", 1: "dog"}, THRESHOLDS)
    save(folder / name, DetectionBatch(made_by, images))
    return folder / name


def test_falling_back_and_counting(tmp_path: Path) -> None:
    near = Candidates(
        np.zeros((1, 4), np.float32), np.array([0.24], np.float32), np.zeros(1, np.int32)
    )
    images = [ImageCandidates("a", ""), ImageCandidates("b", "", candidates=near)]
    CandidateBatch(network_run(), images).save(tmp_path / "c.npz")
    ours = write(tmp_path, "o.json", "onnx-int8", [record("a", [GOOD]), record("b", [])])
    theirs = write(tmp_path, "p.json", "pytorch-rect", [record("a", []), record("b", [GOOD])])
    fall_back(tmp_path / "c.npz", ours, theirs, tmp_path / "f.json", near=0.8)
    first, second = load(tmp_path / "f.json", FallbackBatch).images
    assert (first.taken_from, first.why, first.boxes) == ("onnx-int8", [], [GOOD])
    assert (second.taken_from, second.why, second.boxes) == ("pytorch-rect", [NOTHING], [GOOD])
    assert load(tmp_path / "f.json", DetectionBatch).images[1].boxes == [GOOD]
    assert count_fallbacks([tmp_path / "f.json"]) == Fallbacks(
        images=2, fallen_back=1, reasons={NOTHING: 1}, named=[FallenBack("b", [NOTHING])]
    )


def test_other_images_are_refused(tmp_path: Path) -> None:
    CandidateBatch(network_run(), [ImageCandidates("a", "")]).save(tmp_path / "c.npz")
    ours = write(tmp_path, "o.json", "onnx-int8", [record("a", [GOOD])])
    theirs = write(tmp_path, "p.json", "pytorch-rect", [record("z", [])])
    with pytest.raises(UserError, match="list different images"):
        fall_back(tmp_path / "c.npz", ours, theirs, tmp_path / "f.json", near=0.8)
