"""CPU time of the network for one image on one thread, which other programs hardly change.

    python -m bench.cpu_time results/export/yolo11n/fp32.onnx photograph.jpg --runtime opencv

It includes the processes that a runtime starts, as ONNX Runtime Web does.
"""

import argparse
from pathlib import Path

import psutil

import parity.backends.runtimes  # noqa: F401 - its modules register the runtimes
from parity.backends.bare import bare_run
from parity.backends.runtimes.runtime import RUNTIMES

ROUNDS = 4
RUNS = 2
"""Runs of a round, chosen; the least round counts."""


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it started, s."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def main() -> None:
    """Measure and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("model", type=Path, help="an export, or what rule pack wrote")
    arguments.add_argument("image", type=Path)
    arguments.add_argument("--runtime", choices=RUNTIMES, default="onnxruntime")
    given = arguments.parse_args()
    run = bare_run(given.model, given.image, threads=1, runtime=given.runtime)
    run()
    rounds = []
    for _ in range(ROUNDS):
        before = cpu_seconds()
        for _ in range(RUNS):
            run()
        rounds.append((cpu_seconds() - before) / RUNS)
    print(f"{1000 * min(rounds):.0f} ms")


if __name__ == "__main__":
    main()
