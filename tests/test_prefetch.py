"""Prefetching: in order, ahead but not far, and an error where its result would have been."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.backends.prefetch import prefetch


@given(st.lists(st.integers()), st.integers(1, 5))
def test_everything_comes_in_order(items: list[int], ahead: int) -> None:
    assert list(prefetch(lambda item: item * 2, items, ahead=ahead)) == [i * 2 for i in items]


def test_it_prepares_in_another_thread() -> None:
    (thread,) = prefetch(lambda _: threading.get_ident(), [None])
    assert thread != threading.get_ident()


def test_it_does_not_run_far_ahead() -> None:
    """What is prepared lies in memory: no more of it than asked for."""
    taken: list[int] = []

    def items() -> Iterator[int]:
        for i in range(100):
            taken.append(i)
            yield i

    ready = prefetch(lambda item: item, items(), ahead=2)
    assert next(ready) == 0
    assert len(taken) <= 4
    ready.close()


def test_an_error_comes_in_its_place() -> None:
    def prepare(item: int) -> int:
        if item == 2:
            raise ValueError("the third")
        return item

    ready = prefetch(prepare, range(5))
    assert [next(ready), next(ready)] == [0, 1]
    with pytest.raises(ValueError, match="the third"):
        next(ready)
