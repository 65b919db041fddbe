"""Planning batches: lists of images are written where they changed, and only there."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from parity.data import digest_cache
from parity.data.batch_files import BatchImage, check_unchanged, load_batch, slug
from parity.data.batch_plan import MEMORY, load_batch_plan, plan_batches
from parity.errors import UserError


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
    again = load_batch_plan(lists)
    assert (again.names, again.note) == (planned.names, "a note")
    assert {path.stem for path in lists.glob("[!.]*.json")} == set(planned.names)
    return {batch: load_batch(lists / f"{batch}.json") for batch in planned.names}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "lists").glob("[!.]*.json")}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the images that are read from now on."""
    paths: list[str] = []
    original = digest_cache._read_digests

    def noting(named: list[str], digest: Callable[[str], str]) -> np.ndarray:
        paths.extend(Path(path).name for path in named)
        return original(named, digest)

    monkeypatch.setattr("parity.data.digest_cache._read_digests", noting)
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
        (lambda path: (path.unlink(), os.mkfifo(path)), "a pipe, which is never waited for"),
        (lambda path: (path.unlink(), path.symlink_to("/dev/zero")), "a device"),
    ],
)
def test_a_damaged_index_is_rebuilt(
    folder: Path, read: list[str], damage: object, reason: str
) -> None:
    plan(folder)
    before = contents(folder)
    read.clear()
    damage(folder / "lists" / MEMORY)
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
        assert load_batch_plan(tmp_path / "lists").names == [batch]


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


def test_jobs_without_a_plan_say_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is missing; run again\.$"):
        load_batch_plan(tmp_path)


def test_lists_are_json_for_everybody(folder: Path) -> None:
    plan(folder)
    assert contents(folder)
    for text in contents(folder).values():
        document = json.loads(text)
        assert document["schema"] == "yolo-parity/batch/1"
        assert {*document["images"][0]} == {"name", "path", "sha256"}


def test_a_job_that_finds_an_image_changed_tells_the_next_planning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = tmp_path / "photos" / "a\udcff.jpg"
    image.parent.mkdir()
    image.write_bytes(b"first")
    (tmp_path / "photos" / "b.jpg").write_bytes(b"other")
    long_ago = 1_000_000_000
    os.utime(image, (long_ago, long_ago))

    def planned() -> BatchImage:
        images = {path.name: path for path in image.parent.iterdir()}
        plan_batches(images, images_per_job="auto", note="", directory="results/plan/batches")
        return load_batch("results/plan/batches/00000.json")[0]

    before = planned()
    image.write_bytes(b"again")
    os.utime(image, (long_ago, long_ago))
    assert planned() == before, "size and time are those of before"
    for _ in range(2):  # two jobs may find it
        with pytest.raises(UserError, match="changed after the run was planned; run again"):
            check_unchanged(before)
    now = planned()
    assert now.sha256 == hashlib.sha256(b"again").hexdigest()
    check_unchanged(now)
    assert not [*Path("results/plan/changed").iterdir()]
