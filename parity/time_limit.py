"""Ending a process whose work takes too long, wherever in foreign code it hangs.

A loop in C neither lets go of Python's lock nor looks at signals, so another process watches: this
file, run as a script. It knows nothing of the library and ends with the process that it watches.
"""

import atexit
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def time_limit(seconds: float, sentence: str) -> Iterator[None]:
    """End this process with a sentence on stderr if a block takes longer.

    Parameters
    ----------
    seconds : float
        How long the block may take; blocks must not be nested.
    sentence : str
        What the user is told.
    """
    orders = _start_watcher()
    os.write(orders, f"{seconds} {' '.join(sentence.split())}\n".encode(errors="surrogateescape"))
    try:
        yield
    finally:
        os.write(orders, b"\n")


@cache
def _start_watcher() -> int:
    """Start the watcher of this process; return the file descriptor that its orders go to."""
    watcher = subprocess.Popen(  # noqa: S603 - this Python with this file
        [sys.executable, "-I", "-S", __file__, str(os.getpid())], stdin=subprocess.PIPE
    )
    atexit.register(watcher.communicate)  # it ends where its orders end
    return watcher.stdin.fileno()  # type: ignore[union-attr]


def watch(process: int) -> None:
    """Kill a process unless the end of each limit on stdin comes in time.

    Parameters
    ----------
    process : int
        The parent of this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when its parent does
    deadline, sentence, rest = None, b"", b""
    while True:
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        ready, _, _ = select.select([0], [], [], left)
        if not ready:
            break
        received = os.read(0, 1 << 16)
        if not received:
            return
        *orders, rest = (rest + received).split(b"\n")
        for order in orders:
            seconds, _, sentence = order.partition(b" ")
            deadline = time.monotonic() + float(seconds) if seconds else None
    if os.getppid() == process:
        os.write(2, b"error: " + sentence + b"\n")
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    watch(int(sys.argv[1]))
