"""What a run answers: one sentence for each thing that was asked, the worst first."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.comparison.output_checks import Check
from parity.comparison.results import ComparisonResults, Distribution, Results
from parity.comparison.tolerances import Tolerance
from parity.diagnosis.document import Severity, Undiagnosed
from parity.reporting.answer import Answers, answers_of
from parity.reporting.diagnosis_verdict import Diagnosed, arm_of, verdict_sentence
from parity.reporting.views.effects import tied
from tests.report_documents import BGR, CORRECT, DIAGNOSIS, HARMLESS, UNKNOWN, accuracy
from tests.synthetic import BROKEN, CAR, EFFECTS, NOTHING, SAME, THRESHOLDS, make_run

MOVED_LITTLE = ([23.5, 20.0, 60.0, 100.0], 0.85, 0)
UNREAD = Undiagnosed("yolo11n", "torn", "fp32", "pytorch-square", THRESHOLDS, "Line 3 is cut.")


@pytest.fixture
def same(tmp_path: Path) -> Results:
    return make_run(tmp_path, SAME).load()


@pytest.fixture
def broken(tmp_path: Path) -> Results:
    return make_run(tmp_path, BROKEN).load()


def told(answers: Answers) -> list[tuple[str, str]]:
    return [(each.state, each.headline) for each in answers.answers]


def test_an_export_that_agrees_is_fine(same: Results) -> None:
    answers = answers_of([same], [])
    answer, _ = answers.answers
    assert answer.sentence == (
        "The export `fp32` is fine: on the same input tensor, it detects the same 4 objects as "
        "PyTorch, and boxes differ by up to 0.000999 px."
    )
    assert answer.anchor == "model-0-exports"
    assert answers.title == "The export `fp32` is fine"
    assert answers.because == ("The exit code is 0, because the gate `runtime-fp32` passes.")


def test_objects_that_the_shape_of_the_input_costs_are_told(same: Results) -> None:
    *_, answer = answers_of([same], []).answers
    assert (answer.state, answer.subjects) == ("remark", ("pytorch-square",))
    assert answer.sentence == (
        "With the input of the export, PyTorch itself adds 1 object to 3, and boxes differ by up "
        "to 3 px: `predict` on a checkpoint pads an image to a smaller rectangle. Compare a "
        "deployment with `predict(rect=False)`, or export with `dynamic: true` and pad like "
        "`predict`."
    )


def test_a_shape_of_the_input_that_costs_no_object_needs_no_words(tmp_path: Path) -> None:
    equal = make_run(tmp_path, {**SAME, "pytorch-square": SAME["pytorch-rect"]}).load()
    assert all("input of the export" not in said for said in answers_of([equal], []).lines)


def test_labels_add_what_each_export_costs(same: Results) -> None:
    *_, answer = answers_of([same], [], {same.model: accuracy()}).answers
    assert (answer.state, answer.anchor) == ("remark", "model-0-accuracy")
    assert answer.headline == "Against the labels of 4 images, no loss of accuracy shows"


def test_a_program_that_is_wrong_comes_before_an_export_that_is_fine(same: Results) -> None:
    answers = answers_of([same], [CORRECT, HARMLESS, UNKNOWN, DIAGNOSIS])
    assert [state for state, _ in told(answers)] == [
        "wrong",
        "unexplained",
        "harmless",
        "fine",
        "fine",
        "remark",
    ]
    assert answers.answers[0].sentence == verdict_sentence(DIAGNOSIS)
    assert answers.answers[0].anchor == "model-0-diagnosis-mine"
    assert answers.state == "wrong"
    assert answers.exit_code == 0
    assert answers.lines[-1] == answers.because


def test_every_fault_has_a_fix_the_worst_first(same: Results) -> None:
    cut = replace(BGR, name="cut", fix="Cut nothing.", severity=Severity(lost=2))
    steps = answers_of([same], [replace(DIAGNOSIS, faults=(cut, BGR))]).answers[0].steps
    assert [step.sentence for step in steps] == [BGR.fix, cut.fix]
    assert [step.anchor for step in steps] == [f"model-0-diagnosis-mine-{n}" for n in (1, 2)]


OTHER = replace(DIAGNOSIS, external="other")


@pytest.mark.parametrize(
    ("programs", "summary"),
    [
        ([DIAGNOSIS], ""),
        ([DIAGNOSIS, OTHER], "Both programs are wrong."),
        (
            [DIAGNOSIS, OTHER, CORRECT, HARMLESS, UNKNOWN, UNREAD],
            "2 of 6 programs are wrong, 1 is not explained and 1 cannot be diagnosed.",
        ),
        ([CORRECT, UNKNOWN, HARMLESS], "1 of 3 programs is not explained."),
        ([CORRECT, HARMLESS, CORRECT], "None of the 3 programs is wrong."),
    ],
)
def test_several_programs_are_summed_up(
    same: Results, programs: list[Diagnosed], summary: str
) -> None:
    answers = answers_of([same], programs)
    assert answers.summary == summary
    first = summary or answers.answers[0].sentence
    assert answers.lines[0] == first
    assert first.startswith(answers.title)


@pytest.mark.parametrize(
    ("programs", "gated", "because"),
    [
        (
            [DIAGNOSIS],
            False,
            (
                "The exit code is still 0, because the gate `runtime-fp32` passes. To let your "
                "program decide it, too, set `gate: [external-mine]` in the configuration."
            ),
        ),
        (
            [DIAGNOSIS, replace(UNKNOWN, external="other")],
            False,
            (
                "The exit code is still 0, because the gate `runtime-fp32` passes. To let your "
                "programs decide it, too, set `gate: [external-mine, …]` in the configuration."
            ),
        ),
        ([HARMLESS], False, "The exit code is 0, because the gate `runtime-fp32` passes."),
        (
            [DIAGNOSIS],
            True,
            "The exit code is 0, because the gates `runtime-fp32` and `external-mine` pass.",
        ),
    ],
)
def test_an_exit_code_that_passes_over_a_wrong_program_says_so(
    same: Results, programs: list[Diagnosed], because: str, *, gated: bool
) -> None:
    like = replace(same.comparisons["runtime-fp32"], effect="external", gated=gated)
    own = {arm_of(each): like for each in programs}
    answers = answers_of([replace(same, comparisons={**same.comparisons, **own})], programs)
    assert answers.because == because


def test_input_tensors_alone_cannot_decide_the_exit_code(same: Results) -> None:
    assert answers_of([same], [DIAGNOSIS]).because.startswith("The exit code is 0")


def test_an_export_beyond_its_tolerance_is_wrong(broken: Results) -> None:
    answers = answers_of([broken], [])
    assert told(answers)[0] == ("wrong", "The export `fp32` exceeds its tolerance")
    said = answers.answers[0].sentence
    assert "3 missing detections, 1 of them of another class (allowed 0)" in said
    assert answers.exit_code == 1
    assert "the gate `runtime-fp32` fails" in answers.because


@pytest.mark.parametrize(
    ("arms", "whose"),
    [
        (["onnx-fp32"], "of the export"),
        (["pytorch-square"], "of PyTorch"),
        (["pytorch-square", "onnx-fp32"], "of PyTorch and of the export"),
    ],
)
def test_outputs_that_are_no_numbers_are_named(
    broken: Results, arms: list[str], whose: str
) -> None:
    checks: dict[Check, int] = {"non-finite output": 2}
    spoiled = {arm: replace(broken.arms[arm], failed_checks=checks) for arm in arms}
    found = replace(broken, arms=broken.arms | spoiled)
    (answer, *_), (before, *_) = (answers_of([each], []).answers for each in (found, broken))
    said = f" The raw output {whose} holds NaN or infinite numbers in 2 images."
    assert answer.sentence == before.sentence + said
    assert answer.headline == before.headline


def test_a_wider_tolerance_is_said_so(tmp_path: Path) -> None:
    wide = replace(EFFECTS["runtime-fp32"], tolerance=Tolerance(9, 9, 99.0, 1.0))
    found = make_run(tmp_path, BROKEN, settings={"runtime-fp32": wide}).load()
    ((state, headline),) = told(answers_of([found], []))
    assert state == "allowed"
    assert headline == "The export `fp32` stays within the tolerance set for it"


def test_a_tolerance_that_only_lets_digits_pass_is_harmless(tmp_path: Path) -> None:
    arms = {**SAME, "onnx-fp32": {**SAME["onnx-fp32"], "one.png": [MOVED_LITTLE, CAR]}}
    wide = replace(EFFECTS["runtime-fp32"], tolerance=Tolerance(box_px=5.0))
    found = make_run(tmp_path, arms, settings={"runtime-fp32": wide}).load()
    answer, *_ = answers_of([found], []).answers
    assert answer.state == "harmless"
    assert answer.sentence.endswith("set for it: boxes differ by up to 0.5 px.")


def test_equal_exports_share_a_sentence(same: Results) -> None:
    (own,) = (each for each in same.comparisons.values() if each.effect == "runtime")
    several = same.comparisons | {"runtime-b": own, "runtime-c": own}
    answer, *_ = answers_of([replace(same, comparisons=several)], []).answers
    assert answer.headline == "All 3 exports (`fp32`, `b` and `c`) are fine"


def test_nothing_compared_is_no_success(tmp_path: Path) -> None:
    answers = answers_of([make_run(tmp_path, NOTHING).load()], [])
    assert told(answers) == [("unknown", "Nothing is known of the export `fp32`")]
    assert answers.because.startswith(
        "The exit code is 1, because the gate `runtime-fp32` compared"
    )
    assert answers_of([], []).state == "unknown"


def test_boxes_that_cannot_be_read_come_first_and_decide(same: Results) -> None:
    answers = answers_of([same], [DIAGNOSIS, UNREAD])
    assert answers.answers[0].sentence == "`torn` cannot be diagnosed: Line 3 is cut."
    assert answers.exit_code == 1
    assert "`torn` cannot be diagnosed" in answers.because


def test_other_gates_are_answered_too(tmp_path: Path) -> None:
    every = {name: replace(each, gated=True) for name, each in EFFECTS.items()}
    answers = answers_of([make_run(tmp_path, SAME, settings=every).load()], [])
    assert told(answers) == [
        ("wrong", "The gate `geometry` fails"),
        ("wrong", "The gate `deployment-fp32` fails"),
        ("fine", "The export `fp32` is fine"),
    ]
    assert answers.answers[0].anchor == "model-0-effects"


@pytest.mark.parametrize(
    ("program", "fails", "said"),
    [(DIAGNOSIS, True, 0), (DIAGNOSIS, False, 1), (CORRECT, True, 1), (CORRECT, False, 0)],
)
def test_a_gate_does_not_repeat_a_diagnosis(
    same: Results, program: Diagnosed, said: int, *, fails: bool
) -> None:
    like = same.comparisons["geometry" if fails else "runtime-fp32"]
    own = replace(like, effect="external", gated=True, candidate=arm_of(program))
    comparisons = {**same.comparisons, arm_of(program): own}
    results = replace(same, model=program.model, comparisons=comparisons)
    answers = answers_of([results], [program])
    gates = [each for each in answers.answers if each.headline.startswith("The gate `external-")]
    assert len(gates) == said
    assert answers.exit_code == fails
    assert "`external-mine`" in answers.because


def test_several_models_are_named(same: Results) -> None:
    answers = answers_of([same, replace(same, model="other")], [])
    exports = [each for each in answers.answers if each.anchor.endswith("-exports")]
    assert [each.headline.split(" – ")[0] for each in exports] == ["yolo11n", "other"]
    assert answers.title == "yolo11n – The export `fp32` is fine"
    assert [each.anchor for each in exports] == ["model-0-exports", "model-1-exports"]
    assert "the gates `runtime-fp32` of `yolo11n` and `other` pass" in answers.because


def test_exports_within_their_tolerances_are_ordered_by_what_differs(same: Results) -> None:
    (own,) = (each for each in same.comparisons.values() if each.effect == "runtime")
    few = replace(own, box_px=3.0, extra=1, candidate="onnx-few")
    many = replace(own, box_px=9.0, missing=2, extra=1, candidate="onnx-many")
    comparisons = {"runtime-few": few, "runtime-many": many}
    arms = same.arms | dict.fromkeys(("onnx-few", "onnx-many"), same.arms[own.candidate])
    found = answers_of([replace(same, comparisons=comparisons, arms=arms)], []).answers
    assert [each.sentence.partition(": ")[2] for each in found] == [
        "it misses 2 of 6 objects and adds 1, and boxes differ by up to 9 px.",
        "it adds 1 object to 4, and boxes differ by up to 3 px.",
    ]


def test_objects_of_another_class_are_neither_missing_nor_added(same: Results) -> None:
    (own,) = (each for each in same.comparisons.values() if each.effect == "runtime")
    changed = replace(own, box_px=9.0, missing=3, extra=2, flipped=2)
    only = replace(own, box_px=9.0, missing=2, extra=2, flipped=2)
    comparisons = {"runtime-changed": changed, "runtime-only": only}
    found = answers_of([replace(same, comparisons=comparisons)], []).answers
    assert [each.sentence.partition(": ")[2] for each in found] == [
        "it misses 1 of 7 objects and changes the class of 2, and boxes differ by up to 9 px.",
        "it changes the class of 2 of 6 objects, and boxes differ by up to 9 px.",
    ]


def test_many_gates_are_counted(same: Results) -> None:
    (own,) = (each for each in same.comparisons.values() if each.effect == "runtime")
    comparisons = {f"runtime-{name}": own for name in "abcdefg"}
    assert answers_of([replace(same, comparisons=comparisons)], []).because == (
        "The exit code is 0, because 7 gates (`runtime-a`, `runtime-b`, `runtime-c` and 4 more) "
        "pass."
    )


def test_ties_are_stated_and_are_neither_lost_nor_new(same: Results) -> None:
    (name,) = (n for n, each in same.comparisons.items() if each.effect == "runtime")
    ties = replace(same.comparisons[name], tied=2)
    answer, *_ = answers_of([replace(same, comparisons={name: ties})], []).answers
    assert answer.state == "fine"
    assert (
        "; one arm alone reports 2 more objects within 0.0001 of the last score" in answer.sentence
    )
    (note,) = tied({name: ties, "other": same.comparisons[name]})
    assert note.startswith(f"{name}: 2 objects are tied, and only one arm reports each.")


FURTHER = {
    "segment": (
        {"mask": 1e-5},
        "boxes differ by up to 0.000999 px and masks by up to 1e-5 (1 − IoU)",
    ),
    "pose": (
        {"keypoint_px": 2e-4, "visibility": 1e-7},
        "boxes differ by up to 0.000999 px and keypoints by up to 0.0002 px",
    ),
    "obb": ({"angle": 1e-6}, "boxes differ by up to 0.000999 px"),
    "classify": (
        {"rank": 0.0, "margin": 1e-7},
        "probabilities differ by up to 1e-5; no rank changed",
    ),
}
"""By task, what is measured beside boxes and scores, and how the answer ends."""


@pytest.mark.parametrize("task", FURTHER)
def test_an_answer_speaks_of_what_the_task_reports(same: Results, task: str) -> None:
    measures, expected = FURTHER[task]
    answer, *_ = answers_of([of_task(same, task, measures)], []).answers
    does = "gives the same 4 labels" if task == "classify" else "detects the same 4 objects"
    assert answer.sentence == (
        f"The export `fp32` is fine: on the same input tensor, it {does} as PyTorch, and "
        f"{expected}."
    )


def test_a_label_that_moves_is_stated(same: Results) -> None:
    answer, *_ = answers_of([of_task(same, "classify", {"rank": 2.0})], []).answers
    assert answer.sentence.endswith("; a label moves by up to 2 ranks.")


def test_what_does_not_differ_at_all_is_the_same(tmp_path: Path) -> None:
    equal = make_run(tmp_path, {**SAME, "onnx-fp32": SAME["pytorch-square"]}).load()
    answer, *_ = answers_of([equal], []).answers
    assert answer.sentence.endswith(
        "detects the same 4 objects as PyTorch, and boxes are the same."
    )


def test_masks_that_do_not_differ_are_the_same(same: Results) -> None:
    answer, *_ = answers_of([of_task(same, "segment", {"mask": 0.0})], []).answers
    assert answer.sentence.endswith("boxes differ by up to 0.000999 px, while masks are the same.")


def of_task(results: Results, task: str, measures: dict[str, float]) -> Results:
    """Return results as if they were those of another task."""
    spreads = {name: Distribution(*[value] * 5) for name, value in measures.items()}

    def of(each: ComparisonResults) -> ComparisonResults:
        distributions = replace(each.distributions, measures=spreads)
        return replace(each, task=task, measures=measures, distributions=distributions)

    return replace(results, comparisons={n: of(each) for n, each in results.comparisons.items()})
