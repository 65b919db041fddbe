"""Pictures are named after what they show, and no two share a name."""

import re

from hypothesis import given
from hypothesis import strategies as st

from parity.reporting.figures.gallery import pair_name

NAMES = st.text("ab_./- ", min_size=1, max_size=6)


def test_exports_and_images_that_could_be_confused() -> None:
    assert pair_name("runtime-fp", "b.jpg") == "runtime-fp_b.jpg"
    assert pair_name("runtime-fp", "a_b.jpg") != pair_name("runtime-fp_a", "b.jpg")


@given(pairs=st.lists(st.tuples(NAMES.map("runtime-{}".format), NAMES), unique=True, min_size=2))
def test_no_two_pairs_share_a_name(pairs: list[tuple[str, str]]) -> None:
    exports = [(comparison.replace("/", "").replace(" ", ""), image) for comparison, image in pairs]
    named = {pair_name(*pair) for pair in exports}
    assert len(named) == len(set(exports))
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in named)
