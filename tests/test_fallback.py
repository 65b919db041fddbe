"""The fallback: taken when an output cannot be right, marked, counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.comparison.fallback import FLOOD, NOTHING, fall_back, reasons, tally
from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.detection.decoding import Candidates
from parity.errors import UserError
from parity.files import read_json, write_json

THRESHOLDS = {"conf": 0.25, "iou": 0.45, "max_det": 3}


def record(name: str, boxes: list[list[float]], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "sha256": "",
        "height": 100,
        "width": 100,
        "reason": "",
        "boxes": boxes,
        "scores": [0.9] * len(boxes),
        "class_ids": [0] * len(boxes),
        **more,
    }


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
def test_reasons(each: dict[str, Any], best: float, expected: list[str]) -> None:
    assert reasons(each, best, classes=2, thresholds=THRESHOLDS, near=0.8) == expected


def write(folder: Path, name: str, arm: str, images: list[dict[str, Any]]) -> Path:
    made_by = {"arm": arm, "names": {"0": "cat", "1": "dog"}, "thresholds": THRESHOLDS}
    write_json(folder / name, "detections/1", {"made_by": made_by, "images": images})
    return folder / name


def test_falling_back_and_counting(tmp_path: Path) -> None:
    near = Candidates(
        np.zeros((1, 4), np.float32), np.array([0.24], np.float32), np.zeros(1, np.int32)
    )
    images = [ImageCandidates("a", ""), ImageCandidates("b", "", candidates=near)]
    CandidateBatch({}, images).save(tmp_path / "c.npz")
    ours = write(tmp_path, "o.json", "onnx-int8", [record("a", [GOOD]), record("b", [])])
    theirs = write(tmp_path, "p.json", "pytorch-rect", [record("a", []), record("b", [GOOD])])
    fall_back(tmp_path / "c.npz", ours, theirs, tmp_path / "f.json", near=0.8)
    first, second = read_json(tmp_path / "f.json", "detections/1")["images"]
    assert (first["taken_from"], first["why"], first["boxes"]) == ("onnx-int8", [], [GOOD])
    assert (second["taken_from"], second["why"]) == ("pytorch-rect", [NOTHING])
    assert second["boxes"] == [GOOD]
    assert tally([tmp_path / "f.json"]) == {
        "images": 2,
        "fallen_back": 1,
        "reasons": {NOTHING: 1},
        "named": [{"name": "b", "why": [NOTHING]}],
    }


def test_other_images_are_refused(tmp_path: Path) -> None:
    CandidateBatch({}, [ImageCandidates("a", "")]).save(tmp_path / "c.npz")
    ours = write(tmp_path, "o.json", "onnx-int8", [record("a", [GOOD])])
    theirs = write(tmp_path, "p.json", "pytorch-rect", [record("z", [])])
    with pytest.raises(UserError, match="differ in their images"):
        fall_back(tmp_path / "c.npz", ours, theirs, tmp_path / "f.json", near=0.8)
