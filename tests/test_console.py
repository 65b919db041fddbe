"""The console tells what finished and what failed, in place of Snakemake's own account of it."""

import logging
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from parity.reporting.hooks import console
from parity.reporting.hooks.console import Console
from parity.reporting.hooks.last_words import LastWords

REPEATED = "RuleException:\nCalledProcessError in file rules/detection.smk, line 30"
OTHER = "MissingOutputException in rule compare"


class Words(LastWords):
    """Last words that are short."""

    def after_success(self) -> str:
        return "success"


@pytest.fixture
def logger() -> logging.Logger:
    """Return what stands for Snakemake's logger."""
    return logging.Logger("snakemake")


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Of Ctrl-C, of those who end a process, and of a terminal that is closed."""


@pytest.fixture(autouse=True)
def signals_of_this_process() -> Iterator[None]:
    """Leave what signals do to pytest."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture(autouse=True)
def stderr_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave standard error to pytest."""
    monkeypatch.setattr(Console, "_part_from_jobs", lambda *_: None)
    monkeypatch.setattr(console.sys, "excepthook", None)


def attached(logger: logging.Logger, folder: Path = Path(), **settings: Any) -> Console:
    """Return a console that listens to a logger, which prints, as Snakemake's does."""
    logger.addHandler(logging.StreamHandler())
    chosen = {"dryrun": False, "verbose": False, "quiet": None} | settings
    made = Console(Words("config", lambda: True, folder))
    made.attach(logger, SimpleNamespace(**chosen))  # type: ignore[arg-type]
    return made


def tell(logger: logging.Logger, event: LogEvent | None, said: str = "", **told: Any) -> None:
    level = logging.ERROR if event in {LogEvent.ERROR, LogEvent.JOB_ERROR} else logging.INFO
    logger.log(level, said, extra={"event": event, **told} if event else None)


def begin(logger: logging.Logger) -> None:
    logger.info("Assuming unrestricted shared filesystem usage.")
    logger.info("Unlocked working directory.")
    tell(logger, LogEvent.WORKFLOW_STARTED, "SNAKEMAKE")
    logger.info("Building DAG of jobs...")
    stats = {"infer_onnx": 1, "compare": 2, "all": 1, "total": 4}
    tell(logger, LogEvent.RUN_INFO, "Job stats:", stats=stats)


def start(logger: logging.Logger, jobid: int, rule: str, said: str = "") -> None:
    tell(logger, LogEvent.JOB_INFO, "Rule: …", jobid=jobid, rule_name=rule, rule_msg=said)


def finish(logger: logging.Logger, jobid: int) -> None:
    tell(logger, LogEvent.JOB_FINISHED, "Finished", job_id=jobid)


def fail(logger: logging.Logger, jobid: int, rule: str, log: str) -> None:
    tell(logger, LogEvent.ERROR, REPEATED)
    tell(logger, LogEvent.JOB_ERROR, "Error in rule", jobid=jobid, rule_name=rule, log=[log])


def test_a_finished_step_is_a_line(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    attached(logger)
    begin(logger)
    start(logger, 1, "infer_onnx", "Running fp32 of a\nb\x1b[31m")
    finish(logger, 1)
    start(logger, 2, "export", "Exporting a as _fp32-for-int8")
    finish(logger, 2)
    start(logger, 0, "all")
    finish(logger, 0)
    assert capsys.readouterr().err.splitlines() == [
        "Unlocked working directory.",
        r"1 of 3  Running fp32 of a\nb\x1b[31m (0 s)",
        "2 of 3  Exporting a as fp32 for int8 (0 s)",
    ]


def test_a_failed_step_is_a_line_and_its_exception_is_none(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = attached(logger)
    begin(logger)
    start(logger, 1, "infer_onnx", "Running fp32")
    fail(logger, 1, "infer_onnx", "logs/a.log")
    start(logger, 1, "infer_onnx", "Running fp32")
    assert not shown.failed
    fail(logger, 1, "infer_onnx", "logs/a.log")
    logger.warning("a warning of a plugin")
    tell(logger, LogEvent.ERROR, OTHER)
    start(logger, 2, "compare", "Comparing")
    finish(logger, 2)
    logger.error("Exiting because a job execution failed. Look above for error messages")
    assert capsys.readouterr().err.splitlines()[1:] == [
        "failed: Running fp32, see logs/a.log",
        "trying again: Running fp32",
        "failed: Running fp32, see logs/a.log",
        "a warning of a plugin",
        OTHER,
        "1 of 3  Comparing (0 s)",
    ]
    assert [job.rule for job in shown.failed.values()] == ["infer_onnx"]


def test_a_gate_that_fails_is_no_failed_step(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "passed.log"
    log.write_text("The exit code is 1, because …")
    shown = attached(logger)
    begin(logger)
    start(logger, 7, "gate", "Applying the gates")
    fail(logger, 7, "gate", str(log))
    shown.stop()
    tell(logger, LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.")
    said = capsys.readouterr()
    assert said.out == "success\n"
    assert len(said.err.splitlines()) == 1


def test_a_node_tells_of_the_jobs_of_a_group(logger: logging.Logger) -> None:
    shown = attached(logger)
    begin(logger)
    group = {"aux_logs": ["slurm.log"], "job_error_info": [{"jobid": 1}]}
    tell(logger, LogEvent.GROUP_ERROR, **group)
    fail(logger, 1, "infer_onnx", "logs/a.log")
    assert [job.logs for job in shown.failed.values()] == [("logs/a.log", "slurm.log")]


def test_logs_lie_in_the_folder_of_the_run(logger: logging.Logger, tmp_path: Path) -> None:
    shown = attached(logger, tmp_path)
    fail(logger, 1, "infer_onnx", "logs/a.log")
    assert [job.logs for job in shown.failed.values()] == [(f"{tmp_path}/logs/a.log",)]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Terminating processes on user request, this might take some time.", "Stopping."),
        (
            "Will exit after finishing currently running jobs (scheduler).",
            "Stopping when the running steps have ended.",
        ),
    ],
)
def test_an_interruption_is_noticed(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str], told: str, said: str
) -> None:
    shown = attached(logger)
    begin(logger)
    for jobid in (1, 2):
        start(logger, jobid, "infer_onnx", "Running fp32")
    fail(logger, 1, "infer_onnx", "logs/a.log")
    logger.info(told)
    fail(logger, 2, "infer_onnx", "logs/a.log")
    shown.stop()
    shown_at_the_end = capsys.readouterr()
    assert shown_at_the_end.err.splitlines()[1:] == [said]
    assert shown_at_the_end.out.startswith("The run was interrupted.")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_planning_is_an_interruption(
    logger: logging.Logger, number: signal.Signals
) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup ignores
    signal.signal(signal.SIGINT, signal.default_int_handler)
    shown = attached(logger)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert shown.interrupted


def test_a_run_that_is_to_outlast_its_terminal_does(logger: logging.Logger) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    shown = attached(logger)
    signal.raise_signal(signal.SIGHUP)
    assert not shown.interrupted


def test_a_run_in_the_background_is_ended_by_sigterm_alone(logger: logging.Logger) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shown = attached(logger)
    signal.raise_signal(signal.SIGINT)
    assert not shown.interrupted
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert shown.interrupted


def test_nothing_to_do_ends_with_the_last_answer(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    attached(logger)
    tell(logger, LogEvent.WORKFLOW_STARTED, "SNAKEMAKE")
    logger.info("Nothing to be done (all requested files are present and up to date).")
    assert capsys.readouterr().out == "success\n"


def test_a_run_does_not_wait_for_timers(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = attached(logger)
    begin(logger)
    timer = threading.Timer(60, logger.info)
    timer.start()
    shown.succeed()
    timer.join(10)
    assert not timer.is_alive()
    assert capsys.readouterr().out == "success\n"


@pytest.mark.parametrize("wanted", [{"verbose": True}, {"dryrun": True}, {"quiet": {"all"}}])
def test_snakemake_speaks_for_itself_where_that_is_wanted(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str], wanted: dict[str, Any]
) -> None:
    attached(logger, **wanted)
    begin(logger)
    start(logger, 1, "infer_onnx", "Running fp32")
    finish(logger, 1)
    assert capsys.readouterr().err.splitlines()[-1] == "Finished"


def test_a_mistake_before_the_run_is_left_to_snakemake(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    attached(logger)
    tell(logger, LogEvent.ERROR, OTHER)
    assert capsys.readouterr().err == f"{OTHER}\n"
