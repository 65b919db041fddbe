"""The process of a contestant: waits for an order, runs its images, says how long it took.

Both ends speak JSON, a line each. Between rounds it sleeps, so that it disturbs no other.
"""

import json
import os
import resource
import sys
import time
from dataclasses import dataclass

from parity.benchmarking.contestants import RUNNERS, Runner
from parity.benchmarking.results import Workload
from parity.data.batch_files import BatchImage
from parity.documents import from_plain, to_plain


@dataclass(frozen=True)
class Order:
    """What a worker does."""

    kind: str
    """A key of :data:`parity.benchmarking.contestants.RUNNERS`."""
    threads: int
    """Threads that it may use."""
    workload: Workload
    """The model and the settings."""
    images: list[BatchImage]
    """What to run in every round."""
    warm_up: int
    """Images to run before the first round."""


@dataclass(frozen=True)
class Round:
    """What a worker measured in one round."""

    seconds: float
    processor_seconds: float
    """Of the whole round."""
    intervals: list[float]
    """Seconds from image to image."""
    stages: dict[str, float]
    """Seconds by stage, summed; reading may overlap the network."""
    peak_memory_bytes: int
    """The largest resident size of the process so far."""


def run_round(run: Runner, images: list[BatchImage]) -> Round:
    """Run the images once and return the measurements."""
    intervals: list[float] = []
    stages: dict[str, float] = {}
    processor = time.process_time()
    start = last = time.perf_counter()
    for spent in run(images):
        now = time.perf_counter()
        intervals.append(now - last)
        last = now
        for stage, seconds in spent.items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    return Round(
        seconds=time.perf_counter() - start,
        processor_seconds=time.process_time() - processor,
        intervals=intervals,
        stages=stages,
        peak_memory_bytes=peak_memory_bytes(),
    )


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Run a round for every line until the other end closes."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # anything else that is printed goes to the log
    order = from_plain(json.loads(sys.stdin.readline()), Order)
    run = RUNNERS[order.kind](order.workload, order.threads, order.images[0].path)
    for _ in run(order.images[: order.warm_up]):
        pass
    answers.write(json.dumps({"ready": True}) + "\n")
    for _ in sys.stdin:
        answers.write(json.dumps(to_plain(run_round(run, order.images))) + "\n")


if __name__ == "__main__":
    main()
