"""The verdict is read, never found anew, and the last lines tell of this run only."""

import os
from pathlib import Path

import pytest

from parity.comparison.summary import RESULTS
from parity.files import read_json
from parity.reporting.console import REPORT, closing_lines
from parity.reporting.verdict import VERDICT, gated, lines, overall
from scripts.verdict import main
from tests.synthetic import BROKEN, EFFECTS, NOTHING, SAME, comparison, make_run

LOG = "logs/verdict/verdict.log"


def judge(path: str) -> list[dict]:
    return gated([read_json(path, RESULTS)])


def test_pass_is_written_down_with_its_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path, SAME)
    main(
        results=[run.results],
        diagnoses=[],
        report=REPORT,
        destination=str(tmp_path / "verdict.json"),
    )
    spoken = capsys.readouterr().out
    written = read_json(tmp_path / "verdict.json", VERDICT)
    assert written["verdict"] == "pass"
    assert written["report"] == REPORT
    assert written["table"] == spoken.splitlines()[2:]
    assert [line.split()[0] for line in written["table"]] == [
        "comparison",
        *read_json(run.results, RESULTS)["comparisons"],
    ]
    assert spoken.startswith("PASS yolo11n, runtime-fp32: onnx-fp32 sees what pytorch-square sees")
    assert "4 of 4 objects matched in 3 images" in spoken


def test_fail_exits_with_1_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path, BROKEN)
    destination = tmp_path / "verdict.json"
    with pytest.raises(SystemExit) as stop:
        main(results=[run.results], diagnoses=[], report=REPORT, destination=str(destination))
    assert stop.value.code == 1
    assert not destination.exists()
    spoken = capsys.readouterr().out
    assert spoken.startswith("FAIL yolo11n, runtime-fp32: onnx-fp32 does not see what")
    assert "3 missing detections (allowed 0)" in spoken
    assert "3 extra detections (allowed 0)" in spoken


def test_only_gated_comparisons_decide(tmp_path: Path) -> None:
    run = make_run(tmp_path, SAME)
    assert [gate["comparison"] for gate in judge(run.results)] == ["runtime-fp32"]
    every = {name: {**each, "gated": True} for name, each in EFFECTS.items()}
    strict = judge(make_run(tmp_path / "strict", SAME, settings=every).results)
    assert [gate["verdict"] for gate in strict] == ["fail", "pass", "fail"]
    assert overall(strict) == "fail"
    assert [line.split()[0] for line in lines(strict)] == ["FAIL", "FAIL", "PASS"]


def test_the_verdict_of_summarise_is_not_questioned(tmp_path: Path) -> None:
    results = read_json(make_run(tmp_path, BROKEN).results, RESULTS)
    results["comparisons"]["runtime-fp32"]["passed"] = True
    assert gated([results])[0]["verdict"] == "pass"


def test_comparing_nothing_is_no_pass(tmp_path: Path) -> None:
    gates = judge(make_run(tmp_path, NOTHING).results)
    assert overall(gates) == "nothing compared"
    assert "no objects were compared" in lines(gates)[0]
    assert "PASS" not in lines(gates)[0]
    assert overall([]) == "nothing compared"


def test_equal_objects_with_other_numbers_are_called_so(tmp_path: Path) -> None:
    settings = {"geometry": comparison("geometry", "pytorch-rect", "pytorch-square", gated=True)}
    arms = {
        "pytorch-rect": {"one.png": [([0.0, 0.0, 99.0, 99.0], 0.5, 0)]},
        "pytorch-square": {"one.png": [([1.23456, 0.0, 99.0, 99.0], 0.5, 0)]},
    }
    sentence = judge(make_run(tmp_path, arms, settings=settings).results)[0]["sentence"]
    assert sentence.startswith("pytorch-square sees objects where pytorch-rect does, but not with")
    assert "boxes differ by up to 1.23 px (allowed 0.01)" in sentence


ONLY_VERDICT = f"""\
[Tue Nov 24 07:31:03 2026]
Error in rule verdict:
    message: None
    jobid: 0
    input: a.json
    log: {LOG} (check log file(s) for error details)
Logfile {LOG}:
FAIL yolo11n, runtime-fp32: of this run.
Exiting because a job execution failed. Look above for error messages
"""

STOPPED = """\
Error in rule infer_onnx:
    jobid: 3
    log: logs/infer_onnx/yolo11n/onnx-fp32/00000.log (check log file(s) for error details)
Error in rule export:
    jobid: 4
[Tue Nov 24 07:31:03 2026]
"""

GROUP = f"""\
Error in group a1b2:
    jobs:
        rule plot:
            jobid: 1
            log: logs/plot/yolo11n.log (check log file(s) for error details)
        rule verdict:
            jobid: 2
            log: {LOG} (check log file(s) for error details)
"""


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


def close(text: str, *, succeeded: bool) -> str:
    Path("snakemake.log").write_text(text)
    return closing_lines(["snakemake.log"], succeeded)


def test_closing_after_a_pass(workplace: Path) -> None:  # noqa: ARG001
    said = close("Finished jobid: 1 (Rule: verdict)\n", succeeded=True)
    assert said.startswith("Verdict PASS:\nPASS yolo11n, runtime-fp32: onnx-fp32 sees what")
    assert said.endswith(f"The report is results/report/index.html, or as text {REPORT}")


def test_closing_after_a_failed_verdict_alone(workplace: Path) -> None:
    log = workplace / LOG
    log.parent.mkdir(parents=True)
    log.write_text("FAIL yolo11n, runtime-fp32: of this run.\n")
    said = close(ONLY_VERDICT, succeeded=False)
    assert said.startswith("The run is complete, verdict FAIL:\nFAIL yolo11n, runtime-fp32: of")
    assert said.endswith(f"The report is results/report/index.html, or as text {REPORT}")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (STOPPED, ["infer_onnx, see logs/infer_onnx/yolo11n/onnx-fp32/00000.log", "export"]),
        (STOPPED + ONLY_VERDICT, ["infer_onnx", "export", "verdict"]),
        (GROUP, ["plot, see logs/plot/yolo11n.log", f"verdict, see {LOG}"]),
        (ONLY_VERDICT, ["verdict"]),  # it crashed: its log has no sentence
        ("", []),  # --quiet all
    ],
)
def test_closing_after_a_stop_concludes_nothing(
    workplace: Path,  # noqa: ARG001
    text: str,
    rules: list[str],
) -> None:
    said = close(text, succeeded=False)
    assert "nothing was concluded" in said
    assert "PASS" not in said
    assert "FAIL" not in said
    assert REPORT not in said
    for line, rule in zip(said.splitlines()[1:], rules, strict=True):
        assert line.startswith(rule)


def test_a_run_with_nothing_to_do_repeats_the_verdict(workplace: Path) -> None:  # noqa: ARG001
    assert "PASS" in close(
        "Nothing to be done (all requested files are present).\n", succeeded=True
    )


def test_a_verdict_older_than_its_results_is_not_repeated(workplace: Path) -> None:
    results = workplace / "results/summarise/yolo11n/comparison_results.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.touch()
    later = results.stat().st_mtime + 60
    os.utime(results, (later, later))
    assert "PASS" not in close("Nothing to be done.\n", succeeded=True)


def test_a_run_without_a_verdict_repeats_no_older_one(workplace: Path) -> None:  # noqa: ARG001
    assert "PASS" not in close("Finished jobid: 1 (Rule: export)\n", succeeded=True)


def test_closing_repeats_what_a_failed_job_said(workplace: Path) -> None:
    log = workplace / "logs/infer_onnx/yolo11n/onnx-fp32/00000.log"
    log.parent.mkdir(parents=True)
    log.write_text("error: boxes.json, entry 3: the score: 'x' is not a number.\n")
    assert "\n  error: boxes.json, entry 3: the score" in close(STOPPED, succeeded=False)


def test_closing_names_few_of_many_failures(workplace: Path) -> None:  # noqa: ARG001
    many = [
        f"Error in rule compare:\n    log: logs/{i}.log (check log file(s))\n" for i in range(9)
    ]
    said = close("".join(many), succeeded=False).splitlines()
    assert len(said) == 1 + 5 + 1
    assert said[-1] == "and 4 more"
