"""What became of the runs of this folder, and what has changed since the last.

The history depends on the time and on earlier runs. It is therefore no result: no rule reads it,
and what rules write is the same with and without it.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from parity.documents import load, save
from parity.errors import UserError, printable
from parity.integrity import REPORTS
from parity.reporting.answer import Answers
from parity.reporting.run_verdict import RunVerdict, gate_in_words
from parity.sentences import listing

KEPT = Path(REPORTS)
"""Where what outlasts a run is kept, beside its results."""

HISTORY = KEPT / "history.json"
MOST_RUNS = 200
"""Runs that are remembered, the latest (chosen)."""


@dataclass(frozen=True)
class PastRun:
    """What a run came to."""

    name: str
    """Its configuration, see :func:`name_of_run`."""
    when: str
    """Local time of its verdict, ISO 8601."""
    models: tuple[str, ...]
    externals: tuple[str, ...]
    problems: tuple[str, ...]
    answers: Answers
    """As in its :class:`RunVerdict`."""
    gates: tuple[str, ...]
    """Its gates, as problems name them."""

    @property
    def day_and_time(self) -> str:
        """Return when it was, such as ``25 November 2026, 22:41``."""
        then = datetime.fromisoformat(self.when)
        return f"{then.day} {then:%B %Y, %H:%M}"


@dataclass(frozen=True)
class History:
    """The runs of a folder, the latest last."""

    SCHEMA: ClassVar[str] = "history/2"

    runs: tuple[PastRun, ...]


@dataclass(frozen=True)
class Changes:
    """Problems that are gone, new and unchanged since an earlier run of the same things.

    What is gone may be fixed, or no longer examined: a run with other evidence looks elsewhere.
    """

    since: PastRun
    gone: tuple[str, ...]
    new: tuple[str, ...]
    unchanged: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it in words."""
        since = f"Since the last run ({self.since.day_and_time})"
        gone, new, unchanged = (
            listing([_as_failure(problem) for problem in problems])
            for problems in (self.gone, self.new, self.unchanged)
        )
        if not gone and not new:
            left = f"; still there: {unchanged}" if unchanged else ""
            return f"{since}, nothing has changed{left}."
        kinds = {"no longer found": gone, "new": new, "unchanged": unchanged}
        said = [f"{kind}: {problems}" for kind, problems in kinds.items() if problems]
        return f"{since} – {'; '.join(said)}."


def _as_failure(problem: str) -> str:
    """Return a problem so that "no longer found" cannot be read as if a gate were gone."""
    return re.sub("^the gate ", "the failure of the gate ", problem)


def name_of_run(configurations: Sequence[str]) -> str:
    """Return the name of a run: those of its configuration files, without folder and suffix.

    It becomes that of a folder beside the history, so it has no dots: ``...yaml`` would be another.
    """
    return printable("+".join(Path(path).stem.replace(".", "_") for path in configurations))


def load_runs(path: Path) -> tuple[PastRun, ...]:
    """Return the runs of a history; none where it cannot be read, so that it is begun anew."""
    with suppress(FileNotFoundError, UserError):
        return load(path, History).runs
    return ()


def remember(name: str, verdict: RunVerdict, *, given: datetime) -> tuple[PastRun, ...]:
    """Add a run to the history and return its runs, this one last.

    Parameters
    ----------
    name : str
        Name of the run.
    verdict : RunVerdict
        What it came to.
    given : datetime
        When the verdict was given; the same again is the same run.
    """
    when = given.astimezone().isoformat(timespec="microseconds")
    run = PastRun(
        name,
        when,
        verdict.models,
        verdict.externals,
        verdict.problems,
        verdict.answers,
        tuple(gate_in_words(gate) for gate in verdict.gates),
    )
    others = [each for each in load_runs(HISTORY) if (each.name, each.when) != (name, when)]
    runs = (*others, run)[-MOST_RUNS:]
    save(HISTORY, History(runs))
    return runs


def _things(run: PastRun) -> tuple[object, ...]:
    return run.name, run.models, run.externals


def changes_since(runs: Sequence[PastRun]) -> Changes | None:
    """Return what has changed between the last run and the one before of the same things.

    Runs are of the same things if their configurations, models and external deployments have the
    same names. A gate that the last run does not have is not gone.
    """
    for run in reversed(runs[:-1]):
        last = runs[-1]
        if _things(run) == _things(last):
            dropped = set(run.gates) - set(last.gates)
            return Changes(
                since=run,
                gone=tuple(p for p in run.problems if p not in {*last.problems, *dropped}),
                new=tuple(each for each in last.problems if each not in run.problems),
                unchanged=tuple(each for each in last.problems if each in run.problems),
            )
    return None
