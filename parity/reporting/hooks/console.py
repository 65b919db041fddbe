"""What a run says on the console: a line per finished step, and why one failed.

Snakemake tells its logger of every job that starts, ends or fails; :class:`Console` listens, and
keeps Snakemake's own account of the same to Snakemake's log file. ``--verbose`` shows that, too.
"""

import logging
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TextIO

from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import OutputSettingsLoggerInterface

from parity.errors import printable
from parity.planning.exports import COUNTERPART
from parity.progress import duration
from parity.reporting.hooks.last_words import INTERRUPTED, FailedJob, LastWords, stamp_of

# Of Snakemake 9, which tells these by text alone.
ASSUMED = "Assuming unrestricted shared filesystem usage"
NOTHING_TO_DO = "Nothing to be done"
ON_REQUEST = {
    "Terminating processes on user request": "Stopping.",
    "Will exit after finishing": "Stopping when the running steps have ended.",
}
REPEATED = ("Exiting because a job execution failed", "CalledProcessError")
"""Beginning of the sentence, and kind of the error, that only repeat that a job failed."""

TARGETS = ("total", "all", "bench")
"""What Snakemake counts as jobs, although they only gather others."""


@dataclass(frozen=True)
class Step:
    """A job that goes on: what it does, in words, and when it started, s."""

    message: str
    started: float


class Console(logging.Handler):
    """Shows a run, and remembers what failed.

    Attributes
    ----------
    done, total : int
        Steps that are finished, and all of this run.
    failed : dict of int to FailedJob
        Jobs whose last attempt failed.
    interrupted : bool
        Whether the run was told to stop.
    """

    def __init__(self, last_words: LastWords) -> None:
        """Start with nothing."""
        super().__init__()
        self.done, self.total = 0, 0
        self.failed: dict[int, FailedJob] = {}
        self.interrupted = False
        self._last_words = last_words
        self._running: dict[int, Step] = {}
        self._stamps: dict[str, tuple[int, int] | None] = {}  # of logs, as jobs are sent off
        self._node_logs: dict[int, tuple[str, ...]] = {}  # of the jobs of failed groups
        self._unsaid: list[str] = []  # failures, until something else happens
        self._log = ""
        self._snakemakes: logging.StreamHandler[TextIO] | None = None
        self._began = self._ended = self._told_to_stop = False
        self._bar = _bar()
        self._task = self._bar.add_task("Planning", total=None)

    def attach(self, logger: logging.Logger, settings: OutputSettingsLoggerInterface) -> None:
        """Listen to Snakemake's logger, and speak in place of its handler unless that is wanted."""
        logger.addHandler(self)
        sys.excepthook = self._excepthook
        self._notice_interrupts()
        wanted = settings.dryrun or settings.verbose or settings.quiet
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                self._log = os.path.relpath(handler.baseFilename)
            elif isinstance(handler, logging.StreamHandler) and not wanted:
                handler.addFilter(self._is_before)
                self._snakemakes = handler

    def succeed(self) -> None:
        """Say the last words of a run that has done all that it was asked for."""
        self._end(self._last_words.after_success())

    def stop(self) -> None:
        """Say the last words of any other run."""
        failed = self.failed.values()
        if self.interrupted:
            self._stopping()
        said = self._last_words.after_stop(failed, interrupted=self.interrupted, log=self._log)
        self._end(said)

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of an event."""
        if self._snakemakes and self._matters(record):
            self._say(self._snakemakes.format(record))
        told = record.__dict__
        match told.get("event"):
            case LogEvent.WORKFLOW_STARTED:
                self._begin()
            case LogEvent.RUN_INFO:
                self._count(told["stats"])
            case LogEvent.JOB_INFO:
                self._start(told)
            case LogEvent.JOB_FINISHED:
                self._finish(told["job_id"])
            case LogEvent.GROUP_ERROR:  # comes before the errors of its jobs
                logs = {job["jobid"]: tuple(told["aux_logs"]) for job in told["job_error_info"]}
                self._node_logs.update(logs)
            case LogEvent.JOB_ERROR:
                self._fail(told)
            case None:
                self._read(record.getMessage())

    def close(self) -> None:
        """Give the terminal back, however the run ends."""
        self._bar.stop()
        super().close()

    def _is_before(self, record: logging.LogRecord) -> bool:
        """Return whether a record precedes the run, so that Snakemake's own handler shows it."""
        event = getattr(record, "event", None)
        idle = record.getMessage().startswith(ASSUMED)
        return not (self._began or idle or event == LogEvent.WORKFLOW_STARTED)

    def _matters(self, record: logging.LogRecord) -> bool:
        """Return whether a record is a warning or an error that nothing else here tells."""
        if record.levelno < logging.WARNING or self._ended or self.interrupted or not self._began:
            return False
        event, said = getattr(record, "event", None), record.getMessage()
        if event == LogEvent.ERROR:
            return REPEATED[1] not in said
        return event is None and not said.startswith(REPEATED[0])

    def _begin(self) -> None:
        self._began = True
        if self._snakemakes:
            self._part_from_jobs()
            self._bar.start()

    def _part_from_jobs(self) -> None:
        """Keep the terminal to this process: what jobs write to it goes to Snakemake's log.

        That is little, as each has a log of its own: what it says before that is open, such as the
        greeting of a library, or the traceback of an import that Ctrl-C interrupts.
        """
        sys.stdout, sys.stderr = (
            os.fdopen(os.dup(each), "w", buffering=1, errors="backslashreplace") for each in (1, 2)
        )
        with Path(self._log or os.devnull).open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)

    def _count(self, stats: dict[str, int]) -> None:
        self.total = sum(many for rule, many in stats.items() if rule not in TARGETS)
        self._bar.update(self._task, total=self.total)

    def _start(self, told: dict[str, Any]) -> None:
        if told["rule_name"] in TARGETS:
            return
        self._stamps.update((log, stamp_of(log)) for log in told.get("log") or ())
        message = printable(told["rule_msg"] or told["rule_name"])
        message = message.replace(COUNTERPART, "fp32 for ")
        if self.failed.pop(told["jobid"], None):
            self._say(f"trying again: {message}")
        self._running[told["jobid"]] = Step(message, time.monotonic())
        self._bar.update(self._task, description=message)

    def _finish(self, job: int) -> None:
        if step := self._running.pop(job, None):
            self.done += 1
            width = len(str(self.total))
            took = duration(time.monotonic() - step.started)
            self._say(f"{self.done:>{width}} of {self.total}  {step.message} ({took})")
            self._bar.update(self._task, completed=self.done)

    def _fail(self, told: dict[str, Any]) -> None:
        step = self._running.pop(told["jobid"], None)
        message = step.message if step else told["rule_name"]
        status = printable((told.get("rule_msg") or "").partition("\n")[0])
        logs = (*(told["log"] or ()), *self._node_logs.get(told["jobid"], ()))
        before = self._stamps.get(logs[0]) if logs else None
        paths = tuple(str(self._last_words.folder / log) for log in logs)
        job = FailedJob(told["rule_name"], message, paths, status, before)
        self.failed[told["jobid"]] = job
        if job.rule != "gate":
            self._unsaid.append(f"failed: {message}{job.where}")

    def _read(self, said: str) -> None:
        stopping = next((ON_REQUEST[start] for start in ON_REQUEST if said.startswith(start)), "")
        if stopping:
            self.interrupted = True
            self._stopping(stopping)
        elif said.startswith(NOTHING_TO_DO) and self._began:
            self._say("Nothing to do: all results are up to date.")
            self.succeed()

    def _notice_interrupts(self) -> None:
        """Take note of Ctrl-C itself: it ends the jobs, too, and Snakemake may see those first.

        The signal of a terminal that is closed interrupts a run as Ctrl-C does.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGINT)

        def notice(number: int, frame: FrameType | None) -> None:
            self.interrupted = True
            (before if callable(before) else signal.default_int_handler)(number, frame)

        if before is not signal.SIG_IGN:  # as in the background of a shell
            signal.signal(signal.SIGINT, notice)
        signal.signal(signal.SIGTERM, notice)  # until Snakemake has its own way of stopping
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            signal.signal(signal.SIGHUP, notice)  # the terminal was closed: the lock must go

    def _stopping(self, said: str = "Stopping.") -> None:
        self._unsaid.clear()  # Ctrl-C ends the jobs, too, and a moment earlier
        if not self._told_to_stop:
            self._told_to_stop = True
            self._say(said)

    def _end(self, said: str) -> None:
        self._bar.stop()
        print(said, flush=True)  # noqa: T201
        self._ended = True
        cancel_timers()

    def _say(self, line: str) -> None:
        lines, self._unsaid = [*self._unsaid, line], []
        if self._snakemakes:
            text = "\n".join(lines)
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _excepthook(
        self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        """Say a sentence where Ctrl-C comes before any job; the scheduler catches others."""
        self._bar.stop()
        if issubclass(kind, KeyboardInterrupt):
            sys.stderr.write(f"{INTERRUPTED}\n")
        else:
            sys.__excepthook__(kind, error, traceback)


def cancel_timers() -> None:
    """Cancel the timers that would wake Snakemake's scheduler, which has ended.

    Otherwise, Python waits a second for them before it exits.
    """
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()


def _bar() -> Progress:
    """Return a bar on standard error, which shows itself on a terminal only."""
    terminal = Terminal(stderr=True)
    columns = (
        *(SpinnerColumn(), TextColumn("{task.description}", markup=False)),
        *(BarColumn(), MofNCompleteColumn(), Elapsed()),
    )
    return Progress(
        *columns,
        console=terminal,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not terminal.is_terminal,
    )
