"""What rounding adds to a tolerance, compared with numbers that were really rounded."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.comparison.rounding import Rounding, rounding_of
from parity.comparison.tolerances import Tolerance, widened
from parity.detection.detection_files import Printed
from parity.external.box_formats import BOX_FORMATS

HEIGHT, WIDTH = 480, 640


@pytest.mark.parametrize(
    ("printed", "box_px", "score", "reason"),
    [
        (None, 0, 0, "numbers that were never printed"),
        (Printed("px", 1, 2), 0.05, 0.005, "half a unit of the last decimal"),
        (Printed("px", 2, 4), 0.005, 0.00005, "of each as many as it has"),
        (Printed("px", 0, 2), 1, 0.005, "whole px may be rounded, floored or cut"),
        (Printed("px", 3, 6), 0.0005, 0, "six decimals of a score are all that float32 has"),
        (Printed("px", 4, 6), 0, 0, "and four of px near a thousand"),
        (Printed("px", 4, 6, corner_error=2), 0, 0, "nor a sum of them"),
        (Printed("px", 6, 6), 0, 0, "nothing is rounded"),
        (Printed("fraction", 3, 3), 0.32, 0.0005, "of the longer side, 640 px"),
        (Printed("fraction", 5, 3), 0.0032, 0.0005, "five decimals of it"),
        (Printed("fraction", 6, 3), 0, 0.0005, "six or more decimals count as not rounded"),
        (Printed("px", 1, 2, corner_error=2), 0.1, 0.005, "x2 adds two rounded numbers"),
        (Printed("px", 0, 2, corner_error=2), 2, 0.005, "two that are cut"),
        (Printed("px", 1, 2, corner_error=1.5), 0.075, 0.005, "a centre and half a width"),
        (Printed("px", 1, 0), 0.05, 0, "no score is printed without decimals: none is stated"),
    ],
)
def test_what_rounding_may_have_changed(
    printed: Printed | None, box_px: float, score: float, reason: str
) -> None:
    found = rounding_of(printed, HEIGHT, WIDTH)
    assert (found.box_px, found.score) == pytest.approx((box_px, score)), reason


@pytest.mark.parametrize(
    ("rounding", "expected", "reason"),
    [
        (Rounding(), Tolerance(missing=1, box_px=0.01, score=1e-4), "without rounding as it is"),
        (
            Rounding(0.05, 0.005),
            Tolerance(missing=1, box_px=0.06, score=0.0051),
            "both are added, and counts stay",
        ),
        (Rounding(1.0, 0.0), Tolerance(missing=1, box_px=1.01, score=1e-4), "each by itself"),
    ],
)
def test_a_tolerance_is_widened(rounding: Rounding, expected: Tolerance, reason: str) -> None:
    found = widened(Tolerance(missing=1), rounding)
    assert vars(found) == pytest.approx(vars(expected)), reason


PRINTERS = {
    "rounded": np.round,
    "cut": lambda values, _: np.trunc(values),
    "floored": lambda values, _: np.floor(values),
}
FROM_CORNERS = {
    "xyxy": lambda x1, y1, x2, y2: (x1, y1, x2, y2),
    "xywh": lambda x1, y1, x2, y2: (x1, y1, x2 - x1, y2 - y1),
    "cxcywh": lambda x1, y1, x2, y2: ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1),
}
SIDES = st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.5, 1), st.floats(0.5, 1)


@given(
    st.sampled_from(sorted(BOX_FORMATS)),
    st.tuples(*SIDES),
    st.sampled_from(["px", "fraction"]),
    st.integers(0, 3),
    st.sampled_from(sorted(PRINTERS)),
)
def test_no_printed_box_is_further_off_than_that(
    box_format: str, sides: tuple[float, ...], unit: str, decimals: int, printer: str
) -> None:
    if unit == "fraction":
        decimals = max(decimals, 1)
    if decimals:
        printer = "rounded"
    scale = np.tile([WIDTH, HEIGHT], 2)
    true = np.array(sides) * (1 if unit == "fraction" else scale)
    numbers = np.array(FROM_CORNERS[box_format](*true), np.float64)
    print_numbers: Callable[[np.ndarray, int], np.ndarray] = PRINTERS[printer]
    each = BOX_FORMATS[box_format]
    read = each.to_corners(print_numbers(numbers, decimals)[None])[0]
    error = np.abs(read - true) * (scale if unit == "fraction" else 1)
    printed = Printed(unit, decimals, 2, each.corner_error)
    allowed = rounding_of(printed, HEIGHT, WIDTH).box_px
    assert error.max() <= allowed + 1e-4, "float32 of centres aside"


def test_the_error_of_a_corner_is_reached() -> None:
    for name, expected in (("xyxy", 1.0), ("xywh", 2.0), ("cxcywh", 1.5)):
        assert math.isclose(BOX_FORMATS[name].corner_error, expected), name
