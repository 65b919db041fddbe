"""Which image an input tensor shows, where that is certain."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from parity.record.likeness import likenesses

if TYPE_CHECKING:
    import numpy as np

    from parity.record.reads import Read

ALIKE = 0.85
"""Correlation from which on a tensor shows an image, whoever read it. Measured on the images of
COCO128, letterboxed, stretched, blurred or BGR: 95 % of the tensors reach 0.95 with their own
image, and none reaches 0.89 with another one."""

PROBABLY_ALIKE = 0.7
"""Correlation from which on a tensor shows the image that its thread read for it: 95 % of the
tensors above stay below 0.83 with any of 127 other images, and the order speaks for this one."""

MARGIN = 0.05
"""By how much any other image must be less alike; the smallest of the tensors above is 0.1."""

CONTENT, ORDER = "content", "order"


class Assignment:
    """Assigns the tensors that a network is fed, in the order in which it is fed them."""

    def __init__(self) -> None:
        self._last: dict[tuple[Hashable, int], int] = {}
        self._assigned: dict[Hashable, set[str]] = {}
        self._by_order: dict[tuple[Hashable, int], str] = {}
        self._doubted: dict[Hashable, set[str]] = {}

    def assign(
        self, rows: list[np.ndarray], reads: list[Read], network: Hashable, thread: int
    ) -> list[tuple[str, str]]:
        """Return the path of the image that each tensor shows, and why; empty if not certain.

        Parameters
        ----------
        rows : list of (3, H, W) or (H, W, 3) ndarray
            What the network is fed at once.
        reads : list of Read
            What was read so far, in order.
        network : hashable
            Which network it is.
        thread : int
            The thread that runs it.

        Returns
        -------
        list of (path, reason)
            The reason is ``content``, ``order`` or empty.
        """
        known = self._assigned.setdefault(network, set())
        since = self._last.get((network, thread), 0)
        recent = [read for read in reads if read.thread == thread and read.order > since]
        if not rows:
            return []
        earlier = self._by_order.pop((network, thread), "")
        if earlier and not recent:  # two tensors after one image: which of them shows it?
            self._doubted.setdefault(network, set()).add(earlier)
        expected = recent if len(recent) == len(rows) else []
        new = [read for read in reads if read.path not in known]
        old = [read for read in reads if read.path in known]
        found = []
        for number, row in enumerate(rows):
            wanted = expected[number] if expected else None
            found.append(_most_alike(row, new, wanted) or _most_alike(row, old, None))
        paths = [read.path for read in found if read is not None]
        reasons = [CONTENT if read and paths.count(read.path) == 1 else "" for read in found]
        if len(rows) == 1 and expected and found[0] is None:
            found, reasons = [expected[0]], [ORDER]
            self._by_order[network, thread] = expected[0].path
        if reads and any(reasons):
            self._last[network, thread] = max(read.order for read in reads)
        given = [
            (read.path, reason) if read and reason else ("", "")
            for read, reason in zip(found, reasons, strict=True)
        ]
        known.update(path for path, _ in given if path)
        doubted = {path for path, reason in given if reason == CONTENT}
        self._doubted.setdefault(network, set()).update(doubted)
        return given

    def doubted(self, network: Hashable) -> set[str]:
        """Return the images whose assignment by order is in doubt now, and forget them."""
        return self._doubted.pop(network, set())


def _most_alike(row: np.ndarray, reads: list[Read], wanted: Read | None) -> Read | None:
    """Return the image that a tensor shows, if it is more alike than any other."""
    seen = [read for read in reads if read.size and read.cells is not None and read.cells.any()]
    if not seen:
        return None
    alike = likenesses(row, [(read.size, read.cells) for read in seen])  # type: ignore[misc]
    best = max(range(len(seen)), key=alike.__getitem__)
    rivals = sum(each > alike[best] - MARGIN for each in alike) - 1
    enough = PROBABLY_ALIKE if seen[best] is wanted else ALIKE
    return seen[best] if alike[best] >= enough and rivals == 0 else None
