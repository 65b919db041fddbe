"""Running contestants against each other, turn by turn, and what comes of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from parity.benchmarking.contestants import RATIOS, STAGES, Contestant, Task, line_ups
from parity.data.batches import BatchImage, load_batch
from parity.data.listing import ULTRALYTICS_SUFFIXES
from parity.data.reading import read_image
from parity.errors import UnreadableImageError, UserError
from parity.provenance import ROOT

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
PERCENTILES = (50, 90, 95, 99)


@contextmanager
def worker(
    contestant: Contestant, task: Task, images: list[BatchImage], warm_up: int
) -> Iterator[subprocess.Popen[str]]:
    """Start a process of a contestant; it ends with the block."""
    threads = dict.fromkeys(THREAD_VARIABLES, str(contestant.threads))
    order = {
        "kind": contestant.kind,
        "threads": contestant.threads,
        "task": task.as_json(),
        "images": [asdict(image) for image in images],
        "warm_up": warm_up,
    }
    command = [sys.executable, "-m", "parity.benchmarking.worker"]
    environment = os.environ | threads | {"PYTHONPATH": str(ROOT)}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:  # noqa: S603
        try:
            say(process, order)
            yield process
        finally:
            process.stdin.close()  # type: ignore[union-attr]


def say(process: subprocess.Popen[str], message: Any) -> None:
    """Send a line to a worker."""
    process.stdin.write(json.dumps(message) + "\n")  # type: ignore[union-attr]
    process.stdin.flush()  # type: ignore[union-attr]


def hear(process: subprocess.Popen[str], contestant: Contestant) -> dict[str, Any]:
    """Return the next line of a worker.

    Raises
    ------
    UserError
        If it ended instead.
    """
    line = process.stdout.readline()  # type: ignore[union-attr]
    if not line:
        raise UserError(f"{contestant.name} ended before its round; the log says why.")
    return json.loads(line)


def race(
    contestants: list[Contestant],
    task: Task,
    images: list[BatchImage],
    *,
    rounds: int,
    count: int,
    warm_up: int,
) -> dict[str, Any]:
    """Let contestants run in turn, round by round, each in processes of its own.

    Parameters
    ----------
    contestants : list of Contestant
        Who.
    task : Task
        What.
    images : list of BatchImage
        On what; taken again from the start if there are fewer than ``count``.
    rounds : int
        Turns of each.
    count : int
        Images of a turn.
    warm_up : int
        Images that each process runs before the first turn, at least one.

    Returns
    -------
    dict
        ``contestants`` and ``ratios``, see :func:`summarise` and :func:`compare_speeds`.
    """
    taken = list(islice(cycle(images), count))
    measured: dict[str, list[list[dict[str, Any]]]] = {each.name: [] for each in contestants}
    with ExitStack() as stack:
        processes = {
            each.name: [
                stack.enter_context(worker(each, task, taken[i :: each.processes], max(warm_up, 1)))
                for i in range(each.processes)
            ]
            for each in contestants
        }
        for each in contestants:
            for process in processes[each.name]:
                hear(process, each)
        for _ in range(rounds):
            for each in contestants:
                for process in processes[each.name]:
                    say(process, "run")
                measured[each.name].append([hear(p, each) for p in processes[each.name]])
    summaries = [summarise(each, measured[each.name], count) for each in contestants]
    return {"contestants": summaries, "ratios": compare_speeds(summaries)}


def summarise(
    contestant: Contestant, rounds: list[list[dict[str, Any]]], count: int
) -> dict[str, Any]:
    """Return what a contestant's rounds say.

    Returns
    -------
    dict
        Images and processor seconds by round, milliseconds from image to image (percentiles), by
        stage (mean over images, median over rounds), and the peak of memory of all its processes.
    """
    intervals = np.array([t for turn in rounds for process in turn for t in process["intervals"]])
    stages = {
        stage: median(sum(p["stages"].get(stage, 0.0) for p in turn) / count for turn in rounds)
        for stage in STAGES
    }
    percentiles = np.percentile(intervals * 1000, PERCENTILES)
    return {
        "name": contestant.name,
        **asdict(contestant),
        "images_per_second": [count / max(p["seconds"] for p in turn) for turn in rounds],
        "processor_ms_per_image": [
            1000 * sum(p["processor_seconds"] for p in turn) / count for turn in rounds
        ],
        "stage_ms_per_image": {stage: 1000 * seconds for stage, seconds in stages.items()},
        "interval_ms": dict(zip(map(str, PERCENTILES), percentiles.tolist(), strict=True)),
        "peak_memory_bytes": sum(p["peak_memory_bytes"] for p in rounds[-1]),
    }


def compare_speeds(summaries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the ratios of images per second, round by round, so that a slow minute hits both."""
    by_kind = {summary["kind"]: summary for summary in summaries}
    ratios = []
    for faster, slower in RATIOS:
        a, b = by_kind[faster], by_kind[slower]
        each = [x / y for x, y in zip(a["images_per_second"], b["images_per_second"], strict=True)]
        ratios.append(
            {
                "of": a["name"],
                "to": b["name"],
                "min": min(each),
                "median": median(each),
                "max": max(each),
                "rounds": each,
            }
        )
    return ratios


def race_all(
    task: Task, batches: list[str], *, cores: int, rounds: int, images: int, warm_up: int
) -> list[dict[str, Any]]:
    """Run the races of a machine, see :func:`race` and :func:`line_ups`.

    Parameters
    ----------
    task : Task
        What.
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
    return [
        race(each, task, readable, rounds=rounds, count=images, warm_up=warm_up)
        | {"distinct_images": len(readable)}
        for each in line_ups(cores)
    ]


def _is_readable(image: BatchImage) -> bool:
    if Path(image.path).suffix.lower() not in ULTRALYTICS_SUFFIXES:
        return False  # predict takes it for a video
    try:
        read_image(image.path)
    except UnreadableImageError:
        return False
    return True
