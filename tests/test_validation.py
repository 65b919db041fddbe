"""Boxes that Ultralytics' ``val`` saved: recognised by thresholds and decimals."""

import json
from pathlib import Path

import numpy as np
import pytest

from parity.detection.detection_files import Printed
from parity.external.reader import load_external
from parity.external.validation import looks_like_val

VAL = Printed("px", 3, 5)
SCORES = np.linspace(0.00101, 0.9, 60)


@pytest.mark.parametrize(
    ("scores", "printed", "expected"),
    [
        (SCORES, VAL, True),
        (SCORES, Printed("px", 3, 4), False),
        (SCORES, Printed("fraction", 3, 5), False),
        (SCORES + 0.1, VAL, False),
        (SCORES[:10], VAL, False),
        (SCORES, None, False),
    ],
)
def test_val_is_recognised_by_its_threshold_and_its_decimals(
    scores: np.ndarray, printed: Printed | None, expected: bool
) -> None:
    assert looks_like_val(scores, printed) is expected


@pytest.mark.parametrize(("score", "expected"), [(0.00112, {0, 1}), (0.25112, {1, 2})])
def test_category_ids_of_val_count_from_one(
    tmp_path: Path, score: float, expected: set[int]
) -> None:
    records = [
        {
            "image_id": "a",
            "category_id": 1 + i % 2,
            "bbox": [10.123, 20.0, 30.0, 40.0],
            "score": round(score + 0.00113 * i, 5),
        }
        for i in range(60)
    ]
    path = tmp_path / "predictions.json"
    path.write_text(json.dumps(records))
    seen = load_external(path, {"a.jpg": (480, 640)}, {0: "cat", 1: "dog", 2: "bird"})
    assert {*seen.images["a.jpg"].class_ids.tolist()} == expected
