"""What killed jobs leave, and what is done with damaged results."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from parity.errors import UserError, in_one_sentence
from parity.files import atomic, read_npz


def test_the_leftover_of_a_dead_process_is_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = socket.gethostname()
    left = tmp_path / f".{host}.{dead.pid}.result.json"
    living = tmp_path / f".{host}.{os.getppid()}.result.json"
    elsewhere = tmp_path / f".another{host}.{dead.pid}.result.json"
    for path in (left, living, elsewhere):
        path.write_text("half")
    with atomic(tmp_path / "result.json") as temporary:
        temporary.write_text("whole")
    assert {p.name for p in tmp_path.iterdir()} == {living.name, elsewhere.name, "result.json"}
    assert (tmp_path / "result.json").read_text() == "whole"


def test_a_damaged_result_is_moved_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/infer_onnx/00000.npz")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK half")
    with pytest.raises(UserError, match=r"moved to results/infer_onnx/00000\.npz\.damaged"):
        read_npz(path)
    assert not path.exists()
    assert Path(f"{path}.damaged").read_bytes() == b"PK half"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (MemoryError(), "there is not enough memory"),
    ],
    ids=["full", "quota", "memory"],
)
def test_a_lack_is_said_in_a_sentence(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, in_one_sentence():
        raise error
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith(f"error: {said}")


def test_other_errors_keep_their_traceback() -> None:
    with pytest.raises(OSError, match="denied"), in_one_sentence():
        raise OSError(errno.EACCES, "denied")
