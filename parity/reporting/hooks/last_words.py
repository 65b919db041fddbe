"""The last lines of a run on the console: what it answers, or why it stopped and what to do."""

import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from parity.documents import load
from parity.errors import UserError
from parity.reporting.hooks.history import KEPT, changes_since, remember
from parity.reporting.run_verdict import RunVerdict

VERDICT_FILE = "results/verdict/verdict.json"
PAGE = "results/report/index.html"

SHOWN = 5  # failed jobs; chosen
EXIT_CODE = "The exit code is "  # begins the sentence of the rule gate
KILLED = (
    "It gives no reason: something killed the job, as happens when memory runs out. Or it broke "
    "off as it began, which Snakemake's own log tells."
)
NEVER_STARTED = "It never wrote its log: the job never started."
OWN_PROGRAM = (
    "If your own program sees something else, name its boxes under `external:` in the "
    "configuration: the next run tells what is wrong with it."
)
AGAIN = "run the same command again, and it goes on from there."
INTERRUPTED = f"The run was interrupted. What is finished is kept: {AGAIN}"
TO_DO = f"What is finished is kept: fix the cause, {AGAIN}"


@dataclass(frozen=True)
class FailedJob:
    """A job that failed."""

    rule: str
    message: str
    """Its rule, and what it did, in words."""
    logs: tuple[str, ...]
    """Its log files, its own first."""
    status: str = ""
    """What a cluster says of its end, if anything."""
    log_before: tuple[int, int] | None = None
    """Size and time of its own log when it was sent off; None if there was none."""

    @property
    def where(self) -> str:
        """Where its logs are, to follow what it did."""
        return f", see {' and '.join(self.logs)}" if self.logs else ""

    @property
    def said(self) -> str:
        """What its own log holds."""
        return _read(self.logs[0]) if self.logs else ""

    @property
    def started(self) -> bool:
        """Whether it wrote its own log, which is the first that a job does."""
        return not self.logs or stamp_of(self.logs[0]) != self.log_before


@dataclass(frozen=True)
class LastWords:
    """What is said at the end of a run."""

    run: str
    """Name of the run, under which its report is kept."""
    judged: Callable[[], bool]
    """Returns whether the run was asked for a verdict."""
    folder: Path = Path()
    """What paths of reports and logs begin with: the folder of the run, unless it was started
    there."""

    def after_stop(self, failed: Collection[FailedJob], *, interrupted: bool, log: str = "") -> str:
        """Return what a run says that did not succeed; where a gate fails, it has an answer.

        Parameters
        ----------
        failed : collection of FailedJob
            Jobs whose last attempt failed.
        interrupted : bool
            Whether the run was told to stop.
        log : str
            Path of what Snakemake itself says of the run, if it is written anywhere.
        """
        if interrupted:
            return INTERRUPTED
        if failed and all(job.rule == "gate" and EXIT_CODE in job.said for job in failed):
            return self.after_success()
        said = stop_in_words(failed)
        return f"{said}\nSnakemake's own log: {self.folder / log}" if log else said

    def after_success(self) -> str:
        """Return what a run answers, what has changed since the last, and where its report is."""
        if not self.judged():
            return "The run is complete."
        try:
            verdict = load(VERDICT_FILE, RunVerdict)
        except (OSError, UserError) as error:
            return f"The run is complete, but its verdict cannot be read ({error})."
        hint = [] if verdict.externals else [OWN_PROGRAM]
        said = [*verdict.table, "", *verdict.answers.lines, *hint, *self._kept(verdict)]
        return "\n".join(said)

    def _kept(self, verdict: RunVerdict) -> Iterator[str]:
        from parity.reporting.hooks.index_of_reports import INDEX, write_index  # noqa: PLC0415  slow
        from parity.reporting.hooks.kept_report import keep_report  # noqa: PLC0415

        try:
            given = datetime.fromtimestamp(Path(VERDICT_FILE).stat().st_mtime).astimezone()
            runs = remember(self.run, verdict, given=given)
            changes = changes_since(runs)
            page = keep_report(self.run, changes)
            write_index(runs)
        except OSError as error:
            yield f"Report: {self.folder / PAGE} (it could not be kept in {KEPT}: {error})"
            return
        if changes:
            yield changes.sentence
        yield f"Report: {self.folder / page} (all reports: {self.folder / INDEX})"


def stop_in_words(failed: Collection[FailedJob]) -> str:
    """Return which jobs failed, each with its reason, and what to do."""
    return "\n".join(_stop(list(dict.fromkeys(failed))))


def _stop(failed: list[FailedJob]) -> Iterator[str]:
    if not failed:
        yield f"The run stopped before its end, without a verdict. {TO_DO}"
        return
    yield "The run stopped without a verdict, because these steps failed:"
    told: list[list[str]] = []
    for job in failed[:SHOWN]:
        yield f"- {job.message}{job.where}"
        why = _why(job)
        yield from (f"  {line}" for line in (["for the same reason"] if why in told else why))
        told.append(why)
    if len(failed) > SHOWN:
        yield f"and {len(failed) - SHOWN} more"
    yield TO_DO


def _why(job: FailedJob) -> list[str]:
    """Return the sentence of a failed job, or its traceback, which is a mistake of ours."""
    if not job.started:
        return _told_by_node(job)
    lines = job.said.splitlines()
    sentences = [line for line in lines if line.startswith("error: ")]
    if sentences:
        return sentences[-1:]
    starts = [number for number, line in enumerate(lines) if line.startswith("Traceback")]
    if starts:
        return lines[starts[-1] :]
    return [] if "error: " in job.said.lower() else [job.status or KILLED]


def _told_by_node(job: FailedJob) -> list[str]:
    """Return why a job never started, as far as its node says; here, Snakemake's log holds it."""
    lines = [line.strip() for log in job.logs[1:] for line in _read(log).splitlines()]
    sentences = [line for line in lines if line.startswith("error: ")]
    if sentences:
        return [NEVER_STARTED, sentences[-1]]
    if len(job.logs) < 2:
        return [NEVER_STARTED]
    seen = f"check that every node sees {Path.cwd()}, {sys.prefix} and the images."
    return [NEVER_STARTED, *[line for line in lines if line][-1:], seen]


def stamp_of(path: str) -> tuple[int, int] | None:
    """Return the size and time of a file; None if there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
