"""Names and numbers become safe text that is no more precise than it should be."""

import pytest

from parity.errors import printable
from parity.reporting.wording import (
    ceiling,
    four_decimals,
    is_web_address,
    number,
    percent,
)


def test_printable_keeps_words_and_shows_the_invisible() -> None:
    assert printable("a\u200bb\u2028é\t") == "a\\u200bb\\u2028é\\t"


@pytest.mark.parametrize("value", [0.0, 0.01, 1e-4, 4.4321e-4, 9.999, 95.123, 1e-30, 123456.7])
def test_a_required_tolerance_is_never_rounded_down(value: float) -> None:
    assert float(ceiling(value)) >= value
    assert float(ceiling(value)) <= value * 1.01


def test_small_words() -> None:
    assert [number(v) for v in (None, 3, 5e-7, 0.25, float("nan"))] == [
        "–",
        "3",
        "5e-7",
        "0.25",
        "NaN",
    ]
    assert ceiling(float("nan")) == "NaN"


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.99999, "0.9999"), (0.5, "0.5000"), (None, "–")]
)
def test_only_exactly_1_is_called_1(value: float | None, text: str) -> None:
    assert four_decimals(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (0.001, "less than 1 %"),
        (0.5, "50 %"),
        (-0.2, "−20 %"),
        (0.999, "more than 99 %"),
        (1.0, "100 %"),
        (1.2, "120 %"),
    ],
)
def test_shares_in_per_cent(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("https://github.com/a/b/issues/1", True),
        ("javascript:alert(1)", False),
        ("https://a/<b>", False),
        ("https://a b", False),
    ],
)
def test_only_plain_addresses_become_links(text: str, harmless: bool) -> None:
    assert is_web_address(text) == harmless
