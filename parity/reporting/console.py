"""The last lines of a run on the console.

Snakemake tells its logger of every job that starts or fails; :class:`JobLog` listens.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snakemake_interface_logger_plugins.common import LogEvent

from parity.documents import load
from parity.errors import UserError
from parity.reporting.run_verdict import RunVerdict

REPORT = "results/report/analysis_report.md"
PAGE = "results/report/index.html"
VERDICT_FILE = "results/verdict/verdict.json"

SHOWN = 5  # failed jobs
KILLED = ", which gives no reason: something killed the job, as happens when memory runs out"


@dataclass(frozen=True)
class FailedJob:
    """A job that failed: its rule, and its log file if it has one."""

    rule: str
    log: str


class JobLog(logging.Handler):
    """Remembers which jobs of a run started and which failed.

    Attributes
    ----------
    started : set of str
        Rules of which a job started.
    failed : dict of int to FailedJob
        Jobs whose last attempt failed.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self.started: set[str] = set()
        self.failed: dict[int, FailedJob] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of an event of a job."""
        event, told = getattr(record, "event", None), record.__dict__
        if event == LogEvent.JOB_INFO:
            self.started.add(told["rule_name"])
            self.failed.pop(told["jobid"], None)  # another attempt
        elif event == LogEvent.JOB_ERROR:
            log = next(iter(told["log"] or ()), "")
            self.failed[told["jobid"]] = FailedJob(told["rule_name"], log)


def after_success(jobs: JobLog) -> str:
    """Return what a run came to, with the numbers behind it, and where the report is."""
    if "verdict" not in jobs.started:
        return "The run is complete. No verdict was asked for."
    try:
        verdict = load(VERDICT_FILE, RunVerdict)
    except (OSError, UserError) as error:
        return f"The run is complete, but its verdict cannot be read ({error})."
    return "\n".join([*verdict.answers.lines, "", *verdict.table, "", _where(verdict.report)])


def after_failure(jobs: JobLog) -> str:
    """Return the verdict if that is all that failed, else where and why the run stopped."""
    failed = list(dict.fromkeys(jobs.failed.values()))
    if failed and all(job.rule == "verdict" for job in failed):
        spoken = _read(failed[0].log).strip()
        if "The exit code is 1" in spoken:
            return f"The run is complete.\n{spoken}\n\n{_where(REPORT)}"
    return "\n".join(_stopped(failed))


def _where(report: str) -> str:
    return f"Report: {PAGE} (as text: {report})"


def _stopped(failed: list[FailedJob]) -> Iterable[str]:
    if not failed:
        yield "The run stopped before its end, without a verdict."
        return
    yield "The run stopped without a verdict. These jobs failed:"
    for job in failed[:SHOWN]:
        yield f"{job.rule}, see {job.log}{_why(job)}" if job.log else job.rule
    if len(failed) > SHOWN:
        yield f"and {len(failed) - SHOWN} more"


def _why(job: FailedJob) -> str:
    said = _read(job.log)
    sentences = [line for line in said.splitlines() if line.startswith("error: ")]
    if sentences:
        return f"\n  {sentences[-1]}"
    return "" if "error: " in said.lower() or "Traceback" in said else KILLED


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
