"""What is concluded from the counts of a sweep."""

import numpy as np
import pytest

from parity.comparison.threshold_grid import Axes
from parity.comparison.tuning import Point, Tuning, advise_thresholds, recommend, tune
from parity.detection.detection_files import Thresholds

THRESHOLDS = Thresholds(conf=0.25, iou=0.45, max_det=300)


def test_of_equally_good_thresholds_the_nearest_is_taken() -> None:
    axes = Axes.build({"conf": [0.1, 0.4], "iou": [0.45, 0.7]}, THRESHOLDS)
    shape = len(axes.tuned_iou), len(axes.tuned_conf)
    tuned, candidate = np.full(shape, 6), np.full(shape, 12)
    candidate[:, axes.tuned_conf.index(0.3) :] = 8
    found = tune(tuned, 10, candidate, axes)
    assert found.best_conf.conf == 0.3
    assert found.best == found.best_conf


def point(conf: float, missing: int, extra: int, iou: float = 0.45) -> Point:
    return Point(conf, iou, 100 - missing, missing, extra, 1.0)


@pytest.mark.parametrize(
    ("now", "conf", "both", "sentence"),
    [
        (
            point(0.25, 4, 10),
            point(0.31, 1, 1),
            point(0.31, 1, 1),
            (
                "For onnx-a, conf 0.31 instead of 0.25 removes 12 of 14 differences from "
                "pytorch-rect (missing 4 → 1, extra 10 → 1)."
            ),
        ),
        (
            point(0.25, 40, 60),
            point(0.3, 40, 59),
            point(0.3, 10, 20, 0.6),
            (
                "For onnx-a, conf 0.3 and iou 0.6 instead of 0.25 and 0.45 removes 70 of 100 "
                "differences from pytorch-rect (missing 40 → 10, extra 60 → 20)."
            ),
        ),
        (
            point(0.25, 4, 10),
            point(0.26, 4, 9),
            point(0.26, 4, 9),
            (
                "Keep onnx-a at conf 0.25: the best one, 0.26, gives 13 instead of 14 "
                "differences from pytorch-rect, which is no clear gain."
            ),
        ),
        (
            point(0.25, 0, 0),
            point(0.25, 0, 0),
            point(0.25, 0, 0),
            ("Keep onnx-a at conf 0.25: nothing is missing or extra compared with pytorch-rect."),
        ),
        (
            point(0.25, 2, 1),
            point(0.25, 2, 1),
            point(0.25, 2, 1),
            (
                "Keep onnx-a at conf 0.25: no other one agrees better with pytorch-rect "
                "(2 missing, 1 extra)."
            ),
        ),
    ],
    ids=["conf", "conf and iou", "no clear gain", "nothing differs", "already the best"],
)
def test_the_advice_is_one_sentence(now: Point, conf: Point, both: Point, sentence: str) -> None:
    tuning = Tuning(operating=now, best_conf=conf, best=both)
    assert advise_thresholds(tuning, reference="pytorch-rect", candidate="onnx-a") == sentence
    assert (recommend(tuning) is now) == sentence.startswith("Keep")
