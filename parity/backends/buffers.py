"""Memory that is used again, for arrays too large to be allocated once per image."""

from collections import defaultdict

import numpy as np
from numpy.typing import DTypeLike


class BufferPool:
    """Arrays of one dtype; whoever takes one owns it until it is given back.

    Ownership, not a fixed order of turns, keeps a thread that prepares the next image from
    writing into what the network still reads. Taking and giving back are atomic, so several
    threads may share a pool. There are never more arrays of a shape than were in use at once.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        """Make an empty pool."""
        self._dtype = np.dtype(dtype)
        self._free: defaultdict[tuple[int, ...], list[np.ndarray]] = defaultdict(list)

    def take(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return an array of a shape with arbitrary content."""
        try:
            return self._free[shape].pop()
        except IndexError:
            return np.empty(shape, self._dtype)

    def give_back(self, array: np.ndarray) -> None:
        """Take back an array that :meth:`take` returned and that nobody uses any more."""
        self._free[array.shape].append(array)
