"""How long the jobs took whose results are there, as Snakemake recorded it.

Durations differ from run to run, so no rule reads them and no result holds them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from parity.progress import duration
from parity.snakemake_records import Record, recorded_outputs

SHOWN = 5
"""Stages that a sentence names, the longest first; chosen."""


@dataclass(frozen=True)
class FinishedJob:
    """A job."""

    rule: str
    """Its rule."""
    seconds: float
    """From its start to its end."""
    outputs: tuple[str, ...]
    """What it wrote."""


def finished_jobs() -> list[FinishedJob]:
    """Return the jobs whose outputs are still there; none where Snakemake keeps no records."""
    jobs: dict[tuple[str, ...], FinishedJob] = {}
    for record in recorded_outputs():
        if Path(record.output).exists() and (read := _read(record)) is not None:
            key, job = read
            known = jobs.get(key, job)
            outputs = dict.fromkeys((*known.outputs, *job.outputs))
            jobs[key] = FinishedJob(job.rule, max(job.seconds, known.seconds), tuple(outputs))
    return list(jobs.values())


def _read(record: Record) -> tuple[tuple[str, ...], FinishedJob] | None:
    """Return the rule and the logs of a record's job, and what it says of it.

    A record of another version of Snakemake says nothing.
    """
    told = record.content
    try:
        rule, seconds = str(told["rule"]), float(told["endtime"]) - float(told["starttime"])
        key = (rule, *map(str, told["log"]))
    except (ValueError, KeyError, TypeError):
        return None
    return key, FinishedJob(rule, seconds, (record.output,))


def seconds_by_rule(jobs: Iterable[FinishedJob]) -> dict[str, list[float]]:
    """Return the seconds of each job by rule, the rule that took longest first."""
    spent: dict[str, list[float]] = {}
    for job in jobs:
        spent.setdefault(job.rule, []).append(job.seconds)
    return dict(sorted(spent.items(), key=lambda item: -sum(item[1])))


def took(jobs: Iterable[FinishedJob]) -> str:
    """Return how long each stage took, in a sentence; empty if there are no jobs."""
    spent = seconds_by_rule(jobs)
    if not spent:
        return ""
    said = [
        f"{rule} {duration(sum(each))}" + (f" ({len(each)} jobs)" if len(each) > 1 else "")
        for rule, each in [*spent.items()][:SHOWN]
    ]
    rest = sum(sum(each) for each in [*spent.values()][SHOWN:])
    said += [f"all others {duration(rest)}"] if len(spent) > SHOWN else []
    total = duration(sum(map(sum, spent.values())))
    return f"The jobs whose results are in results/ took {total} in all: {', '.join(said)}."
