"""Markdown shows text and code as they are."""

import pytest

from parity.reporting.markdown.escaping import escape_markdown, escape_sentence, fence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("snake_case_name.jpg", "snake_case_name.jpg"),
        ("imageio__banner.png", "imageio__banner.png"),
        ("_a_ __b__", "\\_a\\_ \\_\\_b\\_\\_"),
        ("a|b", "a\\|b"),
        ("a\\|b", "a\\\\\\|b"),
        ("<i>&amp;", "&lt;i&gt;&amp;amp;"),
        ("a\r\nb\x00\udcff", "a\\\\r\\\\nb\\\\x00\\\\udcff"),
        ("www.a.b http://c", "www&#46;a.b http:&#47;/c"),
        ("image (63).png", "image (63).png"),
        ("Käfer 漢字", "Käfer 漢字"),
    ],
)
def test_text_stays_text(text: str, expected: str) -> None:
    assert escape_markdown(text) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Use `predict(rect=False)` or `dynamic: true`.",) * 2,
        ("The export `a_b-c.d` | is fine.", "The export `a_b-c.d` \\| is fine."),
        ("`<b>` and `[x](y)`", "\\`&lt;b&gt;\\` and \\`\\[x\\](y)\\`"),
    ],
)
def test_names_in_a_sentence_are_code(sentence: str, expected: str) -> None:
    assert escape_sentence(sentence) == expected


def test_nothing_closes_a_fence() -> None:
    code = "a: |\n  ````\n  ```\n"
    lines = fence(code, "yaml").splitlines()
    assert lines[0] == "`````yaml"
    assert lines[-1] == "`````"
    assert lines[1:-1] == code.splitlines()


def test_an_ordinary_fence_has_three_marks() -> None:
    assert fence("x = 1", "python") == "```python\nx = 1\n```"
