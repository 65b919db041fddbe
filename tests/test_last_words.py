"""The last lines tell of this run only, and name what failed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parity.documents import load, save
from parity.reporting.hooks.history import HISTORY, load_runs
from parity.reporting.hooks.kept_report import page_of
from parity.reporting.hooks.last_words import (
    INTERRUPTED,
    OWN_PROGRAM,
    VERDICT_FILE,
    FailedJob,
    LastWords,
    stamp_of,
)
from parity.reporting.run_verdict import RunVerdict
from scripts.verdict import main
from tests.synthetic import BROKEN, SAME, make_run

REPORT = "results/report/analysis_report.md"
INFER = "logs/infer_onnx/yolo11n/onnx-fp32/00000.log"
GATE = FailedJob("gate", "Applying the gates", ("logs/gate/passed.log",))
JUDGED = LastWords("config", lambda: True)


def give_verdict(arms: dict[str, Any]) -> None:
    """Leave in this folder what a run leaves that ended with a verdict."""
    Path(REPORT).parent.mkdir(parents=True, exist_ok=True)
    Path(REPORT).write_text("# Report\n")
    (Path(REPORT).parent / "index.html").write_text("<h1>Report</h1>\n")
    run = make_run(Path.cwd(), arms)
    main(
        results=[run.results], diagnoses=[], accuracies=[], report=REPORT, destination=VERDICT_FILE
    )


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a verdict."""
    monkeypatch.chdir(tmp_path)
    give_verdict(SAME)
    return tmp_path


def failed(rule: str, log: str = "") -> FailedJob:
    return FailedJob(rule, f"Running {rule}", (log,) if log else ())


def write_log(workplace: Path, text: str) -> None:
    path = workplace / INFER
    path.parent.mkdir(parents=True)
    path.write_text(text)


@pytest.fixture
def gate_log(workplace: Path) -> None:
    path = workplace / GATE.logs[0]
    path.parent.mkdir(parents=True)
    path.write_text("The exit code is 1, because …\n")


def stopped(*jobs: FailedJob) -> str:
    return JUDGED.after_stop(jobs, interrupted=False)


def test_after_a_pass_the_answers_are_told(workplace: Path) -> None:
    said = JUDGED.after_success()
    assert said.startswith("comparison ")
    assert "\nThe export `fp32` is fine: on the same input tensor" in said
    assert "\nThe exit code is 0, because the gate `runtime-fp32` passes" in said
    assert f"\n{OWN_PROGRAM}\nReport: " in said
    assert said.endswith("Report: reports/config/index.html (all reports: reports/index.html)")
    assert (workplace / page_of("config")).is_file()


@pytest.mark.usefixtures("gate_log")
def test_a_gate_that_fails_is_an_answer() -> None:
    give_verdict(BROKEN)
    said = stopped(GATE)
    assert "\nThe export `fp32` exceeds its tolerance: " in said
    assert said.count("The exit code is 1, because the gate `runtime-fp32` fails") == 1
    assert "without a verdict" not in said
    assert said.endswith("Report: reports/config/index.html (all reports: reports/index.html)")


def test_a_gate_that_breaks_down_is_no_answer(workplace: Path) -> None:  # noqa: ARG001
    assert "without a verdict" in stopped(GATE)


@pytest.mark.usefixtures("gate_log")
def test_the_same_verdict_is_one_run_and_the_next_says_what_has_changed(
    workplace: Path,
) -> None:
    assert JUDGED.after_success() == JUDGED.after_success()
    assert len(load_runs(HISTORY)) == 1
    give_verdict(BROKEN)
    said = stopped(GATE)
    assert "– new: the failure of the gate `runtime-fp32` of `yolo11n`.\nReport: " in said
    assert len(load_runs(HISTORY)) == 2
    (workplace / HISTORY).write_text("no history")
    assert "Since the last run" not in stopped(GATE)


def test_who_named_a_program_is_not_told_to_name_one(workplace: Path) -> None:  # noqa: ARG001
    save(VERDICT_FILE, replace(load(VERDICT_FILE, RunVerdict), externals=("mine",)))
    said = JUDGED.after_success()
    assert "The export `fp32` is fine" in said
    assert OWN_PROGRAM not in said


def test_a_run_in_another_folder_says_in_which_its_report_is(workplace: Path) -> None:
    said = replace(JUDGED, folder=workplace).after_success()
    kept = workplace / "reports"
    assert said.endswith(f"Report: {kept}/config/index.html (all reports: {kept}/index.html)")
    assert (kept / "config" / "index.html").is_file()


def test_a_report_that_cannot_be_kept_is_still_named(workplace: Path) -> None:
    (workplace / "reports").write_text("a file stands in the way")
    said = JUDGED.after_success()
    assert "The exit code is 0" in said
    assert "Report: results/report/index.html (it could not be kept in reports" in said


@pytest.mark.parametrize(
    ("jobs", "messages"),
    [
        ([failed("infer_onnx", INFER), failed("export")], [f"infer_onnx, see {INFER}", "export"]),
        ([failed("infer_onnx", INFER), GATE], ["infer_onnx", "Applying the gates"]),
        ([], []),
    ],
)
def test_after_a_stop_no_verdict_is_told(
    workplace: Path,  # noqa: ARG001
    jobs: list[FailedJob],
    messages: list[str],
) -> None:
    said = stopped(*jobs)
    assert "without a verdict" in said
    assert "exit code" not in said
    assert "Report" not in said
    assert said.endswith("fix the cause, run the same command again, and it goes on from there.")
    lines = [line for line in said.splitlines() if line.startswith("- ")]
    for line, message in zip(lines, messages, strict=True):
        assert message in line


def test_an_interruption_is_called_so(workplace: Path) -> None:  # noqa: ARG001
    assert JUDGED.after_stop([failed("infer_onnx", INFER)], interrupted=True) == INTERRUPTED


def test_a_run_without_a_verdict_repeats_no_older_one(workplace: Path) -> None:
    assert LastWords("config", lambda: False).after_success() == "The run is complete."
    assert not (workplace / "reports").exists()


def test_the_sentence_of_a_failed_job_is_repeated_without_a_traceback(workplace: Path) -> None:
    sentence = "error: boxes.json, entry 3: the score: 'x' is not a number."
    write_log(workplace, f"Traceback (of another library)\n{sentence}\n")
    said = stopped(failed("infer_onnx", INFER))
    assert f"see {INFER}\n  {sentence}\n" in said
    assert "Traceback" not in said


def test_a_reason_that_several_jobs_share_is_told_once(workplace: Path) -> None:
    write_log(workplace, "error: the disk is full\n")
    said = JUDGED.after_stop([failed("a", INFER), failed("b", INFER)], interrupted=False)
    assert said.count("error: the disk is full") == 1
    assert said.splitlines()[4] == "  for the same reason"


def test_a_mistake_of_ours_shows_its_traceback(workplace: Path) -> None:
    write_log(workplace, "INFO\nTraceback (most recent call last):\n  line 1\nValueError: a bug\n")
    said = stopped(failed("infer_onnx", INFER))
    assert "  Traceback (most recent call last):\n    line 1\n  ValueError: a bug\n" in said


def test_a_job_that_gives_no_reason_was_killed(workplace: Path) -> None:
    write_log(workplace, "INFO images inferred\n")
    job = failed("infer_onnx", INFER)
    assert "something killed the job" in stopped(job)
    assert "\n  SLURM status is: 'NODE_FAIL'\n" in stopped(
        replace(job, status="SLURM status is: 'NODE_FAIL'")
    )


def test_few_of_many_failures_are_named(workplace: Path) -> None:  # noqa: ARG001
    said = stopped(*(failed("compare", f"logs/{i}.log") for i in range(9)))
    assert said.count("\n- ") == 5
    assert "\nand 4 more\n" in said


def test_the_log_of_snakemake_is_named(workplace: Path) -> None:  # noqa: ARG001
    said = JUDGED.after_stop([], interrupted=False, log="snake.log")
    assert said.endswith("\nSnakemake's own log: snake.log")


def test_a_job_that_never_wrote_its_log_never_started(workplace: Path) -> None:
    write_log(workplace, "INFO images inferred\n")  # by an earlier run
    said = stopped(FailedJob("infer_onnx", "Running", (INFER,), log_before=stamp_of(INFER)))
    assert "the job never started" in said
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
    told = stopped(FailedJob("infer_onnx", "Running", (INFER, "slurm.log")))
    assert f"the job never started.\n  {said}" in told
