"""Logs: everything a job says, and for a mistake of the user one sentence and no traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

JOB = """
import atexit, ctypes, logging, os, sys
from parity.errors import UserError
from parity.logs import log_to
with log_to(sys.argv[1]):
    atexit.register(print, "tidied")
    print("from Python")
    ctypes.CDLL(None).puts(b"from a native library")
    logging.getLogger("parity.thing").warning("from the log of bad\\udcff.jpg")
    {end}
"""


def run(log: Path, end: str) -> subprocess.CompletedProcess[str]:
    """Run a job that ends in a certain way."""
    command = [sys.executable, "-c", JOB.format(end=end), str(log)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)


@pytest.mark.parametrize(
    ("end", "code", "said", "traceback"),
    [
        ("pass", 0, "", False),
        ("raise UserError('raise one or lower the other.')", 1, "error: raise one", False),
        ("raise UserError('bad\\udcff.jpg is lost.')", 1, "error: bad", False),
        ("raise ValueError('a bug')", 1, "ValueError: a bug", True),
    ],
)
def test_what_a_job_leaves_behind(
    tmp_path: Path, end: str, code: int, said: str, traceback: bool
) -> None:
    done = run(tmp_path / "job.log", end)
    text = (tmp_path / "job.log").read_text()
    assert done.returncode == code
    assert done.stdout == done.stderr == ""
    for words in (
        "from Python",
        "from a native library",
        "WARNING parity.thing: from the log",
        "tidied",
    ):
        assert words in text
    assert said in text
    assert ("Traceback" in text) == traceback


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_stands_where_a_log_belongs_is_named(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "job.log")
    done = run(tmp_path / "job.log", "pass")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path}/job.log cannot be read or written (")
    assert "move it away" in done.stderr
