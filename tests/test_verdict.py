"""The verdict is read, never found anew."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.comparison.results import Results
from parity.comparison.rounding import Rounding
from parity.comparison.tolerances import Tolerance
from parity.documents import load
from parity.reporting.run_verdict import RunVerdict
from parity.reporting.verdict import (
    Gate,
    amounts_of,
    gates_of,
    overall,
    sentence,
    tolerance_in_words,
)
from scripts import gate
from scripts.verdict import main
from tests.synthetic import BROKEN, EFFECTS, NOTHING, SAME, comparison, make_run

REPORT = "results/report/analysis_report.md"


def judge(path: str) -> tuple[Gate, ...]:
    return gates_of([load(path, Results)])


def test_pass_is_written_down_with_its_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path, SAME)
    main(
        results=[run.results],
        diagnoses=[],
        accuracies=[],
        report=REPORT,
        destination=str(tmp_path / "verdict.json"),
    )
    spoken = capsys.readouterr().out
    written = load(tmp_path / "verdict.json", RunVerdict)
    assert written.verdict == "pass"
    assert written.report == REPORT
    said = len(written.answers.lines)
    assert list(written.table) == spoken.splitlines()[said + 1 :]
    assert [line.split()[0] for line in written.table] == [
        "comparison",
        *run.load().comparisons,
    ]
    assert spoken.startswith("The export `fp32` is fine: on the same input tensor")
    assert tuple(spoken.splitlines()[:said]) == written.answers.lines


def test_fail_is_written_down_too_and_ends_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path, BROKEN)
    destination, passed = tmp_path / "verdict.json", tmp_path / "passed.txt"
    main(
        results=[run.results],
        diagnoses=[],
        accuracies=[],
        report=REPORT,
        destination=str(destination),
    )
    written = load(destination, RunVerdict)
    assert written.verdict == "fail"
    assert written.problems == ("the gate `runtime-fp32` of `yolo11n`",)
    spoken = capsys.readouterr().out
    assert spoken.startswith("The export `fp32` exceeds its tolerance: ")
    assert "3 missing detections, 1 of them of another class (allowed 0)" in spoken
    assert "3 extra detections, 1 of them of another class (allowed 0)" in spoken
    with pytest.raises(SystemExit) as stop:
        gate.main(verdict=str(destination), destination=str(passed))
    assert stop.value.code == 1
    assert not passed.exists()
    assert capsys.readouterr().out.startswith("The exit code is 1, because the gate")


def test_a_run_that_passes_ends_with_0(tmp_path: Path) -> None:
    run = make_run(tmp_path, SAME)
    destination, passed = tmp_path / "verdict.json", tmp_path / "passed.txt"
    main(
        results=[run.results],
        diagnoses=[],
        accuracies=[],
        report=REPORT,
        destination=str(destination),
    )
    gate.main(verdict=str(destination), destination=str(passed))
    assert passed.read_text().startswith("The exit code is 0, because the gate `runtime-fp32`")


def test_only_gated_comparisons_decide(tmp_path: Path) -> None:
    run = make_run(tmp_path, SAME)
    assert [each.comparison for each in judge(run.results)] == ["runtime-fp32"]
    every = {name: replace(each, gated=True) for name, each in EFFECTS.items()}
    strict = judge(make_run(tmp_path / "strict", SAME, settings=every).results)
    assert [each.verdict for each in strict] == ["fail", "fail", "pass"]
    assert overall(strict) == "fail"
    assert [each.line.split()[0] for each in strict] == ["FAIL", "FAIL", "PASS"]


def test_the_verdict_of_summarise_is_not_questioned(tmp_path: Path) -> None:
    results = make_run(tmp_path, BROKEN).load()
    passed = replace(results.comparisons["runtime-fp32"], passed=True)
    (judged,) = gates_of([replace(results, comparisons={"runtime-fp32": passed})])
    assert judged.verdict == "pass"


def test_comparing_nothing_is_no_pass(tmp_path: Path) -> None:
    gates = judge(make_run(tmp_path, NOTHING).results)
    assert overall(gates) == "nothing compared"
    assert "no objects were compared" in gates[0].line
    assert "PASS" not in gates[0].line
    assert overall([]) == "nothing compared"


def test_ties_alone_are_no_pass(tmp_path: Path) -> None:
    results = make_run(tmp_path, NOTHING).load()
    tied = {name: replace(each, tied=2) for name, each in results.comparisons.items()}
    gates = gates_of([replace(results, comparisons=tied)])
    assert overall(gates) == "nothing compared"
    assert "rounding can decide whether the 2 in " in gates[0].line
    assert "neither" not in gates[0].line


def test_equal_objects_with_other_numbers_are_called_so(tmp_path: Path) -> None:
    settings = {"geometry": comparison("geometry", "pytorch-rect", "pytorch-square", gated=True)}
    arms = {
        "pytorch-rect": {"one.png": [([0.0, 0.0, 99.0, 99.0], 0.5, 0)]},
        "pytorch-square": {"one.png": [([1.23456, 0.0, 99.0, 99.0], 0.5, 0)]},
    }
    said = judge(make_run(tmp_path, arms, settings=settings).results)[0].sentence
    assert said.startswith("pytorch-square detects the same objects as pytorch-rect, but with")
    assert "boxes differ by up to 1.23 px (allowed 0.01)" in said


def test_rounding_stands_beside_the_tolerance(tmp_path: Path) -> None:
    settings = {"external-mine": comparison("external", "pytorch-as-mine", "external-mine")}
    arms = {
        "pytorch-as-mine": {"one.png": [([0.0, 0.0, 99.0, 99.0], 0.5, 0)]},
        "external-mine": {"one.png": [([0.04, 0.0, 99.0, 99.0], 0.5, 0)]},
    }
    results = make_run(tmp_path, arms, settings=settings).load()
    mine = results.comparisons["external-mine"]
    passed = replace(mine, passed=True, exceeded=[], rounding=Rounding(0.05, 0.005))
    failed = replace(mine, rounding=Rounding(0.02, 0.0))
    assert sentence(passed).endswith(
        "boxes differ by up to 0.04 px (allowed 0.01 + 0.05 of rounding) and scores by up to 0 "
        "(allowed 0.0001 + 0.005 of rounding)"
    )
    assert "boxes differ by up to 0.04 px (allowed 0.01 + 0.02 of rounding)" in sentence(failed)
    assert tolerance_in_words(passed.tolerance, passed.task, passed.rounding) == (
        "0.01 px + 0.05 px of rounding and 0.0001 in score + 0.005 of rounding"
    )
    said = tolerance_in_words(mine.tolerance, mine.task, mine.rounding)
    assert said == "0.01 px and 0.0001 in score"


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("detect", "0.01 px and 0.0001 in score"),
        ("segment", "0.01 px, 0.0001 in score and 0.01 of masks (1 − IoU)"),
        ("pose", "0.01 px, 0.0001 in score, 0.01 px of keypoints and 0.0001 in visibility"),
        ("classify", "0.0001 in probability"),
    ],
)
def test_a_tolerance_is_stated_as_far_as_it_limits_the_task(task: str, expected: str) -> None:
    assert tolerance_in_words(Tolerance(), task) == expected
    amounts = amounts_of(Tolerance(), task)
    assert (amounts.mask is None) == (task != "segment")
    assert (amounts.box_px is None) == (task == "classify")
