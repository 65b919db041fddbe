"""The last lines tell of this run only, and name what failed."""

import logging
from pathlib import Path
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from parity.reporting.console import REPORT, JobLog, after_failure, after_success
from scripts.verdict import main
from tests.synthetic import SAME, make_run

LOG = "logs/verdict/verdict.log"
INFER = "logs/infer_onnx/yolo11n/onnx-fp32/00000.log"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a verdict that an earlier run left behind."""
    monkeypatch.chdir(tmp_path)
    run = make_run(tmp_path, SAME)
    main(
        results=[run.results],
        diagnoses=[],
        report=REPORT,
        destination="results/verdict/verdict.json",
    )
    return tmp_path


def told(*events: dict[str, Any]) -> JobLog:
    """Return what is remembered of events, as Snakemake's logger tells them."""
    jobs = JobLog()
    logger = logging.Logger("snakemake")
    logger.addHandler(jobs)
    logger.info("Building DAG of jobs...")
    for event in events:
        logger.info("", extra=event)
    return jobs


def started(jobid: int, rule: str) -> dict[str, Any]:
    return {"event": LogEvent.JOB_INFO, "jobid": jobid, "rule_name": rule}


def failed(jobid: int, rule: str, log: str = "") -> dict[str, Any]:
    logs = [log] if log else []
    return {"event": LogEvent.JOB_ERROR, "jobid": jobid, "rule_name": rule, "log": logs}


def write_log(workplace: Path, log: str, text: str) -> None:
    path = workplace / log
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_after_a_pass_the_verdict_is_told(workplace: Path) -> None:  # noqa: ARG001
    said = after_success(told(started(1, "verdict")))
    assert said.startswith("Verdict PASS:\nPASS yolo11n, runtime-fp32: onnx-fp32 agrees with")
    assert said.endswith(f"Report: results/report/index.html (as text: {REPORT})")


def test_after_a_failed_verdict_alone_the_run_is_complete(workplace: Path) -> None:
    write_log(workplace, LOG, "FAIL yolo11n, runtime-fp32: of this run.\n")
    said = after_failure(told(failed(1, "verdict", LOG)))
    assert said.startswith("The run is complete. Verdict FAIL:\nFAIL yolo11n, runtime-fp32: of")
    assert said.endswith(f"Report: results/report/index.html (as text: {REPORT})")


@pytest.mark.parametrize(
    ("events", "rules"),
    [
        (
            [failed(1, "infer_onnx", INFER), failed(2, "export")],
            [f"infer_onnx, see {INFER}", "export"],
        ),
        ([failed(1, "infer_onnx", INFER), failed(2, "verdict", LOG)], ["infer_onnx", "verdict"]),
        ([failed(1, "verdict", LOG)], ["verdict"]),  # it crashed: its log has no sentence
        ([], []),  # interrupted
    ],
)
def test_after_a_stop_no_verdict_is_told(
    workplace: Path,  # noqa: ARG001
    events: list[dict[str, Any]],
    rules: list[str],
) -> None:
    said = after_failure(told(*events))
    assert "without a verdict" in said
    assert "PASS" not in said
    assert "FAIL" not in said
    assert REPORT not in said
    for line, rule in zip(said.splitlines()[1:], rules, strict=True):
        assert line.startswith(rule)


def test_only_the_last_attempt_of_a_job_counts(workplace: Path) -> None:  # noqa: ARG001
    again = (failed(1, "infer_onnx", INFER), started(1, "infer_onnx"))
    assert "infer_onnx" not in after_failure(told(*again, failed(2, "export")))
    assert "infer_onnx" in after_failure(told(*again, failed(1, "infer_onnx", INFER)))


def test_a_run_without_a_verdict_repeats_no_older_one(workplace: Path) -> None:  # noqa: ARG001
    assert "PASS" not in after_success(told(started(1, "export")))


def test_the_sentence_of_a_failed_job_is_repeated(workplace: Path) -> None:
    write_log(workplace, INFER, "error: boxes.json, entry 3: the score: 'x' is not a number.\n")
    said = after_failure(told(failed(1, "infer_onnx", INFER)))
    assert "\n  error: boxes.json, entry 3: the score" in said


def test_a_job_that_gives_no_reason_was_killed(workplace: Path) -> None:
    write_log(workplace, INFER, "INFO images inferred\n")
    assert "something killed the job" in after_failure(told(failed(1, "infer_onnx", INFER)))


def test_a_job_that_never_wrote_its_log_never_started(workplace: Path) -> None:
    write_log(workplace, INFER, "INFO images inferred\n")  # by an earlier run
    begun = started(1, "infer_onnx") | {"log": [INFER]}
    ended = failed(1, "infer_onnx", INFER)
    said = after_failure(told(begun, ended))
    assert said.endswith(f"infer_onnx, see {INFER}, which it never wrote: the job never started")
    assert "memory" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "check that every node sees "),
        (
            "\n/a/.venv/bin/python: No such file or directory\n",
            "/a/.venv/bin/python: No such file or directory\n  check",
        ),
        ("error: node1 does not see /photographs.\nExiting.\n", "error: node1 does not see /phot"),
    ],
)
def test_the_node_says_why_a_job_never_started(workplace: Path, text: str, said: str) -> None:
    (workplace / "slurm.log").write_text(text)
    ended = failed(1, "infer_onnx", INFER)
    ended["log"].append("slurm.log")
    assert f"the job never started\n  {said}" in after_failure(told(ended))


def test_the_node_of_a_group_says_why_its_jobs_never_started(workplace: Path) -> None:
    (workplace / "slurm.log").write_text("error: node1 does not see /photographs.\n")
    group = {"event": LogEvent.GROUP_ERROR, "aux_logs": ["slurm.log"]}
    group["job_error_info"] = [{"jobid": 1}]
    said = after_failure(told(group, failed(1, "infer_onnx", INFER)))
    assert "error: node1 does not see /photographs." in said


def test_few_of_many_failures_are_named(workplace: Path) -> None:  # noqa: ARG001
    many = [failed(i, "compare", f"logs/{i}.log") for i in range(9)]
    said = after_failure(told(*many)).splitlines()
    assert len(said) == 1 + 5 + 1
    assert said[-1] == "and 4 more"
