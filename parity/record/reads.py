"""Which images a program read, when, in which thread, and what they look like."""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

MOST_READS = 512
"""Images that are remembered: 4 kB each; chosen."""

MOST_OPENED = 256
"""Files that are remembered as lately opened, in which decoded bytes are looked up; chosen."""

WRITES = os.O_WRONLY | os.O_RDWR


@dataclass
class Read:
    """An image that was read."""

    path: str
    """Absolute."""
    thread: int
    """The thread that read it last."""
    order: int
    """Counts the reads."""
    size: tuple[int, int] | None = None
    """Height and width as decoded, px; None before it is decoded."""
    cells: np.ndarray | None = None
    """(SIDE * SIDE,) float32 ndarray or None. See :func:`parity.record.likeness.thumbnail`."""


class ReadLog:
    """The images that were read lately, and the files that were opened lately."""

    def __init__(self) -> None:
        self._reads: OrderedDict[str, Read] = OrderedDict()
        self._opened: deque[str] = deque(maxlen=MOST_OPENED)
        self._order = count(1)
        self._lock = threading.Lock()

    def watch_files(self) -> None:
        """Note every file that is opened from now on."""
        sys.addaudithook(self._audit)

    def add(self, path: str | bytes | os.PathLike[Any]) -> Read:
        """Note that an image is read; the same image again in the same thread is no new read."""
        name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - Path.absolute keeps ".."
        thread = threading.get_ident()
        with self._lock:
            read = self._reads.get(name)
            if read is None:
                read = self._reads[name] = Read(name, thread, next(self._order))
                if len(self._reads) > MOST_READS:
                    self._reads.popitem(last=False)
            elif read.thread != thread:
                read.thread, read.order = thread, next(self._order)
            return read

    def reads(self) -> list[Read]:
        """Return the images in the order in which they were read."""
        with self._lock:
            return sorted(self._reads.values(), key=lambda read: read.order)

    def file_with(self, content: memoryview) -> str | None:
        """Return the file among those lately opened that holds some bytes; None if none does."""
        for path in list(dict.fromkeys(reversed(self._opened))):
            try:
                if os.stat(path).st_size != content.nbytes:  # noqa: PTH116 - a path may be bytes
                    continue
                with open(path, "rb") as stream:  # noqa: PTH123 - a path may be bytes
                    if stream.read() == content:
                        return path
            except OSError:
                continue
        return None

    def renew_lock(self) -> None:
        """Take a new lock, in a forked process in which nobody would release the old one."""
        self._lock = threading.Lock()

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open":
            return
        with suppress(
            Exception
        ):  # what is raised here would keep the program from opening the file
            path, _, flags = arguments
            if isinstance(path, str | bytes | os.PathLike) and not flags & WRITES:
                self._opened.append(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100
