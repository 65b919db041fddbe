"""How far a long job is: a line a few seconds apart, in its log."""

import logging
from collections.abc import Iterator

import pytest

from parity.progress import duration, reported


def ticking(seconds: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += seconds


def lines_of(caplog: pytest.LogCaptureFixture, *, seconds: float, items: int) -> list[str]:
    """Return what is logged when each item takes so many seconds."""
    ticks = ticking(seconds)
    with caplog.at_level(logging.INFO):
        done = list(reported(range(items), items, "images run", clock=lambda: next(ticks)))
    assert done == list(range(items))
    return [record.getMessage() for record in caplog.records]


def test_a_long_job_says_how_far_it_is(caplog: pytest.LogCaptureFixture) -> None:
    lines = lines_of(caplog, seconds=2, items=8)
    assert lines[0] == "3 of 8 images run (37 %), about 10 s left"
    assert lines[1] == "6 of 8 images run (75 %), about 4 s left"
    assert lines[2:] == ["8 of 8 images run in 18 s"]


def test_a_short_job_says_how_many_there_were(caplog: pytest.LogCaptureFixture) -> None:
    assert lines_of(caplog, seconds=0.01, items=50) == ["50 of 50 images run in 1 s"]


def test_items_come_one_by_one() -> None:
    taken = []

    def source() -> Iterator[int]:
        for item in range(3):
            taken.append(item)
            yield item

    next(iter(reported(source(), 3, "images run")))
    assert taken == [0]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7500, "2 h 5 min")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
