"""Running contestants in turn on the same images, and what comes of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import IO, Any

import numpy as np

from parity.benchmarking.contestants import RATIOS, TIMED_STAGES, Contestant, line_ups
from parity.benchmarking.results import Race, Ratio, Speed, Workload
from parity.benchmarking.worker import Order, Round
from parity.data.batch_files import BatchImage, load_batch
from parity.data.image_files import as_file
from parity.data.reading import read_image
from parity.data.suffixes import ULTRALYTICS_SUFFIXES
from parity.documents import from_plain, to_plain
from parity.errors import UnreadableImageError, UserError
from parity.provenance import ROOT

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PERCENTILES = (50, 90, 95, 99)


class Worker:
    """The process of a contestant; see :mod:`parity.benchmarking.worker`."""

    def __init__(self, contestant: Contestant, stdin: IO[str], stdout: IO[str]) -> None:
        """Take the contestant and both ends of its process."""
        self.contestant = contestant
        self._stdin, self._stdout = stdin, stdout

    def send(self, message: Any) -> None:
        """Send a line."""
        self._stdin.write(json.dumps(message) + "\n")
        self._stdin.flush()

    def receive(self) -> Any:
        """Return the next line.

        Raises
        ------
        UserError
            If the process ended instead.
        """
        line = self._stdout.readline()
        if not line:
            raise UserError(
                f"{self.contestant.name} ended before its round; the log of the run says why."
            )
        return json.loads(line)


@contextmanager
def start_worker(contestant: Contestant, order: Order) -> Iterator[Worker]:
    """Start a process of a contestant; it ends with the block."""
    threads = dict.fromkeys(THREAD_VARIABLES, str(contestant.threads))
    command = [sys.executable, "-m", "parity.benchmarking.worker"]
    environment = os.environ | threads | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        try:
            worker = Worker(contestant, process.stdin, process.stdout)
            worker.send(to_plain(order))
            yield worker
        finally:
            process.stdin.close()


def run_race(
    contestants: list[Contestant],
    workload: Workload,
    images: list[BatchImage],
    *,
    rounds: int,
    count: int,
    warm_up: int,
) -> list[Speed]:
    """Let contestants run in turn, round by round, each in processes of its own.

    Parameters
    ----------
    contestants : list of Contestant
        What is timed.
    workload : Workload
        The model and the settings.
    images : list of BatchImage
        What is run; from the start again if there are fewer than ``count``.
    rounds : int
        Turns of each contestant.
    count : int
        Images of a turn.
    warm_up : int
        Images that each process runs before the first turn, at least one.

    Raises
    ------
    UserError
        If a process ends before its round.
    """
    taken = list(islice(cycle(images), count))
    measured: dict[str, list[list[Round]]] = {each.name: [] for each in contestants}
    with ExitStack() as stack:
        workers = {
            each.name: [
                stack.enter_context(start_worker(each, order))
                for order in orders_for(each, workload, taken, max(warm_up, 1))
            ]
            for each in contestants
        }
        for each in contestants:
            for worker in workers[each.name]:
                worker.receive()
        for _ in range(rounds):
            for each in contestants:
                for worker in workers[each.name]:
                    worker.send("run")
                measured[each.name].append(
                    [from_plain(worker.receive(), Round) for worker in workers[each.name]]
                )
    return [speed_of(each, measured[each.name], count) for each in contestants]


def orders_for(
    contestant: Contestant, workload: Workload, images: list[BatchImage], warm_up: int
) -> Iterator[Order]:
    """Yield the order of each process of a contestant."""
    for i in range(contestant.processes):
        yield Order(
            kind=contestant.kind,
            threads=contestant.threads,
            workload=workload,
            images=images[i :: contestant.processes],
            warm_up=warm_up,
        )


def speed_of(contestant: Contestant, rounds: list[list[Round]], count: int) -> Speed:
    """Return how fast a contestant was.

    Parameters
    ----------
    contestant : Contestant
        Which one.
    rounds : list of list of Round
        What each process measured, by round.
    count : int
        Images of a round.
    """
    intervals = np.array([t for turn in rounds for each in turn for t in each.intervals])
    stages = {
        stage: median(sum(each.stages.get(stage, 0.0) for each in turn) / count for turn in rounds)
        for stage in TIMED_STAGES
    }
    percentiles = np.percentile(intervals * 1000, PERCENTILES)
    return Speed(
        **vars(contestant),
        name=contestant.name,
        images_per_second=[count / max(each.seconds for each in turn) for turn in rounds],
        processor_ms_per_image=[
            1000 * sum(each.processor_seconds for each in turn) / count for turn in rounds
        ],
        stage_ms_per_image={stage: 1000 * seconds for stage, seconds in stages.items()},
        interval_ms=dict(zip(map(str, PERCENTILES), percentiles.tolist(), strict=True)),
        peak_memory_bytes=sum(each.peak_memory_bytes for each in rounds[-1]),
    )


def compare_speeds(speeds: list[Speed]) -> list[Ratio]:
    """Return the ratios of images per second, round by round, so that a slow minute hits both."""
    by_kind = {speed.kind: speed for speed in speeds}
    ratios = []
    for faster, slower in RATIOS:
        if not {faster, slower} <= set(by_kind):
            continue
        a, b = by_kind[faster], by_kind[slower]
        each = [x / y for x, y in zip(a.images_per_second, b.images_per_second, strict=True)]
        ratios.append(
            Ratio(
                of=a.name,
                to=b.name,
                min=min(each),
                median=median(each),
                max=max(each),
                rounds=each,
            )
        )
    return ratios


def run_races(
    workload: Workload, batches: list[str], *, cores: int, rounds: int, images: int, warm_up: int
) -> list[Race]:
    """Run the races of a machine, see :func:`parity.benchmarking.contestants.line_ups`.

    Parameters
    ----------
    workload : Workload
        The model and the settings.
    batches : list of str
        The lists of the images, as they were planned.
    cores : int
        Cores that may be used.
    rounds, images, warm_up : int
        Turns of each contestant, images of a turn, and images before the first.

    Raises
    ------
    UserError
        If no image can be read.
    """
    listed = (image for batch in batches for image in load_batch(batch))
    readable = list(islice(filter(_is_readable, listed), images))
    if not readable:
        raise UserError("latency: no image can be read, so there is nothing to time.")
    races = []
    with ExitStack() as copies:  # predict reads no shards
        files = [
            replace(image, path=str(copies.enter_context(as_file(image.path))))
            for image in readable
        ]
        for contestants in line_ups(cores, workload, images):
            speeds = run_race(
                contestants, workload, files, rounds=rounds, count=images, warm_up=warm_up
            )
            races.append(Race(speeds, compare_speeds(speeds), distinct_images=len(readable)))
    return races


def _is_readable(image: BatchImage) -> bool:
    if Path(image.path).suffix.lower() not in ULTRALYTICS_SUFFIXES:
        return False  # predict would read it as a video
    try:
        read_image(image.path)
    except UnreadableImageError:
        return False
    return True
