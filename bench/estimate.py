"""Say what a run over more images would cost: python -m bench.estimate 100000 --jobs 30.

It starts from a finished run in this folder: how long each job took, as Snakemake recorded it, how
much memory the networks took, and how large the results are. A finished run of 256 images or more,
on the machine that is asked about and with nothing else running, is a good start.

A job of a batch takes its time to start, and so long for each image. The time to start of a
network is what its job took beyond the images; ``detect_pytorch`` starts like it, and any other
rule like ``gate``, which does nothing else.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from parity.data.batch_assignment import count_batches
from parity.data.batch_files import load_batch
from parity.data.batch_plan import load_batch_plan
from parity.planning.plan_run import BATCHES
from parity.planning.schema import complete
from parity.progress import duration
from parity.reporting.hooks.durations import FinishedJob, finished_jobs, seconds_by_rule
from parity.snakemake_records import RECORDS

GROWING = ("summarise", "plot", "accuracy", "diagnose", "detect_external", "detect_control")
"""Rules with one job, which takes longer the more images there are."""

DRAWING = {"annotate": "annotate", "browse": "browse"}
"""Rules whose one job draws images, and the key that says how many at most."""

STARTS_LIKE = {"detect_pytorch": "infer_pytorch"}
"""Rules that import what another does, whose time to start is known."""

WAITING_S = 4
"""Seconds that a cluster's job waits before it does anything: 2 to 5, see docs/cluster.md."""

BASE_MB = 150
"""Memory of Snakemake itself, see docs/cluster.md."""


@dataclass(frozen=True)
class RuleCost:
    """What the jobs of a rule cost: seconds to start, and for each image."""

    start: float
    per_image: float
    jobs_per_batch: float

    def seconds(self, images: int, batches: int) -> float:
        """Return the seconds of all jobs of the rule."""
        jobs = self.jobs_per_batch * batches
        return jobs * self.start + self.jobs_per_batch * images * self.per_image


@dataclass(frozen=True)
class RunCost:
    """What a finished run cost."""

    images: int
    """Images of the run."""
    batched: dict[str, RuleCost]
    """Rules with jobs for each batch."""
    single: dict[str, tuple[float, float]]
    """Seconds of each other rule, those that stay and those for each image."""
    drawn: dict[str, tuple[float, int]]
    """Seconds for each image of rules that draw, and how many they draw at most."""
    peak_mb: float
    """Memory of the largest job of a network."""
    kept_mb: float
    per_image_mb: float
    """Results that stay as large as they are, and those of each image."""

    def alone(self, images: int) -> float:
        """Return the seconds of the rules that do not work batch by batch."""
        seconds = sum(stays + images * grows for stays, grows in self.single.values())
        return seconds + sum(min(images, most) * each for each, most in self.drawn.values())

    def hours(self, images: int, batches: int, workers: int, waiting_s: float = 0.0) -> float:
        """Return the hours of a run in which so many jobs run at a time."""
        jobs = sum(cost.jobs_per_batch for cost in self.batched.values()) * batches
        spent = sum(cost.seconds(images, batches) for cost in self.batched.values())
        return (self.alone(images) + (spent + jobs * waiting_s) / min(workers, jobs)) / 3600

    def disk_mb(self, images: int) -> float:
        """Return the size of the results."""
        return self.kept_mb + images * self.per_image_mb


def cost_of_run(jobs: list[FinishedJob], limits: dict[str, int]) -> RunCost:
    """Return what the run in this folder cost.

    Parameters
    ----------
    jobs : list of FinishedJob
        Its jobs.
    limits : dict of str to int
        Images that are drawn at most, by rule.
    """
    names = load_batch_plan(BATCHES).names
    sizes = {name: len(load_batch(f"{BATCHES}/{name}.json")) for name in names}
    images = sum(sizes.values())
    spent = seconds_by_rule(jobs)
    start = min(spent.get("gate", [min(map(min, spent.values()))]))
    by_batch = [job for job in jobs if _batch_of(job) in sizes]
    batched: dict[str, RuleCost] = {}
    for rule in sorted({job.rule for job in by_batch}, key=lambda rule: rule in STARTS_LIKE):
        own = [job for job in by_batch if job.rule == rule]
        rows, total = sum(sizes[_batch_of(job)] for job in own), sum(job.seconds for job in own)
        like = batched.get(STARTS_LIKE.get(rule, ""))
        starting = len(own) * (like.start if like else start)
        work = sum(map(_network_seconds, own)) or max(total - starting, 0.0)
        starts = max(total - work, 0.0) / len(own)
        batched[rule] = RuleCost(starts, work / rows, len(own) / len(names))
    others = seconds_by_rule(job for job in jobs if job not in by_batch)
    single, drawn = {}, {}
    for rule, seconds in others.items():
        beyond = max(sum(seconds) - len(seconds) * start, 0.0)
        if rule in DRAWING:
            drawn[rule] = beyond / max(min(images, limits[rule]), 1), limits[rule]
            single[rule] = len(seconds) * start, 0.0
        elif rule in GROWING:
            single[rule] = len(seconds) * start, beyond / images
        else:
            single[rule] = sum(seconds), 0.0
    peak = max((_peak_mb(path) for path in Path("benchmarks").rglob("*.tsv")), default=0.0)
    large = sum(_size_mb(output) for job in by_batch for output in job.outputs)
    large += _size_mb(BATCHES)
    kept = sum(_size_mb(output) for job in jobs if job not in by_batch for output in job.outputs)
    return RunCost(images, batched, single, drawn, peak, kept, large / images)


def _batch_of(job: FinishedJob) -> str:
    return Path(job.outputs[0]).stem


def _network_seconds(job: FinishedJob) -> float:
    """Return the seconds that a network's job took for its images."""
    for output in job.outputs:
        path = Path("benchmarks", *Path(output).parts[1:]).with_name(f"{_batch_of(job)}.json")
        if job.rule.startswith("infer_") and path.is_file():
            return float(sum(msgspec.json.decode(path.read_bytes())["seconds"].values()))
    return 0.0


def _peak_mb(benchmark: Path) -> float:
    head, row = (line.split("\t") for line in benchmark.read_text().splitlines()[:2])
    try:
        return float(row[head.index("max_rss")])
    except ValueError:  # the job was too short to be looked at
        return 0.0


def _size_mb(output: str) -> float:
    path = Path(output)
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file()) / 1e6


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=int, help="how many images")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="of one machine")
    parser.add_argument("--jobs", type=int, default=30, help="jobs at a time on a cluster")
    parser.add_argument("--configfile", type=Path, default=Path("config.yaml"))
    options = parser.parse_args()
    jobs = finished_jobs()
    if not jobs:
        parser.error(f"{RECORDS.absolute()} holds no finished job; run the workflow first.")
    config = complete(yaml.safe_load(options.configfile.read_text()))
    cost = cost_of_run(jobs, {rule: config[key] for rule, key in DRAWING.items()})
    batches = count_batches(options.images, config["images_per_job"])
    ways = {
        f"one machine, {options.cores} cores": (options.cores, 0.0),
        f"a cluster, {options.jobs} jobs at a time": (options.jobs, WAITING_S),
    }
    sys.stdout.write(
        f"{options.images:,} images in {batches:,} batches, from a run of {cost.images:,}\n\n"
        "| | time | memory | disk |\n|---|---|---|---|\n"
    )
    for name, (workers, waiting) in ways.items():
        time = duration(cost.hours(options.images, batches, workers, waiting) * 3600)
        memory = cost.peak_mb if waiting else BASE_MB + cost.peak_mb * options.cores
        each = " for each job" if waiting else ""
        disk = f"{cost.disk_mb(options.images):,.0f} MB"
        sys.stdout.write(f"| {name} | {time} | {memory:,.0f} MB{each} | {disk} |\n")


if __name__ == "__main__":
    main()
