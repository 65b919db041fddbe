"""Files that the user gives count by their content, whatever their date says."""

import hashlib
import os
from pathlib import Path

import pytest

from parity.errors import UserError
from parity.planning.checks import checked
from parity.planning.given_files import MEMORY, digest_given, given_files
from parity.planning.schema import complete


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_older_file_of_equal_size_is_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("best.pt", b"first"), ("boxes.json", b"boxes")):
        Path(name).write_bytes(content)
        os.utime(name, (2e9, 2e9) if name == "boxes.json" else (1e9, 1e9))
    names = ["best.pt", "boxes.json"]
    known = {"best.pt": digest_of(b"first"), "boxes.json": digest_of(b"boxes")}
    assert digest_given(names, remember=False) == known
    assert not Path(MEMORY).exists()
    assert digest_given(names, remember=True) == known
    Path("best.pt").write_bytes(b"other")
    os.utime("best.pt", (0.9e9, 0.9e9))
    assert digest_given(names, remember=True) == known | {"best.pt": digest_of(b"other")}


def test_names_that_are_no_files_have_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    for name in ("own.pt", "given.onnx", "boxes.json", "texts/a.txt"):
        Path(name).touch()
    config = checked(
        complete(
            {
                "models": {"a": {"weights": "own.pt"}, "b": {"weights": "yolo11n.pt"}},
                "exports": {"given": {"onnx": "given.onnx"}, "fp32": {}},
                "external": {
                    "x": {"detections": "boxes.json", "model": "a", "export": "fp32"},
                    "y": {"detections": "texts", "model": "a", "export": "fp32"},
                },
            }
        )
    )
    assert given_files(config) == ["boxes.json", "given.onnx", "own.pt"]
    assert digest_given([], remember=True) == {}


def test_a_file_beyond_all_bounds_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("best.pt").touch()
    os.truncate("best.pt", 1 << 42)  # sparse on disk
    with pytest.raises(UserError, match=r"^best\.pt has 4,398,046,511,104 bytes, and what a conf"):
        digest_given(["best.pt"], remember=False)
