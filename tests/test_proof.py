"""What counts as proof of a fault."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parity.diagnosis.proof import (
    BY_CHANCE_ALONE,
    COARSE_FACTOR,
    Comparison,
    is_proved,
    lie_in_one_place,
    may_be_withheld,
    proof_of,
)
from parity.external.observations import NO_BOXES, Observed

MANY = 20


def boxes(
    *, exact: int = 0, close: int = 0, apart: float = 5.0, classes: int = MANY, unobserved: int = 0
) -> Comparison:
    """Return what a pipeline reproduces of :data:`MANY` boxes: the first so many."""
    places = np.arange(MANY)
    differences = np.where(places < exact, 0.0, apart)
    return Comparison(
        exact=places < exact,
        close=places < max(close, exact),
        same_class=places < classes,
        box=differences,
        score=differences,
        unobserved=unobserved,
        predicted=MANY,
    )


@pytest.mark.parametrize(
    ("whole", "bare", "expected", "reason"),
    [
        (boxes(exact=20), boxes(exact=19), True, "all is explained, so one box is enough"),
        (boxes(exact=20), boxes(exact=20), False, "nothing needs it"),
        (
            boxes(exact=20),
            boxes(exact=20, unobserved=3),
            True,
            "three missing boxes are hardly those that it drops by chance",
        ),
        (boxes(exact=20), boxes(exact=20, unobserved=2), False, "two may be"),
        (
            boxes(exact=19),
            boxes(exact=20, unobserved=3),
            False,
            "three of four that it drops may be missing by chance",
        ),
        (
            boxes(exact=20, unobserved=3),
            boxes(exact=20, unobserved=6),
            False,
            "three of six that are missing may be, too",
        ),
        (
            boxes(exact=20, unobserved=6),
            boxes(exact=19, unobserved=6),
            True,
            "all observed boxes are explained, whatever is missing",
        ),
        (
            boxes(exact=12),
            boxes(exact=11),
            False,
            "eight boxes are not explained, one tells little",
        ),
        (boxes(exact=12), boxes(exact=10), True, "two of twelve are more than chance"),
        (boxes(exact=12, unobserved=3), boxes(exact=10), False, "it predicts what nobody observed"),
        (
            boxes(exact=17),
            boxes(exact=20, unobserved=20),
            False,
            "boxes may be withheld, but three that were observed could not be",
        ),
        (boxes(close=12), boxes(close=10), False, "nothing is exact, and little comes closer"),
        (boxes(close=16), boxes(close=8), True, "nothing is exact, but much comes close"),
        (boxes(classes=20), boxes(classes=4), True, "most boxes get their class"),
        (
            boxes(apart=5.0 - np.log(COARSE_FACTOR + 0.5)),
            boxes(apart=5.0),
            True,
            "the differences shrink by more than the factor",
        ),
        (
            boxes(apart=5.0 - np.log(COARSE_FACTOR - 0.5)),
            boxes(apart=5.0),
            False,
            "the differences shrink by less than the factor",
        ),
    ],
)
def test_a_fault_is_proved_by_what_nothing_else_explains(
    whole: Comparison, bare: Comparison, expected: bool, reason: str
) -> None:
    assert is_proved(whole, bare) == expected, reason


def test_a_small_effect_is_proved_by_digits_only() -> None:
    """A blur that no catalogue holds resembles several known ways of resizing."""
    near, far = boxes(apart=2.0), boxes(apart=5.0)
    assert is_proved(near, far)
    assert not is_proved(near, far, fine=True)
    assert is_proved(boxes(exact=6), boxes(exact=0), fine=True)


def test_digits_prove_nothing_that_is_wrong_elsewhere() -> None:
    most, few = boxes(exact=14), boxes(exact=6)
    assert is_proved(most, few)
    assert not is_proved(most, few, as_a_whole=False)
    assert is_proved(few, boxes(exact=0), fine=True)
    assert not is_proved(few, boxes(exact=0), fine=True, as_a_whole=False)
    assert is_proved(boxes(apart=2.0), boxes(apart=5.0), as_a_whole=False), "all come closer"


def test_a_few_scores_alone_prove_nothing_where_most_differ() -> None:
    assert is_proved(boxes(exact=3), boxes(exact=0))
    assert not is_proved(boxes(exact=3), boxes(exact=0), scores_alone=True)
    assert is_proved(boxes(exact=6), boxes(exact=0), scores_alone=True)


def test_a_proof_counts_both_sides() -> None:
    proof = proof_of(boxes(exact=15, unobserved=1), boxes(exact=3, unobserved=4))
    assert (proof.explained, proof.unobserved) == (12, 3)


@pytest.mark.parametrize(
    ("corners", "squeezed", "reason"),
    [
        ([[0.3, 0.3], [0.28, 0.31]], True, "sigmoids of px are all 1"),
        ([[0.3, 0.3], [0.1, 0.5]], False, "fractions of the second image lie apart"),
        ([[0.3, 0.3], [0.4]], False, "one image may show two boxes of one object"),
        ([[0.3], [0.4]], False, "single boxes tell nothing"),
        ([], False, "there are no boxes"),
    ],
)
def test_boxes_of_which_an_image_shows_one_place_are_told_apart(
    corners: list[list[float]], squeezed: bool, reason: str
) -> None:
    seen = [
        Observed(
            np.array([[x, 0.3, x + 0.6, 0.9] for x in image]),
            np.ones(len(image)),
            np.zeros(len(image), np.int64),
        )
        for image in corners
    ]
    assert lie_in_one_place([*seen, NO_BOXES]) is squeezed, reason


def missing(exact: int, unobserved: int) -> Comparison:
    """Return a comparison that reproduces all boxes and predicts others beside them."""
    every = np.ones(exact, bool)
    none = np.zeros(exact)
    return Comparison(every, every, every, none, none, unobserved, predicted=exact + unobserved)


@given(st.integers(1, 60), st.integers(0, 60))
def test_boxes_are_withheld_as_chance_draws_them(observed: int, dropped: int) -> None:
    whole, bare = missing(observed, 0), missing(observed, dropped)
    chance = Fraction(1, comb(observed + dropped, dropped))
    assume(chance != Fraction(BY_CHANCE_ALONE))
    assert may_be_withheld(whole, bare) == (chance > Fraction(BY_CHANCE_ALONE))


def test_thousands_of_boxes_are_hardly_withheld_by_chance() -> None:
    assert not may_be_withheld(missing(5000, 0), missing(5000, 9000))
    assert may_be_withheld(missing(5000, 9000), missing(5000, 9000))
