"""The process of a contestant: waits for a word, runs its images, says how long it took.

Both ends speak JSON, a line each. Between rounds it sleeps, so that it disturbs nobody.
"""

import json
import os
import resource
import sys
import time
from typing import Any

from parity.benchmarking.contestants import RUNNERS, Runner, Task
from parity.data.batches import BatchImage


def run_round(run: Runner, images: list[BatchImage]) -> dict[str, Any]:
    """Return the measurements of one round.

    Returns
    -------
    dict
        ``seconds`` and ``processor_seconds`` of the round, ``intervals`` (seconds from image to
        image) and ``stages`` (seconds by stage, summed; reading may overlap the network).
    """
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
    return {
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - processor,
        "intervals": intervals,
        "stages": stages,
    }


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Serve rounds until the other end closes."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else is printed goes to the log
    order = json.loads(sys.stdin.readline())
    images = [BatchImage(**image) for image in order["images"]]
    task = Task(**order["task"])
    run = RUNNERS[order["kind"]](task, order["threads"], images[0].path)
    for _ in run(images[: order["warm_up"]]):
        pass
    answers.write(json.dumps({"ready": True}) + "\n")
    for _ in sys.stdin:
        measured = run_round(run, images)
        measured["peak_memory_bytes"] = peak_memory_bytes()
        answers.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
