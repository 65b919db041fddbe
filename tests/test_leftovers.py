"""What killed jobs leave, and what is done with damaged results."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from parity.errors import UserError, in_one_sentence
from parity.files import atomic, atomic_folder, read_npz
from tests.conftest import ROOT

KILLED = """
import os, signal, sys
from parity.files import atomic, atomic_folder
with {write}(sys.argv[1]) as temporary:
    {half}
    os.kill(os.getpid(), signal.SIGKILL)
"""


def be_killed(write: str, path: Path) -> None:
    """Begin to write a file or folder in a process that is killed meanwhile."""
    half = "temporary.write_text('half')"
    if write == "atomic_folder":
        half = "(temporary / 'a').write_text('half')"
    code = KILLED.format(write=write, half=half)
    died = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    file, folder = tmp_path / "result.json", tmp_path / "pictures"
    other = tmp_path / "another.result.json"
    for path in (file, other):
        be_killed("atomic", path)
    be_killed("atomic_folder", folder)
    assert len(list(tmp_path.iterdir())) == 3
    with atomic(file) as temporary:
        temporary.write_text("whole")
    with atomic_folder(folder) as temporary:
        (temporary / "b").write_text("whole")
    (left,) = [path for path in tmp_path.iterdir() if path not in (file, folder)]
    assert left.name.endswith(".another.result.json"), "nobody wrote that file again"
    assert file.read_text() == "whole"
    assert [path.name for path in folder.iterdir()] == ["b"]


def test_processes_of_one_number_do_not_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getpid", lambda: 1)  # as in each container
    (tmp_path / ".1.pictures").mkdir()

    def write_twice() -> None:
        with atomic_folder(tmp_path / "pictures") as first:
            (first / "a").touch()
            with atomic_folder(tmp_path / "pictures") as second:
                (second / "b").touch()

    with pytest.raises(FileNotFoundError):
        write_twice()
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["b"], "the later one's"


def test_a_damaged_result_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/infer_onnx/00000.npz")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK half")
    with pytest.raises(UserError, match=r"00000\.npz is damaged .*: run again"):
        read_npz(path)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (OSError(errno.EFBIG, "File too large"), "a file may not be this large (ulimit -f)"),
        (OSError(errno.EMFILE, "Too many open files"), "no more files may be open (ulimit -n)"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 5000), "x" * 100 + "… is longer"),
        (MemoryError(), "there is not enough memory"),
    ],
    ids=["full", "quota", "large", "open", "name", "memory"],
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
