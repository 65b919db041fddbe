"""Logging the progress of a long job."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

EVERY_SECONDS = 5.0


def reported(
    items: Iterable[T],
    total: int,
    what: str,
    *,
    every_seconds: float = EVERY_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """Yield items and log, some seconds apart, how many are done and how long the rest may take.

    A job that is done sooner logs one line at its end.

    Parameters
    ----------
    items : iterable
        What to yield.
    total : int
        How many there are.
    what : str
        What a line says was done, such as ``images read``.
    every_seconds : float
        Seconds between two lines, at least.
    clock : callable
        Returns seconds.
    """
    start = last = clock()
    done = 0
    for item in items:
        yield item
        done += 1
        now = clock()
        if now - last >= every_seconds and done < total:
            left = (now - start) / done * (total - done)
            share = 100 * done // total
            log.info("%d of %d %s (%d %%), about %s left", done, total, what, share, duration(left))
            last = now
    log.info("%d of %d %s in %s", done, total, what, duration(clock() - start))


def duration(seconds: float) -> str:
    """Return a duration in words, such as ``8 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
