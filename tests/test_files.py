"""Files: whole or not at all, with a schema, and in the same bytes every time."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import UserError
from parity.files import (
    as_json,
    atomic,
    read_json,
    read_npz,
    write_json,
    write_npz,
)
from tests.conftest import examples

OURS = {"schema", "digest"}
"""Members that every JSON has."""

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@examples(30)
@given(st.dictionaries(st.text().filter(lambda key: key not in OURS), VALUES, max_size=5))
def test_json_comes_back(content: dict[str, object]) -> None:
    document = json.loads(as_json("thing/1", content, "a.json"))
    assert len(document.pop("digest")) == 64
    assert document == {"schema": "yolo-parity/thing/1", **content}


def test_a_list_of_records_has_a_line_for_each(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", "thing/1", {"images": [{"name": "a"}, {"name": "b"}]})
    lines = (tmp_path / "a.json").read_text().splitlines()
    assert '  {"name": "a"},' in lines
    assert '  {"name": "b"}' in lines
    assert read_json(tmp_path / "a.json", "thing/1")["images"] == [{"name": "a"}, {"name": "b"}]


@pytest.mark.parametrize(
    ("content", "said", "reason"),
    [
        ("", "is damaged", "empty"),
        ('{"schema": "yolo-par', "is damaged", "cut off"),
        ("[]", "should hold thing/1, not None", "no object"),
        ("{}", "should hold thing/1, not None", "no schema"),
        ('{"schema": "yolo-parity/thing/2"}', "not yolo-parity/thing/2", "a later version"),
        (b"\xff\xfe", "is damaged", "no text"),
    ],
)
def test_what_is_no_such_file_says_so(
    tmp_path: Path, content: str | bytes, said: str, reason: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=r"; delete it and run again\.$") as caught:
        read_json(path, "thing/1")
    assert said in str(caught.value), reason


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.json"
    with atomic(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
        assert temporary.parent == path.parent
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_fails_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail() -> None:
        with atomic(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_forgets_to_write_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic(tmp_path / "a.json"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("compressed", [True, False])
def test_arrays_come_back_in_equal_bytes(tmp_path: Path, compressed: bool) -> None:
    arrays = {
        "empty": np.zeros((0, 4), np.float32),
        "numbers": np.arange(5),
        "nan": np.array(np.nan),
    }
    for name in ("1", "2"):
        write_npz(tmp_path / f"{name}.npz", arrays, compressed=compressed)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    loaded = read_npz(tmp_path / "1.npz")
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (loaded[name].dtype, loaded[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(loaded[name], array)


def test_a_cut_npz_says_so(tmp_path: Path) -> None:
    write_npz(tmp_path / "a.npz", {"a": np.arange(1000)})
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"is damaged .*; delete it and run again\.$"):
        read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize("read", [read_npz, lambda path: read_json(path, "a/1")])
@pytest.mark.parametrize(
    "make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")], ids=range(3)
)
def test_what_is_no_file_is_not_waited_for(
    tmp_path: Path, read: Callable[[Path], object], make: Callable[[Path], None]
) -> None:
    make(tmp_path / "a")
    with pytest.raises(UserError, match=r"a is not a file; delete it and run again\.$"):
        read(tmp_path / "a")


def test_pickles_are_not_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.array([{}], object))
    with pytest.raises(UserError, match="is damaged"):
        read_npz(tmp_path / "a.npz")


def test_a_missing_npz_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "a.npz")
