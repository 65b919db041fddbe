"""Results tell whether they are as they were written."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from parity.errors import UserError
from parity.files import (
    atomic_folder,
    read_json,
    read_npz,
    write_json,
    write_npz,
    write_sealed,
    write_text,
)
from parity.integrity import (
    MADE_AS_A_WHOLE,
    NOTES,
    check_whole,
    damaged,
    note_place,
    set_aside_damaged,
    sha256_without_place,
)


def write_archive(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", bytes(range(256)) * 40)
    note_place(path)


def write_picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sealed(path, cv2.imencode(path.suffix, PICTURE)[1].tobytes())


PICTURE = np.arange(40 * 40 * 3, dtype=np.uint8).reshape(40, 40, 3)

WRITERS: dict[str, Callable[[Path], None]] = {
    "a.json": lambda path: write_json(path, "thing/1", {"images": [{"name": "a"}] * 9}),
    "a.html": lambda path: write_text(path, "<!doctype html>" + "<p>text</p>" * 99),
    "a.md": lambda path: write_text(path, "# Report\n" * 99),
    "a.svg": lambda path: write_text(path, "<svg/>" * 99),
    "a.xml": lambda path: write_text(path, "<testsuite/>" * 99),
    "a.js": lambda path: write_text(path, "parity.receive();" * 99),
    "a.npz": lambda path: write_npz(path, {"a": np.arange(1000)}),
    "a.pt": write_archive,
    "a.png": write_picture,
    "a.jpg": write_picture,
}


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which a test runs, and its results come to stand."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def result(request: pytest.FixtureRequest, in_folder: Path) -> Path:
    """Return a result of the kind that a test names."""
    path = (in_folder / "results" / "rule" / request.param).relative_to(in_folder)
    WRITERS[request.param](path)
    return path


@pytest.mark.parametrize("result", WRITERS, indirect=True)
def test_what_was_written_is_whole(result: Path) -> None:
    check_whole(result)
    assert result.exists()


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("result", WRITERS, indirect=True)
def test_a_truncated_result_is_set_aside_when_the_next_run_begins(
    result: Path, share: float
) -> None:
    content = result.read_bytes()
    result.write_bytes(content[: int(len(content) * share)])
    for _ in range(2):  # a job is tried again, and finds the same
        with pytest.raises(UserError, match=r"is damaged: run again, and it will be made again\.$"):
            check_whole(result)
    assert set_aside_damaged() == [str(result)]
    assert not result.exists()
    assert result.with_name(f"{result.name}.damaged").exists()
    assert set_aside_damaged() == []


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
@pytest.mark.parametrize("result", WRITERS, indirect=True)
def test_what_is_no_file_is_set_aside(result: Path, make: Callable[[Path], None]) -> None:
    for _ in range(2):  # the second takes the place of what was set aside before
        result.unlink()
        make(result)
        with pytest.raises(UserError, match="is not a file: run again"):
            check_whole(result)
        assert set_aside_damaged() == [str(result)]
        assert not result.exists()
        WRITERS[result.name](result)


@pytest.mark.parametrize("result", ["a.png", "a.jpg"], indirect=True)
def test_decoders_do_not_see_the_digest_behind_a_picture(result: Path) -> None:
    end = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9"}[result.suffix]
    without = result.with_name(f"without{result.suffix}")
    without.write_bytes(result.read_bytes().partition(end)[0] + end)
    assert without.stat().st_size < result.stat().st_size
    assert (cv2.imread(str(result)) == cv2.imread(str(without))).all()
    with Image.open(result) as own, Image.open(without) as other:
        assert own.tobytes() == other.tobytes()


@pytest.mark.parametrize("result", ["a.json", "a.npz", "a.pt"], indirect=True)
@pytest.mark.parametrize("place", ["results/rule/b", "results/other/a", "results/rule/x/a"])
def test_a_result_does_not_pass_for_another(result: Path, place: str) -> None:
    other = Path(f"{place}{result.suffix}")
    other.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(result, other)
    readers = {".npz": read_npz, ".json": partial(read_json, schema="thing/1"), ".pt": check_whole}
    read = readers[result.suffix]
    read(result)
    with pytest.raises(UserError, match=r"is damaged: run again, and it will be made again\.$"):
        read(other)
    assert set_aside_damaged() == [str(other)]
    moved = Path("elsewhere") / result
    moved.parent.mkdir(parents=True)
    shutil.move(result, moved)
    os.chdir("elsewhere")  # with the whole folder, each file keeps its place
    read(result)


@pytest.mark.parametrize("comment", [b"", b"of another program"])
def test_the_place_of_an_archive_changes_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comment: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/checkpoint/a.pt")
    path.parent.mkdir(parents=True)
    torch.save({"a": torch.arange(9)}, path)
    plain = path.read_bytes()
    if comment:
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = comment
    before = sha256_without_place(path)
    note_place(path)
    noted = path.read_bytes()
    check_whole(path)
    assert torch.load(path)["a"].tolist() == list(range(9))
    assert sha256_without_place(path) == before
    if not comment:
        assert noted.startswith(plain[:-2])
        assert before == hashlib.sha256(plain).hexdigest()


@pytest.mark.parametrize("result", WRITERS, indirect=True)
def test_a_changed_byte_is_noticed(result: Path) -> None:
    content = bytearray(result.read_bytes())
    content[len(content) // 3] ^= 1
    result.write_bytes(content)
    with pytest.raises(UserError, match="is damaged"):
        check_whole(result)


@pytest.mark.parametrize("result", ["a.npz", "a.pt"], indirect=True)
def test_any_changed_byte_of_an_archive_is_damage_or_harmless(result: Path) -> None:
    whole = result.read_bytes()
    stored = read_npz(result) if result.suffix == ".npz" else {}
    inside = range(60, len(whole) - 200, 97)
    for place in (*range(60), *inside, *range(max(len(whole) - 200, 0), len(whole))):
        for bit in (1, 8):
            content = bytearray(whole)
            content[place] ^= bit
            result.write_bytes(content)
            with suppress(UserError):
                check_whole(result)
            if stored:
                with suppress(UserError):
                    read = read_npz(result)
                    assert {n: a.tobytes() for n, a in read.items()} == {
                        name: array.tobytes() for name, array in stored.items()
                    }


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize("text", ['{"schema": "yolo-parity/thing/1"}', "{}", "[]"])
def test_json_without_its_digest_is_no_result(text: str) -> None:
    path = Path("results/rule/a.json")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(UserError, match="is damaged"):
        read_json(path, "thing/1")


def test_files_from_elsewhere_need_no_digest(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"schema": "yolo-parity/thing/1"}')
    check_whole(tmp_path / "a.json")
    assert read_json(tmp_path / "a.json", "thing/1")


@pytest.mark.usefixtures("in_folder")
def test_torch_files_of_the_older_kind_are_left_to_torch() -> None:
    path = Path("results/checkpoint/a.pt")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x80\x02 a pickle")
    check_whole(path)
    assert path.exists()


@pytest.mark.usefixtures("in_folder")
def test_a_damaged_file_is_moved_aside_with_the_folder_that_is_one_output() -> None:
    folder = Path("results/browse/m")
    for _ in range(2):
        with atomic_folder(folder) as temporary:
            write_json(temporary / "browser.json", "browser/1", {})
        (folder / MADE_AS_A_WHOLE).touch()
        (folder / "browser.json").write_text("{")
        with pytest.raises(UserError, match=r"results/browse/m/browser\.json is damaged"):
            read_json(folder / "browser.json", "browser/1")
        set_aside_damaged()
        assert not folder.exists()
        assert Path("results/browse/m.damaged/browser.json").exists()


@pytest.mark.usefixtures("in_folder")
def test_nothing_but_results_is_set_aside() -> None:
    Path("results").mkdir()
    own = Path("own.json")
    own.touch()
    for path in (own, Path("results/../own.json")):
        assert "delete it and run again" in str(damaged(path, "is damaged"))
    assert set_aside_damaged() == []
    assert own.exists()


@pytest.mark.usefixtures("in_folder")
@pytest.mark.parametrize("kept", [0, len("results"), len("results/rule")])
def test_a_note_that_is_cut_off_moves_nothing(kept: int) -> None:
    write_json("results/rule/a.json", "thing/1", {})
    damaged("results/rule/a.json", "is damaged")
    (note,) = Path(NOTES).iterdir()
    note.write_bytes(note.read_bytes()[:kept])
    assert set_aside_damaged() == []
    assert Path("results/rule/a.json").exists()
    assert not note.exists()


@pytest.mark.usefixtures("in_folder")
def test_a_damaged_result_that_was_made_anew_or_deleted_is_no_concern() -> None:
    write_json("results/a.json", "thing/1", {})
    damaged("results/a.json", "is damaged")
    Path("results/a.json").unlink()
    assert set_aside_damaged() == []
