"""Batches: an image more or less disturbs few of them, and only what changed is read again."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parity.data import batches as module
from parity.data.batches import (
    BatchImage,
    assign,
    check_unchanged,
    count_batches,
    divide,
    load_batch,
    plan_batches,
    planned_batches,
    slug,
)
from parity.errors import UserError

NAMES = st.lists(st.integers(0, 10**6).map(lambda i: f"sub/{i:06d}.jpg"), min_size=1, unique=True)
HOSTILE = st.text(
    st.characters(blacklist_characters="\0", blacklist_categories=[]) | st.sampled_from("/._-% {}"),
    min_size=1,
)


def disturbed(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Return the batches that were there before and no longer hold the same images."""
    return [batch for batch, names in before.items() if after.get(batch) != names]


@given(NAMES, st.integers(2, 9))
def test_every_image_is_in_exactly_one_batch(names: list[str], images_per_job: int) -> None:
    divided = divide(names, images_per_job)
    assert sorted(name for batch in divided.values() for name in batch) == sorted(names)
    assert all(divided.values())
    assert len(divided) <= -(-len(names) // images_per_job)


@settings(max_examples=50)
@given(NAMES, st.integers(2, 9), st.integers(10**6 + 1, 10**7))
def test_an_image_more_or_less_disturbs_two_batches_at_most(
    names: list[str], images_per_job: int, number: int
) -> None:
    """Its own and, when there is a batch more, the one that gives images to it."""
    fewer = divide(names, images_per_job)
    more = divide([*names, f"sub/{number}.jpg"], images_per_job)
    assert len(disturbed(fewer, more)) <= 2
    assert len(disturbed(more, fewer)) <= 3, "the new batch among them"


@pytest.mark.parametrize("batches", [1, 2, 3, 7, 8, 9, 100])
def test_a_batch_more_divides_one_batch_anew(batches: int) -> None:
    names = [f"{i}.jpg" for i in range(2000)]
    moved = {assign(n, batches) for n in names if assign(n, batches) != assign(n, batches + 1)}
    assert len(moved) == 1
    arrived = {
        assign(n, batches + 1) for n in names if assign(n, batches) != assign(n, batches + 1)
    }
    assert arrived == {batches}
    assert {assign(n, batches) for n in names} == set(range(batches))


def test_batches_are_even_within_a_factor() -> None:
    sizes = [len(batch) for batch in divide([f"{i:05d}.jpg" for i in range(10_000)], 50).values()]
    assert sum(sizes) == 10_000
    assert max(sizes) < 50 * 3


@pytest.mark.parametrize(
    ("images", "per_job", "count", "reason"),
    [
        (0, 64, 0, "nothing"),
        (1, 64, 1, "one"),
        (64, 64, 1, "exactly full"),
        (65, 64, 2, "one more"),
        (7, 1, 7, "one each"),
        (64, "auto", 1, "as 64"),
        (256, "auto", 4, "as 64 still"),
        (1024, "auto", 4, "the same batches, filled"),
        (4096, "auto", 16, "as 256"),
        (100_000, "auto", 186, "fewer, larger ones"),
        (1_000_000, "auto", 400, "and larger still"),
    ],
)
def test_how_many_batches(images: int, per_job: int | str, count: int, reason: str) -> None:
    assert count_batches(images, per_job) == count, reason


@given(st.integers(0, 10**6), st.sampled_from([1, 3, 64, "auto"]))
@example(4096, "auto")
def test_an_image_more_is_a_batch_more_at_most(images: int, per_job: int | str) -> None:
    assert count_batches(images + 1, per_job) - count_batches(images, per_job) in (0, 1)


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
        ("x" * 200, "x" * 100 + "_", "too long"),
    ],
)
def test_slugs(name: str, expected: str, reason: str) -> None:
    assert slug(name).startswith(expected), reason
    assert len(slug(name)) - len(expected) in (0, 8), reason


@settings(max_examples=300)
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


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder of six images, changed long enough ago to be trusted."""
    for i in range(6):
        (tmp_path / f"{i}.jpg").write_text(f"image {i}")
        settle(tmp_path / f"{i}.jpg")
    return tmp_path


def settle(path: Path, seconds: float = 3600) -> None:
    """Date a file back."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def plan(folder: Path, images_per_job: int | str = 2) -> dict[str, list[BatchImage]]:
    """Plan the images of a folder and return what the jobs would read."""
    images = {path.name: path for path in sorted(folder.glob("*.jpg"))}
    lists = folder / "lists"
    planned = plan_batches(images, images_per_job=images_per_job, note="a note", directory=lists)
    again = planned_batches(lists)
    assert (again.names, again.note) == (planned.names, "a note")
    assert {path.stem for path in lists.glob("[!.]*.json")} == set(planned.names)
    return {batch: load_batch(lists / f"{batch}.json") for batch in planned.names}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "lists").glob("[!.]*.json")}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the images that are read from now on."""
    paths: list[str] = []
    original = module.update_digests.__globals__["_read_digest"]

    def noting(path: str) -> bytes:
        paths.append(Path(path).name)
        return original(path)

    monkeypatch.setattr("parity.data.index._read_digest", noting)
    return paths


def test_lists_name_every_image_with_its_digest(folder: Path) -> None:
    planned = plan(folder)
    images = {image.name: image for batch in planned.values() for image in batch}
    assert sorted(images) == [f"{i}.jpg" for i in range(6)]
    for image in images.values():
        check_unchanged(image)
        assert len(image.sha256) == 64


def test_nothing_is_read_or_written_twice(folder: Path, read: list[str]) -> None:
    plan(folder)
    assert len(read) == 6
    dates = {path: path.stat().st_mtime_ns for path in (folder / "lists").glob("[!.]*.json")}
    read.clear()
    plan(folder)
    assert read == []
    assert {path: path.stat().st_mtime_ns for path in dates} == dates


def test_touching_an_image_changes_no_list(folder: Path, read: list[str]) -> None:
    plan(folder)
    before = contents(folder)
    read.clear()
    settle(folder / "3.jpg", 1800)
    plan(folder)
    assert read == ["3.jpg"]
    assert contents(folder) == before


def test_a_changed_image_changes_its_list_and_back(folder: Path) -> None:
    plan(folder)
    before = contents(folder)
    (folder / "3.jpg").write_text("another")
    plan(folder)
    changed = [name for name, text in contents(folder).items() if text != before[name]]
    assert len(changed) == 1
    (folder / "3.jpg").write_text("image 3")
    plan(folder)
    assert contents(folder) == before


def test_a_change_of_the_same_size_within_the_same_instant_is_seen(folder: Path) -> None:
    """A time that is not older than the last look says nothing, as in git's index."""
    (folder / "3.jpg").write_text("image X")
    when = (folder / "3.jpg").stat().st_mtime_ns
    plan(folder)
    before = contents(folder)
    (folder / "3.jpg").write_text("image Y")
    os.utime(folder / "3.jpg", ns=(when, when))
    plan(folder)
    assert contents(folder) != before


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.unlink(), "lost"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:100]), "cut off"),
        (lambda path: path.write_text('{"images": {"0.jpg": [1]}}'), "of another kind"),
    ],
)
def test_a_damaged_index_is_rebuilt(
    folder: Path, read: list[str], damage: object, reason: str
) -> None:
    plan(folder)
    before = contents(folder)
    read.clear()
    damage(folder / "lists" / module.INDEX)
    plan(folder)
    assert len(read) == 6, reason
    assert contents(folder) == before, reason
    read.clear()
    plan(folder)
    assert read == [], reason


@pytest.mark.parametrize("damage", ["", "half a li", "[]"])
def test_a_damaged_list_is_written_anew(folder: Path, damage: str) -> None:
    plan(folder)
    before = contents(folder)
    path = folder / "lists" / min(before)
    path.write_text(damage)
    plan(folder)
    assert contents(folder) == before


def test_a_lost_list_is_written_anew(folder: Path) -> None:
    plan(folder)
    before = contents(folder)
    (folder / "lists" / min(before)).unlink()
    plan(folder)
    assert contents(folder) == before


def test_removing_images_removes_their_batches(folder: Path) -> None:
    assert len(plan(folder, 1)) == 6
    (folder / "5.jpg").unlink()
    assert sorted(plan(folder, 1)) == [f"{i}.jpg" for i in range(5)]


def test_one_image_a_job_is_named_after_it(folder: Path) -> None:
    (folder / "image (63).jpg").write_text("x")
    (folder / "index").write_text("no suffix")
    planned = plan(folder, 1)
    assert [image.name for image in planned["0.jpg"]] == ["0.jpg"]
    assert [image.name for image in planned[slug("image (63).jpg")]] == ["image (63).jpg"]


@pytest.mark.parametrize("name", ["index", ".index", "index.json", "plan", ".plan", "plan.json"])
def test_no_image_takes_the_place_of_the_index(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    images = {name: tmp_path / name}
    for _ in range(2):
        planned = plan_batches(images, images_per_job=1, note="", directory=tmp_path / "lists")
        (batch,) = planned.names
        assert [i.name for i in load_batch(tmp_path / "lists" / f"{batch}.json")] == [name]
        assert planned_batches(tmp_path / "lists").names == [batch]


def test_hostile_names_come_back(tmp_path: Path) -> None:
    names = ["image (63).png", "new\nline.png", "bad\udcff.png", 'quo"te.png', "ä ☃.png"]
    for name in names:
        (tmp_path / name).write_text("x")
    images = {name: tmp_path / name for name in names}
    for _ in range(2):
        planned = plan_batches(images, images_per_job=2, note="", directory=tmp_path / "lists")
        found = [i for b in planned.names for i in load_batch(tmp_path / "lists" / f"{b}.json")]
        assert sorted(image.name for image in found) == sorted(names)
        for image in found:
            check_unchanged(image)


def test_an_image_that_cannot_be_read_is_planned_and_unchanged(tmp_path: Path) -> None:
    images = {"lost.jpg": tmp_path / "lost.jpg"}
    plan_batches(images, images_per_job=64, note="", directory=tmp_path)
    (image,) = load_batch(tmp_path / "00000.json")
    assert image.sha256 == ""
    check_unchanged(image)


@pytest.mark.parametrize("change", ["other", None])
def test_an_image_that_changes_during_the_run_stops_it(tmp_path: Path, change: str | None) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("planned")
    plan_batches({"a.jpg": path}, images_per_job=64, note="", directory=tmp_path)
    (image,) = load_batch(tmp_path / "00000.json")
    path.unlink()
    if change:
        path.write_text(change)
    with pytest.raises(
        UserError, match=r"a\.jpg (changed|was deleted) after the run was planned; run again\.$"
    ):
        check_unchanged(image)


def test_jobs_without_a_plan_say_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is missing; run again\.$"):
        planned_batches(tmp_path)


def test_lists_are_json_for_everybody(folder: Path) -> None:
    plan(folder)
    for text in contents(folder).values():
        document = json.loads(text)
        assert document["schema"] == "yolo-parity/batch/1"
        assert {*document["images"][0]} == {"name", "path", "sha256"}
