"""Items become part of a sentence."""

from parity.sentences import listing


def test_items_are_listed() -> None:
    assert listing([]) == ""
    assert listing(["a"]) == "a"
    assert listing(["a", "b"]) == "a and b"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(["a", "b", "c"], limit=2) == "a, b and 1 more"
