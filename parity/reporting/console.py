"""The last lines of a run on the console.

Snakemake tells its logger of every job that starts or fails; :class:`JobLog` listens.
"""

import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snakemake_interface_logger_plugins.common import LogEvent

from parity.documents import load
from parity.errors import UserError
from parity.reporting.verdict import RunVerdict

REPORT = "results/report/analysis_report.md"
PAGE = "results/report/index.html"
VERDICT_FILE = "results/verdict/verdict.json"

SHOWN = 5  # failed jobs
NEVER_STARTED = ", which it never wrote: the job never started"
KILLED = ", which gives no reason: something killed the job, as happens when memory runs out"


@dataclass(frozen=True)
class FailedJob:
    """A job that failed.

    Attributes
    ----------
    rule : str
        Its rule.
    log : str
        Its log file; empty if it has none.
    node_log : str
        What the cluster says of it; empty if it ran here.
    log_before : tuple of int or None
        Size and time of the log when the job was sent off; None if there was none.
    """

    rule: str
    log: str
    node_log: str = ""
    log_before: tuple[int, int] | None = None


class JobLog(logging.Handler):
    """Remembers which jobs of a run started and which failed.

    Attributes
    ----------
    started : set of str
        Rules of which a job started.
    failed : dict of int to FailedJob
        Jobs whose last attempt failed.
    logs_before : dict of str to (int, int) or None
        Size and time of each log when its job was sent off.
    node_logs : dict of int to list of str
        What the cluster says of each failed job of a group.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self.started: set[str] = set()
        self.failed: dict[int, FailedJob] = {}
        self.logs_before: dict[str, tuple[int, int] | None] = {}
        self.node_logs: dict[int, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of an event of a job."""
        event, told = getattr(record, "event", None), record.__dict__
        if event == LogEvent.JOB_INFO:
            self.started.add(told["rule_name"])
            self.failed.pop(told["jobid"], None)  # another attempt
            self.logs_before.update((log, _seen(log)) for log in told.get("log") or ())
        elif event == LogEvent.JOB_ERROR:
            logs = [*(told["log"] or []), *self.node_logs.get(told["jobid"], [])]
            log, node_log = [*logs, "", ""][:2]
            before = self.logs_before.get(log)
            self.failed[told["jobid"]] = FailedJob(told["rule_name"], log, node_log, before)
        elif event == LogEvent.GROUP_ERROR:  # comes before the errors of its jobs
            told_by = {job["jobid"]: told["aux_logs"] for job in told["job_error_info"]}
            self.node_logs.update(told_by)


def after_success(jobs: JobLog) -> str:
    """Return what a run came to, with the numbers behind it, and where the report is."""
    if "verdict" not in jobs.started:
        return "The run is complete. No verdict was asked for."
    try:
        verdict = load(VERDICT_FILE, RunVerdict)
    except (OSError, UserError) as error:
        return f"The run is complete, but its verdict cannot be read ({error})."
    said = [*(gate.line for gate in verdict.gates), *verdict.diagnoses, "", *verdict.table]
    return f"Verdict {verdict.verdict.upper()}:\n" + "\n".join([*said, "", _where(verdict.report)])


def after_failure(jobs: JobLog) -> str:
    """Return the verdict if that is all that failed, else where and why the run stopped."""
    failed = list(dict.fromkeys(jobs.failed.values()))
    if failed and all(job.rule == "verdict" for job in failed):
        spoken = _read(failed[0].log).strip()
        if "FAIL " in spoken:
            return f"The run is complete. Verdict FAIL:\n{spoken}\n\n{_where(REPORT)}"
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
    if _seen(job.log) == job.log_before:
        return NEVER_STARTED + _told_by_node(job)
    said = _read(job.log)
    sentences = [line for line in said.splitlines() if line.startswith("error: ")]
    if sentences:
        return f"\n  {sentences[-1]}"
    return "" if "error: " in said.lower() or "Traceback" in said else KILLED


def _told_by_node(job: FailedJob) -> str:
    """Return why a job never started, as far as its node says; here, the console has said it."""
    if not job.node_log:
        return ""
    lines = [line.strip() for line in _read(job.node_log).splitlines() if line.strip()]
    sentences = [line for line in lines if line.startswith("error: ")]
    if sentences:
        return f"\n  {sentences[-1]}"
    told = [*lines[-1:], f"check that every node sees {Path.cwd()}, {sys.prefix} and the images."]
    return "".join(f"\n  {line}" for line in told)


def _seen(path: str) -> tuple[int, int] | None:
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
