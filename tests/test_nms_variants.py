"""Variants of suppression against a loop over pairs in exact fractions."""

from collections.abc import Callable
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.deployment.boxes import survivors
from parity.deployment.nms_variants import NmsChoices, select
from parity.deployment.pipeline import Pipeline
from parity.deployment.task import InImage
from parity.detection.decoding import Candidates
from parity.detection.letterbox import Letterbox
from parity.diagnosis.catalogue.fault import FAULTS
from tests.conftest import examples

THRESHOLDS = st.sampled_from([0.25, 0.5, 0.75])
"""Which floats hold exactly."""

OFF_TIES = 2**-20
"""What is added where overlaps are differences of fractions, which floats do not hold exactly."""


def crowd(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return boxes with corners on a grid, scores and classes; many overlaps are alike."""
    rng = np.random.default_rng(seed)
    first, sides = rng.integers(0, 20, (count, 2)), rng.integers(1, 13, (count, 2))
    boxes = np.concatenate([first, first + sides], axis=1).astype(np.float32)
    scores = rng.permutation(count) / np.float32(count + 1)
    return boxes, scores.astype(np.float32), rng.integers(0, 3, count).astype(np.int32)


def overlap_of(
    a: list[int],
    b: list[int],
    *,
    more: int = 0,
    clamped: bool = True,
    smaller: bool = False,
    own: bool = False,
    distance: bool = False,
) -> Fraction:
    """Return the overlap of two boxes, of which the second may suppress the first."""
    width = min(a[2], b[2]) - max(a[0], b[0]) + more
    height = min(a[3], b[3]) - max(a[1], b[1]) + more
    if clamped:
        width, height = max(width, 0), max(height, 0)
    areas = [(box[2] - box[0] + more) * (box[3] - box[1] + more) for box in (a, b)]
    whole = min(areas) if smaller else areas[0] if own else sum(areas) - width * height
    if not whole:  # what floats make of a division by 0
        return Fraction(1000) if width * height > 0 else Fraction(-1000)
    overlap = Fraction(width * height, whole)
    return overlap - squared_distance(a, b) if distance else overlap


def squared_distance(a: list[int], b: list[int]) -> Fraction:
    """Return the squared distance of two centres in units of the diagonal around both boxes."""
    around = [max(a[i + 2], b[i + 2]) - min(a[i], b[i]) for i in (0, 1)]
    twice = [a[i] + a[i + 2] - b[i] - b[i + 2] for i in (0, 1)]
    return Fraction(sum(d**2 for d in twice), 4 * sum(d**2 for d in around))


def by_pairs(
    boxes: np.ndarray,
    order: np.ndarray,
    suppresses: Callable[[Fraction], bool],
    comparable: Callable[[int, int], bool],
    **formula: int,
) -> list[int]:
    """Return what is kept if each box in turn suppresses all later ones that it overlaps."""
    whole = boxes.astype(int).tolist()
    kept: list[int] = []
    for i in order.tolist():
        rivals = [k for k in kept if comparable(i, k)]
        if not any(suppresses(overlap_of(whole[i], whole[k], **formula)) for k in rivals):
            kept.append(i)
    return kept


FORMULAS = {
    "iou": {},
    "plus_one": {"more": 1},
    "unclamped": {"clamped": False},
    "smaller": {"smaller": True},
    "suppressed": {"own": True, "more": 1},
    "distance": {"distance": True},
}
ORDERS = {
    "falling": lambda _, scores: np.argsort(-scores),
    "rising": lambda _, scores: np.argsort(scores),
    "output": lambda _, scores: np.arange(len(scores)),
    "lowest_edge": lambda boxes, scores: np.lexsort((np.arange(len(scores)), boxes[:, 3]))[::-1],
}


@examples(150)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    THRESHOLDS,
    st.sampled_from(sorted(FORMULAS)),
    st.sampled_from(sorted(ORDERS)),
    st.sampled_from([(False, False), (False, True), (True, False), (True, True)]),
)
def test_every_formula_order_and_comparison(seed, count, iou, overlap, order, flags):  # noqa: PLR0917
    inclusive, agnostic = flags
    iou += OFF_TIES * (overlap == "distance")
    boxes, scores, class_ids = crowd(seed, count)
    choices = NmsChoices(
        suppression="agnostic" if agnostic else "classwise",
        class_offset=None,
        overlap=overlap,
        order=order,
        iou=iou,
        iou_inclusive=inclusive,
        max_det=count,
    )
    expected = by_pairs(
        boxes,
        ORDERS[order](boxes, scores),
        lambda each: each >= Fraction(iou) if inclusive else each > Fraction(iou),
        lambda i, k: agnostic or class_ids[i] == class_ids[k],
        **FORMULAS[overlap],
    )
    assert select(choices, boxes, scores, class_ids).tolist() == expected


@examples(100)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), THRESHOLDS, st.sampled_from(sorted(FORMULAS)))
def test_suppressed_boxes_suppress_others(seed, count, iou, overlap):
    iou += OFF_TIES * (overlap == "distance")
    boxes, scores, class_ids = crowd(seed, count)
    offsets = {"class_offset": None, "max_det": count, "iou": iou}
    choices = NmsChoices(suppressors="all", overlap=overlap, **offsets)
    whole = boxes.astype(int).tolist()
    expected = [
        i
        for i in np.argsort(-scores).tolist()
        if not any(
            scores[k] > scores[i]
            and class_ids[k] == class_ids[i]
            and overlap_of(whole[i], whole[k], **FORMULAS[overlap]) > Fraction(iou)
            for k in range(count)
        )
    ]
    assert select(choices, boxes, scores, class_ids).tolist() == expected


@examples(60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), THRESHOLDS, st.sampled_from([7, 16, 4096]))
def test_classes_that_are_moved_apart_too_little_suppress_each_other(seed, count, iou, offset):
    boxes, scores, class_ids = crowd(seed, count)
    choices = NmsChoices(class_offset=offset, iou=iou, max_det=count)
    moved = boxes + offset * class_ids[:, None]
    order = np.argsort(-scores)
    strict = lambda each: each > Fraction(iou)  # noqa: E731
    expected = by_pairs(moved, order, strict, lambda *_: True, **FORMULAS["iou"])
    assert select(choices, boxes, scores, class_ids).tolist() == expected


@examples(40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), THRESHOLDS)
@pytest.mark.parametrize(
    ("overlap", "form"),
    [
        ("nmsboxes", lambda x1, y1, x2, y2: (x1, y1, x2 - x1, y2 - y1)),
        ("nmsboxes_xyxy", lambda x1, y1, x2, y2: (x1, y1, x2, y2)),
        (
            "nmsboxes_cxcywh",
            lambda x1, y1, x2, y2: ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1),
        ),
    ],
)
def test_nmsboxes_is_given_other_forms(overlap, form, seed, count, iou):
    boxes, scores, class_ids = crowd(seed, count)
    rectangles = [form(*map(float, box)) for box in boxes]
    expected = cv2.dnn.NMSBoxes(rectangles, scores.tolist(), 0.0, iou)
    choices = NmsChoices(suppression="agnostic", overlap=overlap, iou=iou, max_det=count)
    found = select(choices, boxes, scores, class_ids)
    assert found.tolist() == np.asarray(expected).reshape(-1).tolist()


@examples(60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 4), st.integers(1, 9))
def test_a_limit_for_each_class_comes_before_the_limit_of_the_image(seed, count, most, max_det):
    boxes, scores, class_ids = crowd(seed, count)
    unlimited = select(NmsChoices(max_det=count), boxes, scores, class_ids).tolist()
    expected: list[int] = []
    for i in unlimited:
        if sum(class_ids[k] == class_ids[i] for k in expected) < most:
            expected.append(i)
    choices = NmsChoices(max_per_class=most, max_det=max_det)
    assert select(choices, boxes, scores, class_ids).tolist() == expected[:max_det]


PLACE, LARGER = Letterbox(40, 40, 40, 40, 0, 0), Letterbox(64, 64, 64, 64, 0, 0)


@examples(60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 20))
def test_few_candidates_take_part(seed, count, most):
    """What is cut before suppression leaves room that is not filled again."""
    boxes, scores, class_ids = crowd(seed, count)
    centres = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], 1)
    found = Candidates(centres, scores, class_ids)
    for limit, chosen in (
        ({"max_candidates": most}, np.argsort(-scores)[:most]),
        ({"first_candidates": most}, np.arange(count)[:most]),
    ):
        kept = chosen[select(NmsChoices(), boxes[chosen], scores[chosen], class_ids[chosen])]
        left = survivors(Pipeline(conf=-1.0, **limit), found, InImage(PLACE, (40, 40)))
        np.testing.assert_array_equal(left.scores, scores[kept])


@examples(60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), THRESHOLDS)
def test_one_that_is_added_to_fractions_is_the_whole_input(seed, count, iou):
    """IoU of fractions with 1 added to the sides is that of px with 64 added, of a 64 px input."""
    boxes, scores, class_ids = crowd(seed, count)
    centres = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], 1)
    pipeline = Pipeline(conf=-1.0, iou=iou)
    pipeline = FAULTS["overlap_plus_one_of_fractions"].inject_into(pipeline)
    same = lambda i, k: class_ids[i] == class_ids[k]  # noqa: E731
    far = lambda each: each > Fraction(iou)  # noqa: E731
    kept = by_pairs(boxes, np.argsort(-scores), far, same, more=64)
    image = InImage(LARGER, (64, 64))
    found = survivors(pipeline, Candidates(centres, scores, class_ids), image)
    assert found.scores.tolist() == scores[kept].tolist()


@pytest.mark.parametrize(
    ("suppressed_in", "kept", "reason"),
    [
        ("input", 2, "an overlap of 7.1 / 14.1 = 0.504"),
        ("integers", 1, "10 and 4 px wide, cut: 3..13 and 0..10"),
        ("rounded", 2, "0..11 and 4..14"),
    ],
)
def test_the_boxes_that_suppression_compares(suppressed_in, kept, reason):
    boxes = np.array([[0.4, 0, 10.6, 10], [3.9, 0, 13.6, 10]], np.float32)
    overlap = (10.6 - 3.9) / (13.6 - 0.4)
    iou = {"input": overlap + 0.001, "integers": 7 / 13 - 0.001, "rounded": 7 / 14 + 0.001}
    choices = NmsChoices(suppressed_in=suppressed_in, iou=iou[suppressed_in])
    found = select(choices, boxes, np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32))
    assert len(found) == kept, reason
