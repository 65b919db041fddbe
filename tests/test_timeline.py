"""What a job writes down of itself."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from parity.timeline import VARIABLE, load_timeline, timed
from tests.conftest import ROOT

CODE = """
import time
time.sleep(0.3)
from parity.timeline import timed
with timed("logs/a.log"):
    sum(range(3_000_000))
    raise SystemExit(1)
"""


def test_start_up_and_work_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "timeline"))
    before = time.time()
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, check=False)
    assert done.returncode == 1, "a job that fails is written down, too"
    (span,) = load_timeline(tmp_path / "timeline")
    assert span.log == "logs/a.log"
    assert before - 0.1 < span.started < span.working < span.ended <= time.time()
    assert span.working - span.started > 0.3
    assert span.work_processor > 0
    assert span.start_processor < span.working - span.started, "it slept"


def test_without_a_profile_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    with timed("logs/a.log"):
        pass
    assert not list(tmp_path.iterdir())
