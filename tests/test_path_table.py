"""Lists of images in Parquet, and what is no such list."""

import builtins
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.data import path_table
from parity.data.path_table import read_path_table
from parity.errors import UserError
from tests.conftest import ROOT, examples


def write(path: Path, /, **columns: list[Any]) -> Path:
    polars.DataFrame(columns, strict=False).write_parquet(path)
    return path


def test_paths_or_shards_with_members_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", path=["x/a.jpg", "0.tar"], label=[1, 2])
    assert read_path_table(path) == ["x/a.jpg", "0.tar"]
    path = write(tmp_path / "b.parquet", member=["a.jpg", "b.jpg"], shard=["0.tar", "1.tar"])
    assert read_path_table(path) == ["0.tar/a.jpg", "1.tar/b.jpg"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"name": ["a.jpg"]}, "must have a column path, or shard and member"),
        ({"shard": ["0.tar"]}, "must have a column path, or shard and member"),
        ({"path": [1, 2]}, "the column path of .* must hold text in every row"),
        ({"path": ["a.jpg", None]}, "the column path of .* must hold text in every row"),
        ({"path": ["a.jpg", ""]}, "row 1 of .* names no image"),
        ({"path": ["b.jpg", "a.jpg", "a.jpg"]}, "the same file twice, first in row 1"),
        ({"path": ["a" * 1000 + str(i) for i in range(9)]}, "more than 5,000 bytes"),
        ({"path": ["a.jpg"] * 6_000}, "lists 6,000 images, and a file may list 5,000"),
    ],
)
def test_other_tables_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: dict[str, list[Any]], said: str
) -> None:
    monkeypatch.setattr(path_table, "MOST_ROWS", 5_000)
    monkeypatch.setattr(path_table, "MOST_BYTES", 5_000)
    with pytest.raises(UserError, match=said):
        read_path_table(write(tmp_path / "a.parquet", **columns))


@pytest.mark.parametrize("name", ["*", "**", "?", "[1]", "~", "~/a", "path=1/a", "{a}"])
def test_the_name_of_a_list_is_no_pattern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "1.parquet", path=["other.jpg"])
    path = Path(f"{name}.parquet")
    path.parent.mkdir(exist_ok=True)
    assert read_path_table(write(path.absolute(), path=["a.jpg"])) == ["a.jpg"]


@pytest.mark.parametrize("change", [lambda _: b"", lambda _: b"PAR1" * 9, lambda whole: whole[:-9]])
def test_no_parquet_says_so(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / "a.parquet", path=["a.jpg"])
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UserError, match="cannot be read as Parquet"):
        read_path_table(path)


@examples(100)
@given(st.data())
def test_no_damage_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = write(tmp_path_factory.mktemp("t") / "a.parquet", path=[f"{i}.jpg" for i in range(40)])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        listed = read_path_table(path)
    except UserError:
        return
    assert all(isinstance(each, str) and each for each in listed)


def test_nothing_is_printed_of_a_panic(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.parquet", path=[f"{i}.jpg" for i in range(40)])
    whole = path.read_bytes()
    for place in range(150, 250):
        path.write_bytes(whole[:place] + b"\0" + whole[place + 1 :])
        with suppress(UserError):
            read_path_table(path)
    assert capfd.readouterr().err == ""
    os.write(2, b"said afterwards")
    assert capfd.readouterr().err == "said afterwards"


def test_without_polars_a_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.parquet", path=["a.jpg"])
    original = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "polars":
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UserError, match=r"needs polars, which is not installed; install it"):
        read_path_table(path)


def test_a_file_that_ends_the_process_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", path=["a.jpg"])
    code = (
        "import os, sys, polars; from pathlib import Path; "
        "polars.scan_parquet = lambda *_, **__: os.abort(); "  # as where it asks for 2 EB
        "from parity.data.path_table import read_path_table; read_path_table(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(path)]
    died = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert died.returncode
    said = died.stderr.splitlines()[-1]
    assert said.startswith(
        f"error: images: {path} cannot be read as Parquet (it ended the process)"
    )
