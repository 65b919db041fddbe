"""Scores and classes are compared wherever the boxes lie."""

from itertools import permutations

import numpy as np
import pytest

from parity.detection.detections import Detections
from parity.diagnosis.evidence.placeless_fit import ADDED, LOST, OTHER_CLASS, placeless_misfit
from parity.external.observations import Observed


def boxes_with(scores: list[float], class_ids: list[int]) -> Detections:
    count = len(scores)
    boxes = np.arange(4 * count, dtype=np.float32).reshape(count, 4)
    return Detections(boxes, np.array(scores, np.float32), np.array(class_ids, int))


def seen(found: Detections, *, moved: float = 0.0) -> Observed:
    return Observed(found.boxes + moved, found.scores.astype(float), found.class_ids)


def test_places_do_not_count() -> None:
    found = boxes_with([0.9, 0.5, 0.3], [0, 1, 1])
    assert placeless_misfit(found, seen(found, moved=100)) == 0
    assert placeless_misfit(found.at(np.array([2, 0, 1])), seen(found)) == 0


def test_boxes_on_one_side_cost() -> None:
    found = boxes_with([0.9, 0.5, 0.3], [0, 1, 1])
    none = found.at(np.zeros(0, int))
    assert placeless_misfit(none, seen(found)) == 3 * LOST
    assert placeless_misfit(found, seen(none)) == pytest.approx(3 * ADDED)


def test_the_cheapest_pairs_count() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = (
            boxes_with(rng.uniform(0.3, 0.7, 4).tolist(), rng.integers(0, 2, 4).tolist())
            for _ in range(2)
        )
        a, b = (np.log(e.scores / (1 - e.scores.astype(float))) for e in (one, other))
        expected = min(
            np.abs(a - b[list(order)]).sum()
            + OTHER_CLASS * (one.class_ids != other.class_ids[list(order)]).sum()
            for order in permutations(range(4))
        )
        assert placeless_misfit(one, seen(other)) == pytest.approx(expected, abs=1e-5)
