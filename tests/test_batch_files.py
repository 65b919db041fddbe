"""Images of a batch: what files are named after them, and that they stay what they were."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parity.data.batch_files import BatchImage, check_unchanged, slug
from parity.errors import UserError
from tests.conftest import examples

HOSTILE = st.text(
    st.characters(blacklist_characters="\0", blacklist_categories=[]) | st.sampled_from("/._-% {}"),
    min_size=1,
)


@pytest.mark.parametrize(
    ("name", "expected", "reason"),
    [
        ("bus.jpg", "bus.jpg", "a plain name stays"),
        ("000_001-b.JPG", "000_001-b.JPG", "and so do dashes, underscores, capitals"),
        ("image (63).png", "image_63_.png_", "blanks and brackets go"),
        ("a/b.jpg", "a_b.jpg_", "folders go"),
        ("../../etc/passwd", "etc_passwd_", "no way out of the folder"),
        (".hidden.jpg", "hidden.jpg_", "no hidden file"),
        ("☃", "image_", "nothing left"),
        ("{model}.jpg", "model_.jpg_", "nothing that Snakemake fills in"),
        ("a.jpg_0123abcd", "a.jpg_0123abcd_", "what looks like a slug"),
        ("a" + ".jpg" * 20, "a" + ".jpg" * 20 + "_", "what Snakemake takes for a repetition"),
        ("0" * 40 + "1.jpg", "0" * 40 + "1.jpg", "a repetition that does not reach the end"),
        ("x" * 200, "x" * 100 + "_", "too long"),
    ],
)
def test_slugs(name: str, expected: str, reason: str) -> None:
    assert slug(name).startswith(expected), reason
    assert len(slug(name)) - len(expected) in (0, 8), reason


@examples(300)
@given(HOSTILE, HOSTILE)
@example("a/b.jpg", "a b.jpg")
@example("a/b.jpg", slug("a/b.jpg"))
@example("bad\udcff.jpg", "bad\udcfe.jpg")
@example("x" * 150, "y" + "x" * 149)
def test_a_slug_is_a_harmless_file_name_of_one_image(one: str, other: str) -> None:
    try:
        one.encode(errors="surrogateescape"), other.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return  # no file has such a name
    assert (slug(one) == slug(other)) == (one == other)
    assert set(slug(one)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
    )
    assert not slug(one).startswith(".")
    assert 0 < len(slug(one)) <= 109


@pytest.mark.parametrize("change", ["other", None])
def test_an_image_that_changes_during_the_run_stops_it(tmp_path: Path, change: str | None) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("planned")
    image = BatchImage("a.jpg", str(path), hashlib.sha256(b"planned").hexdigest())
    check_unchanged(image)
    path.unlink()
    if change:
        path.write_text(change)
    with pytest.raises(
        UserError, match=r"a\.jpg (changed|was deleted) after the run was planned; run again\.$"
    ):
        check_unchanged(image)
