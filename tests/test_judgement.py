"""Tolerances: what is still equal, and what would have been."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.comparison.differences import Differences
from parity.comparison.judgement import judge
from parity.comparison.rounding import Rounding
from parity.comparison.tolerances import QUANTITIES, Tolerance

NAN = float("nan")
NOTHING = Differences(
    matched=1, missing=0, extra=0, flipped=0, unread=0, box_px=0.0, score=0.0, iou=1.0
)


@pytest.mark.parametrize(
    ("measured", "exceeded", "reason"),
    [
        ({}, (), "no difference"),
        ({"box_px": 0.01}, (), "exactly the tolerance is within it"),
        ({"box_px": 0.010000001}, ("box_px",), "a little more is not"),
        ({"score": 1e-4}, (), "exactly the tolerance is within it"),
        ({"score": 1.1e-4}, ("score",), "a little more is not"),
        ({"missing": 1}, ("missing",), "one lost detection"),
        ({"extra": 1}, ("extra",), "one new detection"),
        ({"unread": 1}, ("unread",), "an image that one arm alone can read"),
        ({"box_px": NAN}, ("box_px",), "what is no number is never within"),
        ({"score": NAN}, ("score",), "what is no number is never within"),
        ({"box_px": float("inf")}, ("box_px",), "nor what is endless"),
        ({"missing": 2, "score": 0.5}, ("missing", "score"), "each is named"),
    ],
)
def test_what_exceeds_the_default(
    measured: dict[str, float], exceeded: tuple[str, ...], reason: str
) -> None:
    verdict = judge(replace(NOTHING, **measured), Tolerance())
    assert verdict.exceeded == list(exceeded), reason
    assert verdict.passed == (not exceeded)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_tolerance_that_is_no_number_lets_nothing_pass(quantity: str) -> None:
    assert judge(NOTHING, replace(Tolerance(), **{quantity: NAN})).exceeded == [quantity]


@pytest.mark.parametrize(
    ("measured", "exceeded", "required", "reason"),
    [
        ({"box_px": 0.05}, (), 0.0, "rounding alone"),
        ({"box_px": 0.058}, (), 0.008, "and a little, within the tolerance"),
        ({"box_px": 0.07}, ("box_px",), 0.02, "more than rounding and tolerance"),
        ({"score": 0.005}, (), 0.0, "rounding alone, of a score"),
        ({"score": 0.0052}, ("score",), 0.0, "more, of a score"),
        ({"box_px": NAN}, ("box_px",), NAN, "what is no number is never within"),
        ({"missing": 1}, ("missing",), 0.0, "rounding loses no object"),
    ],
)
def test_rounding_counts_for_nothing(
    measured: dict[str, float], exceeded: tuple[str, ...], required: float, reason: str
) -> None:
    verdict = judge(replace(NOTHING, **measured), Tolerance(), Rounding(0.05, 0.005))
    assert verdict.exceeded == list(exceeded), reason
    assert verdict.required.box_px == pytest.approx(required, nan_ok=True), reason


counts = st.integers(0, 1000)
sizes = st.floats(0, 1e4)
MEASURED = st.builds(
    Differences,
    matched=counts,
    missing=counts,
    extra=counts,
    flipped=counts,
    unread=counts,
    box_px=sizes,
    score=sizes,
    iou=st.floats(0, 1),
)


@given(MEASURED)
def test_what_is_required_would_have_passed_and_nothing_less(measured: Differences) -> None:
    required = judge(measured, Tolerance()).required
    assert judge(measured, required).passed
    for quantity in QUANTITIES:
        less = replace(required, **{quantity: getattr(required, quantity) - 1e-9})
        if getattr(less, quantity) < getattr(required, quantity):
            assert judge(measured, less).exceeded == [quantity]


def test_what_would_have_passed_is_what_was_measured() -> None:
    required = judge(replace(NOTHING, extra=3), Tolerance()).required
    nothing = dict.fromkeys(("box_px", "score", "mask", "keypoint_px", "visibility"), 0.0)
    assert required == Tolerance(extra=3, **nothing)


def test_the_defaults_are_the_measured_floor() -> None:
    assert asdict(Tolerance()) == {
        "missing": 0,
        "extra": 0,
        "box_px": 0.01,
        "score": 1e-4,
        "unread": 0,
        "mask": 0.01,
        "keypoint_px": 0.01,
        "visibility": 1e-4,
    }
