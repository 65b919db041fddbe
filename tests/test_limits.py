"""Limits reach every process through its environment."""

import os
import subprocess
import sys

import pytest

from parity.limits import GRAPH_MB, GRAPH_SECONDS, OTHERS, PIXELS, TEXT_MB, Limits, forget_others
from tests.conftest import ROOT


def test_they_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PIXELS, GRAPH_SECONDS, GRAPH_MB, TEXT_MB):
        monkeypatch.delenv(name, raising=False)
    assert Limits.current() == Limits()
    monkeypatch.setattr(os, "environ", dict(os.environ))
    given = Limits(pixels=1000, graph_seconds=2.5, graph_mb=300, text_mb=400)
    given.set()
    assert Limits.current() == given


@pytest.mark.parametrize("value", ["abc", "", "1e9", "-1", " 5", "9" * 30, "٣"])
def test_what_is_no_limit_is_forgotten(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    for name in (PIXELS, GRAPH_SECONDS, GRAPH_MB, TEXT_MB, *OTHERS):
        monkeypatch.setenv(name, value)
    forget_others()
    assert Limits.current() == Limits()
    assert not set(OTHERS) & set(os.environ)


@pytest.mark.parametrize("name", [PIXELS, *OTHERS])
def test_opencv_does_not_end_the_process_over_a_limit(name: str) -> None:
    command = [sys.executable, "-m", "parity.diagnose", "--help"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {name: "abc"}, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
