"""Dropping: boxes that reach out, by what they reach out of, and when."""

import numpy as np
import pytest

from parity.deployment.boxes import survivors
from parity.deployment.pipeline import Pipeline
from parity.deployment.task import InImage
from parity.detection.decoding import Candidates
from parity.detection.letterbox import Letterbox

PLACE = Letterbox(640, 640, 320, 640, 160, 0)
SHAPE = (100, 200)
BOXES = {
    "inside": (300, 300, 50, 50),
    "in the padding": (100, 150, 60, 60),
    "over the left edge": (10, 300, 60, 60),
    "over the corner of the input": (620, 630, 60, 60),
}
"""Centre, width and height, input px."""


def found(*names: str, scores: tuple[float, ...] = ()) -> Candidates:
    """Return candidates by name; the first has the best score unless scores are given."""
    given = scores or tuple(0.9 - 0.1 * i for i in range(len(names)))
    return Candidates(
        np.array([BOXES[name] for name in names], np.float32),
        np.array(given, np.float32),
        np.zeros(len(names), np.int32),
    )


@pytest.mark.parametrize(
    ("dropped", "kept"),
    [
        ("no", set(BOXES)),
        ("leaving_input", {"inside", "in the padding"}),
        ("reaching_padding", {"inside", "over the left edge"}),
        ("leaving_image", {"inside"}),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_what_is_dropped(dropped, kept, late):
    pipeline = Pipeline(dropped=dropped, dropped_after_nms=late)
    scores = survivors(pipeline, found(*BOXES), InImage(PLACE, SHAPE)).scores
    names = {name for name, score in zip(BOXES, (0.9, 0.8, 0.7, 0.6), strict=True)
             if np.isclose(scores, score).any()}  # fmt: skip
    assert names == kept


def test_a_box_that_is_dropped_late_still_suppresses():
    candidates = Candidates(
        np.array([[28, 300, 60, 60], [32, 300, 60, 60]], np.float32),
        np.array([0.9, 0.8], np.float32),
        np.zeros(2, np.int32),
    )
    for late, kept in ((False, 1), (True, 0)):
        pipeline = Pipeline(dropped="leaving_image", dropped_after_nms=late)
        assert len(survivors(pipeline, candidates, InImage(PLACE, SHAPE))) == kept


def test_boxes_of_classes_that_are_not_given_still_suppress():
    candidates = Candidates(
        np.array([[300, 300, 60, 60], [302, 300, 60, 60], [400, 300, 60, 60]], np.float32),
        np.array([0.9, 0.8, 0.7], np.float32),
        np.array([5, 2, 2], np.int32),
    )
    for suppression, kept in (("classwise", [0.8, 0.7]), ("agnostic", [0.7])):
        pipeline = Pipeline(given_classes=(0, 2), suppression=suppression)
        scores = survivors(pipeline, candidates, InImage(PLACE, SHAPE)).scores
        np.testing.assert_allclose(scores, kept)


def test_boxes_below_the_confidence_of_their_class_suppress_nothing():
    candidates = Candidates(
        np.array([[300, 300, 60, 60], [302, 300, 60, 60], [400, 300, 60, 60]], np.float32),
        np.array([0.6, 0.5, 0.4], np.float32),
        np.array([5, 2, 2], np.int32),
    )
    for confs, kept in ((((5, 0.7),), [0.5, 0.4]), (((2, 0.45), (5, 0.5)), [0.6])):
        pipeline = Pipeline(class_confs=confs, suppression="agnostic")
        scores = survivors(pipeline, candidates, InImage(PLACE, SHAPE)).scores
        np.testing.assert_allclose(scores, kept)
