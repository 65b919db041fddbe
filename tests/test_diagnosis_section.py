"""What the report says of a diagnosis, and its figure."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from jinja2 import Environment

from parity.data.batch_files import Batch
from parity.data.reading import read_image
from parity.diagnosis.document import (
    Alternative,
    DiagnosisDocument,
    DrawnBoxes,
    FaultExample,
    Proof,
    Severity,
    Unexplained,
)
from parity.diagnosis.stages import (
    BEFORE_OUTPUT_STAGES,
    FAULT_STAGES,
    PREPROCESSING_STAGES,
    FaultStage,
)
from parity.documents import save
from parity.files import write_json
from parity.provenance import sha256
from parity.reporting.diagnosis_evidence import (
    alternative_in_words,
    open_questions,
    undistinguished,
    unexplained,
)
from parity.reporting.diagnosis_verdict import (
    cause_in_words,
    state_of,
    verdict_sentence,
    worst_first,
)
from parity.reporting.fault_wording import by_severity, effect, proof_sentence, together
from parity.reporting.figures.diagnosis import (
    bars_of,
    captions,
    legend_of,
    write_diagnosis_figure,
)
from parity.reporting.html import page
from parity.reporting.markdown import report
from parity.reporting.views.blocks import (
    Block,
    Card,
    CodeTabs,
    Crop,
    Facts,
    Group,
    Note,
    Sentences,
    Table,
    every_block,
)
from parity.reporting.views.diagnosis import (
    ALL_FIXES,
    NOT_RUN,
    blocks_of,
    code_tabs,
    in_words_of,
    prepare,
)
from parity.reporting.views.diagnosis_crops import crop_of_rest
from parity.reporting.views.section import Model
from tests.report_documents import (
    BGR,
    CORRECT,
    DIAGNOSES,
    DIAGNOSIS,
    FIXED,
    HARMLESS,
    IN_PART,
    ONE_GAIN,
    TENSORS,
    UNKNOWN,
    WORSE,
    waterfall_step,
)
from tests.synthetic import GROUND, HOSTILE, SAME, make_run

SHEAR = replace(BGR, name="shear", title="Sheared image", severity=Severity(renamed=4, box_px=30.0))
TWO = replace(
    DIAGNOSIS,
    faults=(BGR, SHEAR),
    waterfall=(
        waterfall_step(FIXED, kind="runtime"),
        waterfall_step(WORSE, kind="fault", name="bgr"),
        waterfall_step(replace(WORSE, missing=6, flipped=2), kind="fault", name="shear"),
        waterfall_step(WORSE, kind="unexplained"),
    ),
)
NO_BOXES = DrawnBoxes([], [], [])
REST_OF_INPUT = Unexplained(0.5, 0, PREPROCESSING_STAGES, Severity(), ())
BGR_TITLE = '"Colours swapped (BGR instead of RGB)"'
MANY_HARMLESS = [replace(ONE_GAIN, name=str(n), title=f"Difference {n}") for n in range(3)]
PART = "Your program `mine` is explained in part"
PLACE = "the cause lies before the network or in the network itself"


def left(
    observed: float, predicted: float, *stages: FaultStage, severity: Severity
) -> dict[str, Any]:
    """Return a verdict in part, and what is not explained."""
    rest = Unexplained(observed, predicted, stages, severity, ())
    return {"verdict": "explained_in_part", "unexplained": rest}


@pytest.mark.parametrize(
    ("diagnosis", "sentence"),
    [
        (
            DIAGNOSIS,
            (
                f"Your program `mine` is wrong in one step: {BGR_TITLE}, which loses 3 of "
                "10 objects and adds 1."
            ),
        ),
        (
            TWO,
            (
                f'Your program `mine` is wrong in 2 steps: "Sheared image" and {BGR_TITLE}, which '
                "lose 4 of 10 objects and change the class of 2."
            ),
        ),
        (
            replace(DIAGNOSIS, faults=(ONE_GAIN, BGR)),
            (
                f"Your program `mine` is wrong in one step: {BGR_TITLE}, which loses 3 of "
                '10 objects and adds 1. Another difference is harmless: "One gain for both axes".'
            ),
        ),
        (
            replace(TWO, faults=(*TWO.faults, *MANY_HARMLESS)),
            (
                f'Your program `mine` is wrong in 2 steps: "Sheared image" and {BGR_TITLE}, which '
                "lose 4 of 10 objects and change the class of 2. Another 3 differences are "
                'harmless: "Difference 0", "Difference 1" and 1 more.'
            ),
        ),
        (
            replace(DIAGNOSIS, images_stated=13),
            (
                f"Your program `mine` is wrong in one step: {BGR_TITLE}, which loses 3 of "
                f"10 objects and adds 1 (measured in {len(DIAGNOSIS.images)} of 13 images)."
            ),
        ),
        (
            HARMLESS,
            (
                'Your program `mine` has only one harmless difference: "One gain for both axes", '
                "which moves boxes by up to 0.4 px."
            ),
        ),
        (CORRECT, "Nothing is wrong with `mine`."),
        (
            IN_PART,
            (
                f"{PART}: 38 % of the boxes are not explained, and 12 % of the expected boxes are "
                f"missing; {PLACE}. Proved so far: {BGR_TITLE}, which loses 3 of 10 objects and "
                'adds 1. Another difference is harmless: "One gain for both axes".'
            ),
        ),
        (
            replace(IN_PART, faults=(ONE_GAIN,)),
            (
                f"{PART}: 38 % of the boxes are not explained, and 12 % of the expected boxes are "
                f"missing; {PLACE}. Proved so far: only one harmless difference, "
                '"One gain for both axes", which moves boxes by up to 0.4 px.'
            ),
        ),
        (
            replace(
                CORRECT,
                **left(0.1, 0.01, "nms", "thresholds", severity=Severity(box_px=0.2)),
            ),
            (
                f"{PART}: 10 % of the boxes are not explained (no object is lost, and boxes differ "
                "by less than 1 px); the cause lies in one of these steps: NMS, thresholds. No "
                "fault is proved."
            ),
        ),
        (
            replace(
                CORRECT, task="classify", **left(0.1, 0.01, "input_tensor", severity=Severity())
            ),
            (
                f"{PART}: 10 % of the labels are not explained (no label is lost); the cause lies "
                "in this step: input tensor. No fault is proved."
            ),
        ),
        (
            replace(CORRECT, **left(0, 0.04, "reading", severity=Severity(lost=4))),
            (
                f"{PART}: 4 % of the expected boxes are missing; the cause lies in this step: "
                "reading the image. No fault is proved."
            ),
        ),
        (
            replace(CORRECT, task="segment", **left(0.9, 0.0, "masks", severity=Severity(lost=1))),
            (
                f"{PART}: the masks of 90 % of the boxes are not explained; the cause lies in "
                "this step: masks. No fault is proved."
            ),
        ),
        (
            replace(
                UNKNOWN,
                task="segment",
                unexplained=Unexplained(0.9, 0, ("masks",), Severity(lost=1), ()),
            ),
            ("The masks of `mine` are not explained; its boxes, scores and classes are right."),
        ),
        (
            UNKNOWN,
            (
                "The boxes of `mine` are not explained: 3 of 10 objects are missing and 1 is "
                f"added; {PLACE}."
            ),
        ),
        (
            replace(DIAGNOSIS, unexplained=Unexplained(0.02, 0, ("nms",), Severity(lost=1), ())),
            (
                f"Your program `mine` is wrong in one step: {BGR_TITLE}, which loses 3 of "
                "10 objects and adds 1. Still, 2 % of the boxes are not explained."
            ),
        ),
        (
            TENSORS,
            (
                f"The preprocessing of `mine` is wrong in one step: {BGR_TITLE}, which loses 3 of "
                "10 objects and adds 1."
            ),
        ),
        (
            replace(TENSORS, verdict="nothing_wrong", faults=()),
            "Nothing is wrong with the preprocessing of `mine`.",
        ),
        (
            replace(TENSORS, verdict="not_explained", faults=(), unexplained=REST_OF_INPUT),
            ("The input tensors of `mine` are not explained; the cause lies before the network."),
        ),
        (
            replace(TENSORS, verdict="explained_in_part", unexplained=REST_OF_INPUT),
            (
                "The preprocessing of `mine` is explained in part: 50 % of the input tensors are "
                "not explained; the cause lies before the "
                f"network. Proved so far: {BGR_TITLE}, which loses 3 of 10 objects and adds 1."
            ),
        ),
    ],
)
def test_the_verdict_in_words(diagnosis: DiagnosisDocument, sentence: str) -> None:
    assert verdict_sentence(diagnosis) == sentence


def test_each_verdict_is_as_bad_as_what_it_loses() -> None:
    assert [state_of(each) for each in DIAGNOSES] == [
        "wrong",
        "wrong",
        "unexplained",
        "harmless",
        "fine",
        "wrong",
    ]
    shuffled = (CORRECT, HARMLESS, UNKNOWN, DIAGNOSIS)
    assert worst_first(shuffled) == [DIAGNOSIS, UNKNOWN, HARMLESS, CORRECT]
    effect = DIAGNOSIS.fix_effect
    worse = replace(effect, before=replace(effect.before, missing=effect.before.missing + 1))
    worst = replace(DIAGNOSIS, fix_effect=worse)
    assert worst_first([DIAGNOSIS, worst]) == [worst, DIAGNOSIS]


@pytest.mark.parametrize(
    ("stages", "place"),
    [
        (PREPROCESSING_STAGES, "the cause lies before the network"),
        (BEFORE_OUTPUT_STAGES, PLACE),
        (("nms", "rescaling", "output", "class_ids"), "the cause lies after the network"),
        (("network",), "the cause lies in this step: network"),
        (FAULT_STAGES, ""),
        ((), ""),
    ],
)
def test_where_the_cause_lies(stages: tuple[FaultStage, ...], place: str) -> None:
    assert cause_in_words(stages) == place


def blocks(diagnosis: DiagnosisDocument = DIAGNOSIS) -> list[Block]:
    return [*every_block(blocks_of(diagnosis, "mine.jpg", "mine"))]


def group(title: str, diagnosis: DiagnosisDocument = DIAGNOSIS) -> str:
    """Return the sentences of a group as one text; nothing where there is no such group."""
    found = (each for each in blocks(diagnosis) if isinstance(each, Group) and each.title == title)
    sentences = (block for each in found for block in each.blocks if isinstance(block, Sentences))
    return " ".join(item for block in sentences for item in block.items)


def table(caption: str, diagnosis: DiagnosisDocument = DIAGNOSIS) -> tuple[tuple[str, ...], ...]:
    found = (b for b in blocks(diagnosis) if isinstance(b, Table) and b.caption == caption)
    return next((each.rows for each in found), ())


def facts_of(diagnosis: DiagnosisDocument = DIAGNOSIS) -> dict[str, str]:
    """Return what is said of the first fault."""
    facts = next(block for block in blocks(diagnosis) if isinstance(block, Facts))
    return {fact.name: fact.value for fact in facts.facts}


def card(diagnosis: DiagnosisDocument = DIAGNOSIS) -> Card:
    """Return what is said of the first fault that matters."""
    return next(block for block in blocks(diagnosis) if isinstance(block, Card))


def titles(diagnosis: DiagnosisDocument) -> list[str]:
    return [block.title for block in blocks(diagnosis) if isinstance(block, Group | Card)]


def test_what_is_said_of_a_fault() -> None:
    found, said = card(), facts_of()
    assert found.line.startswith(BGR.wrong)
    assert found.fix == BGR.fix
    assert [(cost.value, cost.what) for cost in found.costs] == [
        ("3 of 10", "objects lost"),
        ("1", "objects added"),
        ("20 px", "largest move of a box"),
    ]
    assert said["What proves it"] == (
        "5 of 8 boxes are reproduced to the last digit only with this fault; without it, 2 boxes "
        "would be expected that your program does not report."
    )
    assert said["Step"] == "input tensor"
    assert said["Reported before"] == BGR.reference
    (code,) = (block for block in blocks() if isinstance(block, CodeTabs))
    assert {tab.language: tab.text for tab in code.tabs} == BGR.fixes
    assert {tab.title: tab.note for tab in code.tabs} == {"Python": "", "C++": "", "Swift": NOT_RUN}


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [
        (
            Proof(explained=34),
            "34 of 56 boxes are reproduced to the last digit only with this fault.",
        ),
        (
            Proof(explained=1),
            "1 of 56 boxes is reproduced to the last digit only with this fault.",
        ),
        (
            Proof(explained=1, boxes=18),
            "1 of the 18 boxes compared is reproduced to the last digit only with this fault.",
        ),
        (
            Proof(explained=56),
            "All 56 boxes are reproduced to the last digit only with this fault.",
        ),
        (
            Proof(explained=18, boxes=18),
            "All 18 boxes compared are reproduced to the last digit only with this fault.",
        ),
        (
            Proof(unobserved=1),
            "Without this fault, 1 box would be expected that your program does not report.",
        ),
        (
            Proof(explained=1, factor=7.04, closer=20),
            (
                "Differences are 7.04 times smaller with this fault; "
                "20 of 56 boxes come close only with it."
            ),
        ),
        (
            Proof(factor=1.1, named=1),
            "1 of 56 boxes gets the observed class only with this fault.",
        ),
        (Proof(), "What was provided is reproduced only with this fault."),
    ],
)
def test_a_proof_is_a_sentence(proof: Proof, sentence: str) -> None:
    assert proof_sentence(proof, 56) == sentence


@pytest.mark.parametrize(
    ("severity", "does"),
    [
        (Severity(lost=66, box_px=20), "loses 66 of 122 objects"),
        (Severity(66, 3, 2), "loses 66 of 122 objects, adds 3 and changes the class of 2"),
        (Severity(added=1), "adds 1 object"),
        (Severity(renamed=2, box_px=5), "changes the class of 2 objects"),
        (
            Severity(box_px=15.04, score=0.13),
            "moves boxes by up to 15 px and changes scores by up to 0.13",
        ),
        (Severity(box_px=0.4, score=1e-3), "moves boxes by up to 0.4 px"),
        (Severity(box_px=1e-6, score=1e-3), "changes scores by up to 0.001"),
        (Severity(box_px=1e-6), "changes nothing in these images"),
    ],
)
def test_what_a_fault_does_is_said_in_objects_first(severity: Severity, does: str) -> None:
    assert effect(severity, 122) == does


def test_faults_of_keypoints_alone_are_not_said_to_change_nothing() -> None:
    moved = replace(FIXED, shapes={"keypoint_px": 40.0})
    steps = (
        waterfall_step(FIXED, kind="runtime"),
        waterfall_step(moved, kind="fault", name="a", lost=0.0, share=None),
        waterfall_step(moved, kind="fault", name="b", lost=0.0, share=None),
    )
    severity = Severity(shapes={"keypoint_px": 40.0})
    faults = tuple(replace(BGR, name=name, severity=severity) for name in "ab")
    both = together(faults, replace(DIAGNOSIS, faults=faults, waterfall=steps))
    assert effect(both, 10, several=True) == "move keypoints by up to 40 px"


def test_what_a_harmless_difference_moves_is_not_laid_to_the_faults_after_it() -> None:
    moved = replace(FIXED, box_px=0.9, shapes={"mask": 0.05})
    steps = (
        waterfall_step(replace(FIXED, box_px=0.0, shapes={}), kind="runtime"),
        waterfall_step(moved, kind="fault", name="harmless", lost=0.0, share=None),
        waterfall_step(moved, kind="fault", name="a", lost=0.0, share=None),
        waterfall_step(replace(moved, shapes={"mask": 1.0}), kind="fault", name="b"),
    )
    faults = (
        replace(BGR, name="a", severity=Severity(shapes={"mask": 0.2})),
        replace(BGR, name="b", severity=Severity(shapes={"mask": 0.7})),
    )
    both = together(faults, replace(DIAGNOSIS, faults=faults, waterfall=steps))
    assert both.box_px == 0.0
    assert effect(both, 10, several=True) == "reduce the IoU of masks to 0 at worst"


def test_a_label_whose_probability_changes_is_not_the_same() -> None:
    assert Severity(score=0.3).harmless, "a box has its place, too"
    changed = Severity(score=0.3, shapes={"probability": 0.3})
    assert not changed.harmless
    assert effect(changed, 10) == "changes scores by up to 0.3"
    assert Severity(score=0.03, shapes={"probability": 0.03}).harmless


def test_boxes_that_follow_from_unexplained_arrays_are_said_to() -> None:
    left = replace(DIAGNOSIS.unexplained, stages=PREPROCESSING_STAGES)
    found = replace(DIAGNOSIS, verdict="explained_in_part", unexplained=left)
    assert verdict_sentence(found).startswith(
        "Your program `mine` is explained in part: the input tensors are not explained; the cause "
        "lies before the network."
    )
    assert next(unexplained(found)) == (
        "All boxes follow from the arrays that you provided, but the input tensors are not those "
        "that the named deployment makes."
    )


def test_faults_are_read_by_what_they_do() -> None:
    ways = (Severity(box_px=30), Severity(box_px=40), Severity(added=1), Severity(lost=1, added=1))
    faults = [replace(BGR, name=str(place), severity=own) for place, own in enumerate(ways)]
    assert [fault.name for fault in by_severity(faults)] == ["3", "2", "1", "0"]
    masks = replace(BGR, name="masks", severity=Severity(shapes={"mask": 0.9}))
    boxes = replace(BGR, name="boxes", severity=Severity(box_px=0.99, shapes={"mask": 0.3}))
    assert [fault.name for fault in by_severity([boxes, masks])] == ["masks", "boxes"]


def test_the_lines_for_several_faults_are_there_in_one_piece() -> None:
    cut = replace(BGR, name="cut", fixes={"python": "boxes = found", "cpp": "boxes = found;"})
    both = {"python": "rgb = canvas\n\nboxes = found"}
    found = blocks(replace(DIAGNOSIS, faults=(BGR, cut), fixes=both, run=("python",)))
    (group,) = (each for each in found if isinstance(each, Group) and each.title == ALL_FIXES)
    assert group.folded
    (code,) = group.blocks
    assert isinstance(code, CodeTabs)
    assert [(tab.text, tab.note) for tab in code.tabs] == [(both["python"], "")]
    assert ALL_FIXES not in titles(DIAGNOSIS), "a single fault"
    same = replace(DIAGNOSIS, faults=(BGR, replace(BGR, name="grey")))
    assert ALL_FIXES not in titles(same), "each card has all of them"


def test_what_is_not_explained_comes_first_and_what_is_harmless_last() -> None:
    choice = "1 choice that does no harm"
    assert titles(IN_PART)[:7] == [
        "What is not explained",
        "How to learn more",
        f"1. {BGR.title}",
        "1 harmless difference",
        choice,
        "All steps in one picture",
        "Evidence",
    ]
    assert group("What is not explained", IN_PART) == (
        "38 % of the 8 observed boxes are not reproduced to the last digit, and 12 % of the "
        "expected boxes were not observed. 2 objects are missing, 1 object is unexpected and 1 "
        "object is of another class; boxes differ by up to 12 px (median 1.2 px) and scores by up "
        "to 0.13. The cause lies before the network or in the network itself. The network was "
        "given <b>another</b> input."
    )
    folded = [b.title for b in blocks(HARMLESS) if isinstance(b, Group) and b.folded]
    assert folded[:2] == ["1 harmless difference", choice], "as many as the answer counts"
    assert group(folded[0], HARMLESS) == (
        "One gain for both axes: Both axes are divided by one gain. It moves boxes by up to 0.4 px."
    )
    assert group(choice, HARMLESS) == (
        "Boxes passed to cv2.dnn.NMSBoxes: cv2.dnn.NMSBoxes computes the overlap."
    )


def test_a_picture_shows_where_a_fault_is_seen_best() -> None:
    assert card().crop is None
    label = DrawnBoxes([[5.0, 5.0, 9.0, 9.0], [1.0, 1.0, 4.0, 4.0]], [0.5, None], [0, 10000])
    example = FaultExample("a.jpg", 60, 80, "lost", (0.0, 0.0, 40.0, 30.0), label, NO_BOXES)
    found = card(replace(DIAGNOSIS, faults=(replace(BGR, example=example),))).crop
    assert found
    assert [(box.label, box.telling) for box in found.correct] == [
        ("person 0.5", True),
        ("<i>cat</i>", False),
    ]
    assert found.caption == (
        "a.jpg: PyTorch detects person 0.5; with this fault alone, nothing is detected there."
    )


@pytest.mark.parametrize(
    ("changed", "severity", "what"),
    [
        ([5.0, 5.0, 9.0, 10.46], Severity(box_px=3.0), "its box moves by 1.46 px"),
        ([5.0, 5.0, 9.0, 9.0], Severity(box_px=3.0, shapes={"mask": 0.2}), "its mask changes"),
        ([5.0, 5.0, 9.0, 9.0], Severity(lost=1, score=0.2), "its score changes"),
    ],
    ids=["box", "mask of an object whose box stays", "score"],
)
def test_a_picture_says_what_moves_and_how_far(
    changed: list[float], severity: Severity, what: str
) -> None:
    view = (0.0, 0.0, 40.0, 30.0)
    boxes = (DrawnBoxes([box], [0.5], [0]) for box in ([5.0, 5.0, 9.0, 9.0], changed))
    example = FaultExample("a.jpg", 60, 80, "moved", view, *boxes)
    moved = replace(BGR, example=example, severity=severity)
    found = card(replace(DIAGNOSIS, faults=(moved,))).crop
    assert found
    assert found.caption == f"a.jpg: PyTorch detects person 0.5; with this fault alone, {what}."


def test_a_picture_of_what_is_not_explained_shows_all_boxes() -> None:
    (found,) = (block for block in blocks(UNKNOWN) if isinstance(block, Crop))
    assert found.view == (0, 0, 80, 60)
    assert len(found.correct) == len(found.wrong) == 1
    assert found.caption.endswith("PyTorch detects <i>cat</i>; your program detects <i>cat</i>.")


def test_beside_what_is_not_explained_stands_what_the_faults_explain() -> None:
    there, nothing = DrawnBoxes([[1.0, 1.0, 4.0, 4.0]], [0.5], [0]), DrawnBoxes([], [], [])
    example = FaultExample("a.jpg", 60, 80, "lost", (0.0, 0.0, 40.0, 30.0), there, nothing)
    rest = replace(IN_PART.unexplained, example=example)
    found = crop_of_rest(replace(IN_PART, unexplained=rest))
    assert found
    assert (found.reference, found.side) == ("a program with the named faults", "your program")
    assert found.caption == (
        "a.jpg: A program with the named faults detects person 0.5; your program reports nothing "
        "there."
    )
    assert crop_of_rest(IN_PART) is None


@pytest.mark.parametrize(
    ("observed", "predicted", "said"),
    [
        (0.38, 0.12, "38 % of the 8 observed boxes are not reproduced to the last digit, and 12 %"),
        (
            0.0,
            0.12,
            "Each of the 8 observed boxes is reproduced to the last digit, but 12 % of the ",
        ),
        (1.0, 0.0, "None of the 8 observed boxes is reproduced to the last digit."),
    ],
)
def test_what_is_not_explained_is_counted(observed: float, predicted: float, said: str) -> None:
    rest = replace(IN_PART.unexplained, observed=observed, predicted=predicted)
    first, *_ = unexplained(replace(IN_PART, unexplained=rest))
    assert first.startswith(said)


def test_masks_that_are_not_explained_are_told_by_how_much_they_differ() -> None:
    severity = Severity(lost=2, shapes={"mask": 0.4})
    rest = replace(IN_PART.unexplained, severity=severity, stages=("masks",))
    said = [*unexplained(replace(IN_PART, task="segment", unexplained=rest))]
    assert said[1] == "2 objects are missing; masks differ by up to 0.4 (1 − IoU)."


def test_undecided_faults_of_the_step_are_named_beside_what_is_not_explained() -> None:
    rest = replace(IN_PART.unexplained, stages=("rescaling",))
    found = replace(IN_PART, unexplained=rest, stages={"not_clipped": "rescaling"})
    said = 'Possible there, but not proved by these boxes: "Boxes not clipped to the image".'
    assert said in [*unexplained(found)]
    assert said not in [*unexplained(replace(found, stages={"not_clipped": "reading"}))]


def test_a_table_lists_several_faults_by_what_they_do() -> None:
    rows = table("What each fault does by itself", IN_PART)
    assert rows == (
        (BGR.title, "3", "1", "0", "20 / 2", "0.4", "harmful"),
        (ONE_GAIN.title, "0", "0", "0", "0.4 / 0.1", "0", "harmless"),
    )
    assert not table("What each fault does by itself")


def test_nothing_is_proposed_where_nothing_is_explained() -> None:
    assert titles(UNKNOWN) == [
        "What is not explained",
        "How to learn more",
        "1 choice that does no harm",
        "All steps in one picture",
        "Evidence",
        "Comparison with PyTorch",
        "Thresholds",
        "What was inferred",
    ]
    text = str(blocks(UNKNOWN))
    assert UNKNOWN.equivalents
    assert UNKNOWN.undecided
    for name in ("bgr", "grey", "not_clipped"):
        assert UNKNOWN.titles[name] not in text
    assert group("Thresholds", UNKNOWN) == (
        "PyTorch is compared at conf 0.5, IoU 0.7 and max_det 300."
    )


@pytest.mark.parametrize("diagnosis", DIAGNOSES)
def test_no_odds_and_no_number_that_is_missing(diagnosis: DiagnosisDocument) -> None:
    text = str(blocks(diagnosis)).replace("crop=None,", "") + verdict_sentence(diagnosis)
    for word in ("likely", "nan", "None,", "runner"):
        assert word not in text


def rendered(made: Environment, kind: str) -> str:
    text = f'{{% from "blocks.{kind}.j2" import render %}}{{{{ render(blocks) }}}}'
    return made.from_string(text).render(blocks=[code_tabs(BGR, "Lines")])


def test_a_fix_is_escaped_and_its_first_language_is_chosen() -> None:
    text = rendered(page.environment(page.Places(Path(), "", {}, {})), "html")
    written = re.findall("<code>(.*?)</code>", text, re.DOTALL)
    texts = [unescape(re.sub("<[^>]+>", "", each)) for each in written]
    assert texts == [*BGR.fixes.values()]
    assert "<b>" not in text
    assert text.count(" checked") == 1
    assert text.index('value="python" checked') < text.index('value="cpp"')
    assert text.count(NOT_RUN) == 1


def test_markdown_shows_a_fix_in_python_and_folds_it_in_cpp() -> None:
    text = rendered(report.environment(Path()), "md")
    python, cpp, swift = BGR.fixes.values()
    assert f"\n```python\n{python}\n```\n\n<details><summary>C" in text
    assert f"</summary>\n\n```cpp\n{cpp}\n```\n\n</details>\n" in text
    assert swift not in text
    assert "in other languages, too: Swift." in text


def test_the_evidence_is_in_numbers() -> None:
    said = group("Evidence")
    assert "Of 8 boxes in 1 image, the deployment with this fault reproduces 100 % to" in said
    assert "The search ran the network 3 times." in said
    assert "those of the export" not in said
    before, after = table("Before and after")
    assert before[:5] == ("the observed boxes", "7 of 10", "3", "1", "0")
    assert after[:2] == ("after the fix", "10 of 10")
    caption = "From PyTorch to these boxes, one step at a time"
    assert table(caption)[1] == (BGR.title, "7", "3", "1", "0.7000", "100 %")
    assert table(caption, IN_PART)[2][0] == "One gain for both axes (harmless)"
    assert "The numbers are those of the export `int8`." in group(
        "Evidence", replace(DIAGNOSIS, network="int8")
    )


def test_a_rest_is_left_out_of_the_effect_of_the_fix() -> None:
    assert table("Both compared with PyTorch", IN_PART)[1][0] == "fp32, run correctly"
    assert not table("Before and after", IN_PART)


def test_input_tensors_alone_are_spoken_of_without_boxes() -> None:
    assert group("Evidence", TENSORS).startswith(
        "The input tensors of 1 image are reproduced to 0.1 grey levels. The arrays of 1 image "
        "were compared; no boxes were provided."
    )
    assert facts_of(TENSORS)["What proves it"] == (
        "With this fault, input tensors come 31.4 grey levels closer to yours on average."
    )
    assert "Thresholds" not in titles(TENSORS)
    assert table("Before and after", TENSORS)[0][0] == "boxes of the reproduced input"


def test_thresholds_are_ranges() -> None:
    assert group("Thresholds") == (
        "Confidence threshold: 0.45 to 0.512, popular: 0.5. IoU threshold: 0.45 to 0.61, which "
        "contradicts the declared 0.7. Maximum number of boxes: at least 8, declared: 300. PyTorch "
        "is compared at conf 0.5, IoU 0.7 and max_det 300."
    )


def test_what_is_open_is_said_by_titles() -> None:
    open_questions = group("What these boxes cannot tell")
    assert (
        f'Other explanations fit these boxes equally well: "Grey image" instead of {BGR_TITLE}.'
        in open_questions
    )
    assert "Boxes not clipped to the image" in open_questions
    assert group("What was inferred") == DIAGNOSIS.notes[0]
    assert not group("How to learn more", replace(DIAGNOSIS, ask=()))


@pytest.mark.parametrize(
    ("diagnosis", "faults", "words"),
    [
        (DIAGNOSIS, ("bgr", "grey", "nmsboxes"), '"Grey image" as well'),
        (DIAGNOSIS, (), f"the same without {BGR_TITLE}"),
        (CORRECT, ("grey",), '"Grey image"'),
    ],
)
def test_an_alternative_is_told_by_what_differs(
    diagnosis: DiagnosisDocument, faults: tuple[str, ...], words: str
) -> None:
    assert alternative_in_words(Alternative(faults), diagnosis) == words


def test_a_fault_is_shown_with_what_fits_as_well() -> None:
    assert card().line == f'{BGR.wrong} These boxes cannot tell it from "Grey image".'
    twice = replace(DIAGNOSIS, equivalents=DIAGNOSIS.equivalents * 2)
    assert undistinguished(BGR, twice) == undistinguished(BGR, DIAGNOSIS)
    assert [*open_questions(twice)] == [*open_questions(DIAGNOSIS)]
    assert not undistinguished(
        BGR, replace(DIAGNOSIS, equivalents=(Alternative(("grey", "not_clipped")),))
    )
    contradicted = replace(BGR, name="iou_0.45", stage="thresholds")
    told = replace(DIAGNOSIS, faults=(BGR, contradicted), equivalents=(Alternative(("grey",)),))
    assert undistinguished(BGR, told), "thresholds belong to no alternative"
    assert not undistinguished(BGR, replace(DIAGNOSIS, equivalents=(Alternative(("bgr", "grey")),)))


def test_where_nothing_is_lost_there_is_no_waterfall() -> None:
    assert not table("From PyTorch to these boxes, one step at a time", CORRECT)


def test_faults_that_are_measured_alone_say_so() -> None:
    (note,) = (block for block in blocks_of(TWO, None, "a") if isinstance(block, Note))
    assert note.text.endswith(
        "alone, as if all else were correct; together, they lose 4 of 10 objects and change the "
        "class of 2."
    )
    assert not [block for block in blocks_of(DIAGNOSIS, None, "a") if isinstance(block, Note)]


def test_each_diagnosis_of_a_model_has_a_group(tmp_path: Path) -> None:
    paths = [tmp_path / "diagnose/yolo11n" / f"{name}.json" for name in ("a", "b")]
    for path in paths:
        save(path, replace(DIAGNOSIS, external=path.stem))
    results = make_run(tmp_path, SAME).load()
    found = prepare(Model(results, {"diagnoses": tuple(map(str, paths))}))
    assert found
    groups = [block for block in found.blocks if isinstance(block, Group)]
    assert [each.anchor for each in groups] == ["model-0-diagnosis-a", "model-0-diagnosis-b"]
    assert [each.folded for each in groups] == [False, True]
    assert [each.title for each in groups] == [
        f"Your program `{name}` is wrong in one step" for name in ("a", "b")
    ]
    assert prepare(Model(results, {})) is None


@pytest.mark.parametrize("diagnosis", [IN_PART, TENSORS])
def test_the_figure_is_drawn_and_the_same_every_time(
    diagnosis: DiagnosisDocument, tmp_path: Path
) -> None:
    image = tmp_path / "a.png"
    cv2.imwrite(str(image), np.full((60, 80, 3), GROUND, np.uint8))
    save(tmp_path / "d.json", diagnosis)
    listed = {"name": HOSTILE, "path": str(image), "sha256": sha256(image)}
    write_json(tmp_path / "batch.json", Batch.SCHEMA, {"images": [listed]})
    drawn = [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    for path in drawn:
        write_diagnosis_figure(tmp_path / "d.json", [str(tmp_path / "batch.json")], path)
    assert drawn[0].read_bytes() == drawn[1].read_bytes()
    assert np.ptp(read_image(drawn[0])) > 200


def test_a_legend_names_what_is_not_explained_first() -> None:
    labels = [patch.get_label() for patch in legend_of(bars_of(IN_PART))]
    assert labels == ["not explained", "fault", "harmless", "runtime"]


def test_the_figure_shows_what_there_is() -> None:
    assert [*captions(IN_PART)] == ["observed", "reproduced", "correct"]
    assert [*captions(UNKNOWN)] == ["observed", "correct"], "no fault gives them"
    assert [*captions(TENSORS)] == ["reproduced", "correct"]


SAME_PLACE = {"box_px": 0.0, "box_px_median": 0.0}


def test_the_diagnosis_of_a_classifier_speaks_of_labels_alone() -> None:
    faults = [replace(f, severity=replace(f.severity, **SAME_PLACE)) for f in (BGR, SHEAR)]
    rest = replace(IN_PART.unexplained.severity, **SAME_PLACE)
    classifier = replace(
        IN_PART,
        task="classify",
        faults=tuple(faults),
        unexplained=replace(IN_PART.unexplained, severity=rest),
        thresholds={"conf": IN_PART.thresholds["conf"]},
    )
    said = str([in_words_of("classify", block) for block in shown(classifier)])
    assert "labels" in said
    assert "F1" in said
    of_boxes = r"\b(px|IoU|box|boxes|objects?|scores?|panoptic)\b"
    assert re.findall(of_boxes, str(shown(IN_PART)), re.IGNORECASE)
    assert not re.findall(of_boxes, said, re.IGNORECASE)


def shown(diagnosis: DiagnosisDocument) -> list[Block]:
    """Return what is said, without the lines of fixes and what is noted of the boxes given."""
    found = replace(diagnosis, fixes={}, choices=(), notes=(), undecided=())
    cards = [replace(each, fixes={}) for each in found.faults]
    found = replace(found, faults=tuple(cards))
    return [each for each in blocks_of(found, None, "m") if not isinstance(each, Crop)]
