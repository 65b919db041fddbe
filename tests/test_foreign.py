"""What somebody else's folder holds: all of it, or a sentence."""

import os
from pathlib import Path

import pytest

from parity.errors import UserError
from parity.foreign import files_below, read_text


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_files_below_a_folder_are_found(tmp_path: Path) -> None:
    fill(tmp_path, "b.txt", "a/c.txt", "a/b/d.json")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "lost").symlink_to("nowhere")
    found = [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)]
    assert found == ["a/b/d.json", "a/c.txt", "b.txt", "lost", "round"]


def test_a_folder_that_cannot_be_searched_stops_what_would_leave_it_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.txt", "locked/b.txt")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match=r"/locked cannot be searched \(Permission denied\)\."):
        files_below(tmp_path)


def test_a_binary_file_is_not_asked_to_be_saved_as_text(tmp_path: Path) -> None:
    (tmp_path / "boxes.npz").write_bytes(b"PK\5\6" + bytes(18))
    with pytest.raises(UserError, match=r"npz is a binary file, or UTF-16 without a byte"):
        read_text(tmp_path / "boxes.npz")
