"""Bounds of shares, compared with scipy's own intervals and with sums of binomial probabilities."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from parity.comparison.proportions import draws_needed, largest_share


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_bound_is_that_of_clopper_and_pearson(drawn: tuple[int, int]) -> None:
    seen, of = drawn
    interval = binomtest(seen, of, alternative="less").proportion_ci(0.95, method="exact")
    assert largest_share(seen, of) == pytest.approx(interval.high, abs=1e-12)


@pytest.mark.parametrize(("seen", "of"), [(0, 4), (1, 13), (3, 30), (51, 630)])
def test_at_the_bound_so_few_are_seen_in_one_of_twenty_cases(seen: int, of: int) -> None:
    p = Fraction(largest_share(seen, of))
    so_few = sum(comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(seen + 1))
    assert float(so_few) == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize("images", [30, 128, 1000, 100_000])
def test_the_rule_of_three_is_hardly_above_the_bound(images: int) -> None:
    assert 0.95 * 3 / images < largest_share(0, images) < 3 / images


def test_a_bound_of_one_per_cent_takes_299_objects() -> None:
    assert draws_needed(0.0, 0.01) == 299
    assert largest_share(0, 298) > 0.01 >= largest_share(0, 299)


@given(st.floats(0, 0.3), st.floats(0.01, 0.7))
def test_the_draws_needed_suffice_and_one_less_does_not(rate: float, above: float) -> None:
    share = rate + above
    needed = draws_needed(rate, share)
    assert needed is not None
    assert largest_share(rate * needed, needed) <= share
    assert needed == 1 or largest_share(rate * (needed - 1), needed - 1) > share


def test_no_number_of_draws_brings_a_rate_below_itself() -> None:
    assert draws_needed(0.1, 0.1) is None
    assert draws_needed(1.0, 1.0) is None
