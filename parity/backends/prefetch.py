"""Preparing the next items while the current one is being used."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Ready = TypeVar("Ready")


def prefetch(
    prepare: Callable[[Item], Ready], items: Iterable[Item], *, ahead: int = 2
) -> Iterator[Ready]:
    """Yield ``prepare(item)`` for every item in order, prepared by one thread.

    Parameters
    ----------
    prepare : callable
        Called in the thread; what it raises is raised where its result would have been yielded.
    items : iterable
        What to prepare.
    ahead : int
        Items prepared before they are asked for, at most.
    """
    pending: deque[Future[Ready]] = deque()
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            for item in items:
                pending.append(pool.submit(prepare, item))
                if len(pending) > ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
