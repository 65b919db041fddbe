"""Predicted boxes as they would have been printed: rounding is told from what is unexplained."""

import numpy as np
import pytest

from parity.detection.detection_files import Printed
from parity.diagnosis.evidence.misfit import Precision
from parity.diagnosis.evidence.printed_boxes import as_printed
from parity.external.observations import Observed
from tests.documents import image_detections

PRINTED = Printed("px", 1, 2)
TRUE = [10.04, 20.04, 60.04, 80.04]
ROUNDED = [10.0, 20.0, 60.0, 80.0]


@pytest.mark.parametrize(
    ("observed", "taken", "reason"),
    [
        ((ROUNDED, 0.91, 0), True, "rounded"),
        (([10.0, 20.0, 60.0, 80.2], 0.91, 0), False, "a side moved further than that"),
        ((ROUNDED, 0.93, 0), False, "another score"),
        ((ROUNDED, 0.91, 1), False, "another class"),
        ((ROUNDED, None, 0), True, "no score is stated"),
    ],
)
def test_what_rounding_explains_takes_the_printed_numbers(
    observed: tuple[list[float], float | None, int], taken: bool, reason: str
) -> None:
    predicted, found = image_detections((TRUE, 0.9123, 0)), image_detections(observed)
    printed = as_printed({"a.jpg": predicted}, {"a.jpg": found}, PRINTED)["a.jpg"]
    assert printed == (image_detections((ROUNDED, observed[1], 0)) if taken else predicted), reason
    assert predicted.boxes == [TRUE], "what was predicted stays"


def test_nothing_is_added_or_dropped() -> None:
    predicted = image_detections((TRUE, 0.9123, 0), ([100.0, 10.0, 150.0, 60.0], 0.5, 0))
    found = image_detections((ROUNDED, 0.91, 0), ([1.0, 1.0, 9.0, 9.0], 0.5, 0))
    printed = as_printed({"a.jpg": predicted}, {"a.jpg": found}, PRINTED)["a.jpg"]
    assert printed.boxes == [ROUNDED, predicted.boxes[1]]


def test_a_corner_that_is_a_sum_is_as_imprecise_as_both_numbers() -> None:
    observed = {"a.jpg": Observed(np.array([[1.0, 2.1, 40.2, 50.3]]), np.ones(1), np.zeros(1, int))}
    corners, sides = (
        Precision.of(observed, Printed("px", 1, 3, corner_error=error)) for error in (1.0, 2.0)
    )
    assert corners.box == pytest.approx(0.06)
    assert sides.box == pytest.approx(0.12), "x2 is x1 + width: each may be wrong by 0.05"


def test_half_a_width_of_one_decimal_is_not_known_to_two() -> None:
    """Centre 20.6 and width 39.1 give x1 = 1.05, which is no more precise than they are."""
    observed = {
        "a.jpg": Observed(np.array([[1.05, 2.1, 40.15, 50.3]]), np.ones(1), np.zeros(1, int))
    }
    centre = Precision.of(observed, Printed("px", 1, 3, corner_error=1.5))
    assert centre.box == pytest.approx(0.09)


def test_in_another_unit_precision_grows_with_the_coordinates():
    boxes = np.array([[64.0, 96.5, 320.0, 512.25], [10.0, 20.0, 30.0, 40.0]])
    given = [Observed(b, np.array([0.5, 0.75]), np.zeros(2, int)) for b in (boxes, 640 * boxes)]
    px, times_input = (Precision.of({"image": each}) for each in given)
    assert times_input.box > 100 * px.box
    assert times_input.box < 640 * px.box
