"""The two numbers that say how far two arms agree."""

from typing import Any

import numpy as np
import pytest

from parity.comparison.agreement import f1, panoptic_quality
from parity.comparison.differences import compare_image
from parity.comparison.tolerances import Tolerance
from parity.comparison.totals import ComparisonTotals
from parity.detection.detection_files import ImageDetections
from tests.documents import image_detections

CAR, HALF_A_CAR = ([10.0, 10.0, 60.0, 40.0], 0.9, 2), ([10.0, 10.0, 60.0, 25.0], 0.8, 2)
BUS = ([100.0, 20.0, 180.0, 90.0], 0.8, 5)


def test_f1_is_symmetric_and_undefined_for_nothing() -> None:
    matched, one, other = np.array([0, 3]), np.array([0, 4]), np.array([0, 6])
    np.testing.assert_array_equal(f1(matched, one, other), f1(matched, other, one))
    np.testing.assert_allclose(f1(matched, one, other), [np.nan, 0.6])


@pytest.mark.parametrize(
    ("ours", "theirs", "expected", "reason"),
    [
        ([], [], 1.0, "nothing is missing"),
        ([CAR, BUS], [CAR, BUS], 1.0, "the same"),
        ([CAR], [HALF_A_CAR], 0.5, "a pair counts by its IoU"),
        ([CAR, BUS], [CAR], 2 / 3, "F1 where every pair covers exactly"),
        ([CAR], [BUS], 0.0, "nothing in common"),
    ],
)
def test_panoptic_quality(ours: Any, theirs: Any, expected: float, reason: str) -> None:
    one: ImageDetections = image_detections(*ours)
    totals = ComparisonTotals(Tolerance())
    totals.add(compare_image(one, image_detections(*theirs), iou=0.5))
    assert panoptic_quality(totals.results()) == pytest.approx(expected), reason
