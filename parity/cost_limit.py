"""Ending a process whose work takes too much time or memory, and saying so where it dies of it.

A loop in C neither lets go of Python's lock nor looks at signals, and a runtime that meets a
damaged file may end the process that it runs in. So another process watches: this file, run as a
script. It knows nothing of the library and ends with the process that it watches.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache

LOOK_S = 0.1
"""Seconds between two looks at the memory of a process; chosen: memory fills at some GB/s."""

PATIENCE = 10
"""Times as long as it may take by which work may be delayed by others on the machine; chosen."""


@dataclass(frozen=True)
class MostCost:
    """What a piece of work may cost."""

    seconds: float
    """Time of a processor until it ends. It is waited for :data:`PATIENCE` times as long, so that
    other work on the machine ends nothing."""
    megabytes: float
    """Memory that it takes beyond what the process has when it begins."""
    too_long: str
    too_large: str
    """What the user is told where it costs more."""
    died: str
    """What the user is told where the process ends meanwhile, without a word of its own."""


@contextmanager
def cost_limit(cost: MostCost) -> Iterator[None]:
    """End this process with a sentence on stderr if a block costs more; do not nest blocks."""
    orders = _start_watcher()
    os.write(orders, f"{json.dumps(asdict(cost))}\n".encode())
    try:
        yield
    finally:
        os.write(orders, b"null\n")


@cache
def _start_watcher() -> int:
    """Start the watcher of this process; return the file descriptor that its orders go to."""
    watcher = subprocess.Popen(  # noqa: S603 - this Python with this file
        [sys.executable, "-I", "-S", __file__, str(os.getpid())], stdin=subprocess.PIPE
    )
    atexit.register(watcher.communicate)  # it ends where its orders end
    return watcher.stdin.fileno()  # type: ignore[union-attr]


def watch(process: int) -> str:
    """Watch a process as the lines on stdin order: a cost begins a block, null ends it.

    Parameters
    ----------
    process : int
        The parent of this one.

    Returns
    -------
    str
        What to tell the user of a block that costs more, or in which the process ended; empty where
        the orders end outside of any.
    """
    cost, began, spent, most, rest = None, 0.0, 0.0, 0.0, b""
    while True:
        ready, _, _ = select.select([0], [], [], LOOK_S if cost else None)
        if ready:
            received = os.read(0, 1 << 16)
            if not received:
                return cost.died if cost else ""
            *orders, rest = (rest + received).split(b"\n")
            for order in orders:
                content = json.loads(order)
                cost = MostCost(**content) if content else None
                if cost:
                    began, spent = time.monotonic(), worked_seconds(process)
                    most = resident_megabytes(process) + cost.megabytes
        if cost:
            waited = time.monotonic() - began
            worked = min(waited, worked_seconds(process) - spent)
            if worked > cost.seconds or waited > PATIENCE * cost.seconds:
                return cost.too_long
        if cost and resident_megabytes(process) > most:
            return cost.too_large


def worked_seconds(process: int) -> float:
    """Return the time that a process has had of processors; where nobody tells, that of a clock."""
    try:
        with open(f"/proc/{process}/stat") as stream:  # noqa: PTH123 - pathlib costs 10 ms
            user, system = stream.read().rpartition(")")[2].split()[11:13]  # see proc(5)
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return time.monotonic()


def resident_megabytes(process: int) -> float:
    """Return the memory that a process has; 0 on a system that does not tell."""
    try:
        with open(f"/proc/{process}/statm") as stream:  # noqa: PTH123 - pathlib costs 10 ms
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def main(process: int) -> None:
    """Watch a process, and kill it with a sentence if need be."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when its parent does
    sentence = watch(process)
    if sentence:
        line = f"error: {' '.join(sentence.split())}\n"
        os.write(2, line.encode(errors="backslashreplace"))
    if sentence and os.getppid() == process:
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
