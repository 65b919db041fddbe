"""Limits reach every process through its environment."""

import os

import pytest

from parity.limits import GRAPH_MB, GRAPH_SECONDS, PIXELS, TEXT_MB, Limits


def test_they_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PIXELS, GRAPH_SECONDS, GRAPH_MB, TEXT_MB):
        monkeypatch.delenv(name, raising=False)
    assert Limits.current() == Limits()
    monkeypatch.setattr(os, "environ", dict(os.environ))
    given = Limits(pixels=1000, graph_seconds=2.5, graph_mb=300, text_mb=400)
    given.set()
    assert Limits.current() == given
