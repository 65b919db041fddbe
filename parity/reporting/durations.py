"""How long the jobs took whose results are there, as Snakemake recorded it.

Durations differ from run to run, so no rule reads them and no result holds them.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parity.progress import duration

RECORDS = Path(".snakemake/metadata")
"""A JSON file for each output, whose name is that of the output in base64 (Snakemake 9)."""

SHOWN = 5
"""Stages that a sentence names, the longest first; chosen."""


@dataclass(frozen=True)
class FinishedJob:
    """A job.

    Attributes
    ----------
    rule : str
        Its rule.
    seconds : float
        From its start to its end.
    outputs : tuple of str
        What it wrote.
    """

    rule: str
    seconds: float
    outputs: tuple[str, ...]


def finished_jobs() -> list[FinishedJob]:
    """Return the jobs whose outputs are still there; none where Snakemake keeps no records."""
    outputs: dict[tuple[str, float, float], list[str]] = {}
    for path in sorted(RECORDS.rglob("*")):
        if path.is_file():
            for key, output in _job_of(path):
                outputs.setdefault(key, []).append(output)
    return [
        FinishedJob(rule, end - start, tuple(written))
        for (rule, start, end), written in outputs.items()
    ]


def _job_of(path: Path) -> Iterator[tuple[tuple[str, float, float], str]]:
    """Yield the job of a record and its output, if that is there."""
    try:
        name = "".join(path.relative_to(RECORDS).parts).replace("@", "")
        output = base64.b64decode(name, validate=True).decode()
        told = json.loads(path.read_bytes())
        key = str(told["rule"]), float(told["starttime"]), float(told["endtime"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        return  # of another version of Snakemake
    if Path(output).exists():
        yield key, output


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
    return f"The jobs of these results took {total} in all: {', '.join(said)}."
