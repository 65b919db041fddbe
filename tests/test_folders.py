"""What somebody else's folder holds: all of it, or a sentence."""

import os
from pathlib import Path

import pytest

from parity.errors import UserError
from parity.folders import files_below


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names_below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files_below(folder)]


def test_files_below_a_folder_are_found(tmp_path: Path) -> None:
    fill(tmp_path, "b.txt", "a/c.txt", "a/b/d.json")
    (tmp_path / "lost").symlink_to("nowhere")
    assert names_below(tmp_path) == ["a/b/d.json", "a/c.txt", "b.txt", "lost"]


def test_links_to_folders_are_followed_each_folder_once(tmp_path: Path) -> None:
    fill(tmp_path, "mine/a/1.txt", "mine/b/2.txt", "elsewhere/3.txt")
    for name, target in {"round": ".", "a2": "a", "linked": "../elsewhere"}.items():
        (tmp_path / "mine" / name).symlink_to(target)
    (tmp_path / "mine/system").symlink_to("/proc/self")
    (tmp_path / "mine/itself").symlink_to("itself")
    assert names_below(tmp_path / "mine") == ["a/1.txt", "b/2.txt", "itself", "linked/3.txt"]


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
