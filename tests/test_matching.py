"""Matching: the best one-to-one pairing, against trying every pairing there is."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.comparison.matching import best_pairing, match
from parity.detection.boxes import pairwise_iou
from parity.detection.detections import Detections
from tests.conftest import examples


def detections(*found: tuple[list[float], float, int]) -> Detections:
    """Return detections of (box, score, class id)."""
    return Detections(
        np.array([box for box, _, _ in found], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in found], np.float32),
        np.array([class_id for _, _, class_id in found], np.int32),
    )


@st.composite
def crowds(draw: st.DrawFn) -> Detections:
    """Draw up to five boxes that crowd in a small place."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(0, 5))
    corners = rng.uniform(0, 6, (count, 2))
    sides = rng.uniform(5, 12, (count, 2))
    return Detections(
        np.concatenate([corners, corners + sides], axis=1).astype(np.float32),
        np.sort(rng.uniform(0.1, 1, count).astype(np.float32))[::-1].copy(),
        rng.integers(0, 2, count).astype(np.int32),
    )


def best_by_trying(overlap: np.ndarray, allowed: np.ndarray) -> tuple[int, float]:
    """Return the most pairs and, with so many, the largest sum of overlaps."""
    rows, columns = overlap.shape
    if rows > columns:
        return best_by_trying(overlap.T, allowed.T)
    best = (0, 0.0)
    for order in permutations(range(columns), rows):
        made = [(i, j) for i, j in enumerate(order) if allowed[i, j]]
        best = max(best, (len(made), float(sum(overlap[i, j] for i, j in made))))
    return best


@examples(150)
@given(crowds(), crowds())
def test_no_other_pairing_is_better(ours: Detections, theirs: Detections) -> None:
    overlap = pairwise_iou(ours.boxes, theirs.boxes)
    allowed = overlap >= 0.05
    pairs = best_pairing(overlap, np.ones_like(overlap), allowed)
    count, total = best_by_trying(overlap, allowed)
    assert len(pairs) == count
    assert sum(overlap[i, j] for i, j in pairs) == pytest.approx(total, abs=1e-7)
    assert all(allowed[i, j] for i, j in pairs)


@examples(150)
@given(crowds(), crowds())
def test_every_detection_has_exactly_one_fate(ours: Detections, theirs: Detections) -> None:
    result = match(ours, theirs, iou=0.3)
    rows = [*result.matched[:, 0], *result.flipped[:, 0], *result.missing]
    columns = [*result.matched[:, 1], *result.flipped[:, 1], *result.extra]
    assert sorted(rows) == list(range(len(ours)))
    assert sorted(columns) == list(range(len(theirs)))
    assert all(ours.class_ids[i] == theirs.class_ids[j] for i, j in result.matched)
    assert all(ours.class_ids[i] != theirs.class_ids[j] for i, j in result.flipped)


@examples(100)
@given(crowds(), crowds())
def test_exchanging_the_arms_exchanges_missing_and_extra(
    ours: Detections, theirs: Detections
) -> None:
    there, back = match(ours, theirs, iou=0.3), match(theirs, ours, iou=0.3)
    assert {tuple(pair) for pair in there.matched} == {tuple(p[::-1]) for p in back.matched}
    assert {tuple(pair) for pair in there.flipped} == {tuple(p[::-1]) for p in back.flipped}
    assert (there.missing, there.extra) == (back.extra, back.missing)


@examples(100)
@given(crowds(), crowds(), st.randoms(use_true_random=False))
def test_the_order_of_detections_does_not_matter(
    ours: Detections, theirs: Detections, random: st.DataObject
) -> None:
    order = list(range(len(theirs)))
    random.shuffle(order)
    shuffled = Detections(theirs.boxes[order], theirs.scores[order], theirs.class_ids[order])
    plain, other = match(ours, theirs, iou=0.3), match(ours, shuffled, iou=0.3)
    assert {(i, j) for i, j in plain.matched} == {(i, order[j]) for i, j in other.matched}
    assert plain.missing == other.missing
    assert plain.extra == sorted(order[j] for j in other.extra)


@given(crowds())
def test_everything_matches_itself_exactly(ours: Detections) -> None:
    result = match(ours, ours, iou=1.0)
    assert [tuple(pair) for pair in result.matched] == [(i, i) for i in range(len(ours))]
    assert not result.missing + result.extra


NEAR, NEXT = [5, 0, 15, 10], [10, 0, 20, 10]
LEFT, MIDDLE, RIGHT = [0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]
NOWHERE = [np.nan, 0, 10, 10]
FLAT, POINT = [0, 0, 0, 10], [0, 10, 0, 10]
NEARLY_FLAT = [0, 0, 0.0004, 10]
TURNED, NEARLY_TURNED = [30, 0, 20, 10], [30.001, 0, 20, 10]


@pytest.mark.parametrize(
    ("ours", "theirs", "fates", "reason"),
    [
        (
            [(LEFT, 0.9, 0), (MIDDLE, 0.8, 0)],
            [(MIDDLE, 0.9, 0), (RIGHT, 0.8, 0)],
            ([(0, 0), (1, 1)], [], [], []),
            "two pairs beat the one perfect pair that a greedy matcher takes",
        ),
        (
            [(LEFT, 0.9, 0), (NEAR, 0.8, 0)],
            [(NEAR, 0.9, 0), (NEXT, 0.8, 0)],
            ([(0, 0), (1, 1)], [], [], []),
            "and so they do where their overlaps (1/3 each) add up to less than it",
        ),
        (
            [(LEFT, 0.9, 0)],
            [(LEFT, 0.9, 1)],
            ([], [(0, 0)], [], []),
            "same place, other class: flipped, not lost",
        ),
        (
            [(LEFT, 0.9, 0)],
            [(LEFT, 0.9, 1), (MIDDLE, 0.9, 0)],
            ([(0, 1)], [], [], [0]),
            "the right class goes before the better place",
        ),
        (
            [(LEFT, 0.9, 0)],
            [(RIGHT, 0.9, 0)],
            ([], [], [0], [0]),
            "too little overlap (0.25): lost here, new there",
        ),
        (
            [(LEFT, 0.9, 0), (LEFT, 0.5, 0)],
            [(LEFT, 0.5, 0), (LEFT, 0.9, 0)],
            ([(0, 1), (1, 0)], [], [], []),
            "of boxes on one place those of near scores belong together",
        ),
        (
            [(LEFT, np.nan, 0)],
            [(LEFT, 0.9, 0)],
            ([(0, 0)], [], [], []),
            "a score that is no number leaves the box its partner",
        ),
        (
            [(LEFT, np.inf, 0), (MIDDLE, 0.8, 0)],
            [(MIDDLE, 0.9, 0), (RIGHT, 0.8, 0)],
            ([(0, 0), (1, 1)], [], [], []),
            "nor does an endless one cost a pair",
        ),
        (
            [(LEFT, 1e12, 0), (MIDDLE, 0.8, 0)],
            [(MIDDLE, 0.9, 0), (RIGHT, 0.8, 0)],
            ([(0, 0), (1, 1)], [], [], []),
            "nor one that was never activated",
        ),
        (
            [(NOWHERE, 0.9, 0)],
            [(NOWHERE, 0.9, 0)],
            ([], [], [0], [0]),
            "a box that is no number matches nothing, itself included",
        ),
        (
            [(FLAT, 0.9, 0), (TURNED, 0.8, 0)],
            [(NEARLY_TURNED, 0.8, 0), (FLAT, 0.9, 0)],
            ([(0, 1), (1, 0)], [], [], []),
            "boxes without an area, as both arms may report them, have partners, too",
        ),
        (
            [(FLAT, 0.9, 0)],
            [(NEARLY_FLAT, 0.9, 0)],
            ([(0, 0)], [], [], []),
            "also where rounding leaves one of them a little of its area",
        ),
        (
            [(FLAT, 0.9, 0), (POINT, 0.9, 0)],
            [(LEFT, 0.9, 0), (NEXT, 0.9, 0)],
            ([], [], [0, 1], [0, 1]),
            "but none that has an area",
        ),
        (
            [(FLAT, 0.9, 0)],
            [(POINT, 0.9, 0)],
            ([], [], [0], [0]),
            "and none of another size (1/11)",
        ),
        ([], [], ([], [], [], []), "nothing against nothing"),
        ([], [(LEFT, 0.9, 0)], ([], [], [], [0]), "all new"),
        ([(LEFT, 0.9, 0)], [], ([], [], [0], []), "all lost"),
    ],
)
def test_fates(ours: list, theirs: list, fates: tuple, reason: str) -> None:
    result = match(detections(*ours), detections(*theirs), iou=0.3)
    pairs = [[tuple(map(int, p)) for p in group] for group in (result.matched, result.flipped)]
    assert (*pairs, result.missing, result.extra) == fates, reason


def test_an_overlap_just_at_the_threshold_is_a_pair() -> None:
    half = detections(([0, 0, 10, 5], 0.9, 0))
    whole = detections(([0, 0, 10, 10], 0.9, 0))
    assert len(match(half, whole, iou=0.5).matched) == 1
    assert len(match(half, whole, iou=np.nextafter(0.5, 1)).matched) == 0
