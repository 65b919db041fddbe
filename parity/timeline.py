"""When each job starts, begins to work and ends; written if ``make bench-edits`` asks for it."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "YOLO_PARITY_TIMELINE"
"""Environment variable with the file that jobs append to."""

START_FIELD = 19
"""Place of ``starttime`` in /proc/self/stat after the name of the program, see proc(5)."""


@dataclass(frozen=True)
class Span:
    """The life of a job; what precedes the work is the start of Python and its imports."""

    log: str
    """Its log, which names it."""
    started: float
    working: float
    ended: float
    """Seconds since 1970."""
    start_processor: float
    work_processor: float
    """Processor seconds of its start-up and of its work."""


@contextmanager
def timed(log: str) -> Iterator[None]:
    """Write down the span of this process, whose work is the block; Linux only."""
    timeline = os.environ.get(VARIABLE)
    if not timeline:
        yield
        return
    working, spent = time.time(), processor_seconds()
    started = working - age_of_process()
    try:
        yield
    finally:
        work = processor_seconds() - spent
        span = Span(log, started, working, time.time(), spent, work)
        with Path(timeline).open("a") as lines:
            lines.write(f"{json.dumps(asdict(span))}\n")


def load_timeline(path: Path) -> list[Span]:
    """Return the spans of a timeline, the earliest first."""
    spans = [Span(**json.loads(line)) for line in path.read_text().splitlines()]
    return sorted(spans, key=lambda span: span.started)


def processor_seconds() -> float:
    """Return the processor seconds of this process and of its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def age_of_process() -> float:
    """Return the seconds since this process was started."""
    stat = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    ticks = int(stat[START_FIELD]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks
