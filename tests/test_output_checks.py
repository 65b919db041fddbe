"""Output checks: detections that cannot be right, no matter what they are compared with."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity.comparison.output_checks import failed_checks
from parity.detection.candidate_files import ImageCandidates
from parity.detection.detection_files import ImageDetections
from parity.detection.detections import Detections
from tests.documents import image_detections

NAN, INF = float("nan"), float("inf")
GOOD = [10.0, 10.0, 20.0, 20.0]


def record(box: list[float], score: float = 0.9, class_id: int = 0, **more: Any) -> ImageDetections:
    """Return the record of an image of 100 x 50 with one good detection and another."""
    found = [(GOOD, 0.9, 0), (box, score, class_id)]
    return image_detections(*found, **{"height": 50, "width": 100, **more})


@pytest.mark.parametrize(
    ("image", "failed", "reason"),
    [
        (record(GOOD), (), "a good detection"),
        (record([0, 0, 100, 50]), (), "the whole image: its edges are inside"),
        (record(GOOD, 1.0), (), "a score of one is possible"),
        (record(GOOD, 1e-30), (), "and so is a tiny one"),
        (record(GOOD, class_id=79), (), "the last class"),
        (record([NAN, 10, 20, 20]), ("non-finite",), "a coordinate that is no number"),
        (record([10, 10, INF, 20]), ("non-finite",), "an endless coordinate"),
        (record(GOOD, NAN), ("non-finite",), "a score that is no number"),
        (record(GOOD, INF), ("non-finite",), "an endless score"),
        (record([20, 10, 20, 20]), ("no area",), "no width"),
        (record([10, 20, 20, 10]), ("no area",), "upside down"),
        (record([0, 0, 0, 0]), ("no area",), "a runtime that returns zeros"),
        (record([-0.01, 10, 20, 20]), ("outside the image",), "left of it"),
        (record([10, 10, 100.01, 20]), ("outside the image",), "width, not height, bounds x"),
        (record([10, 10, 20, 50.01]), ("outside the image",), "height bounds y"),
        (record([90, 10, 80, 60]), ("no area", "outside the image"), "two failures at once"),
        (record(GOOD, 0.0), ("score outside (0, 1]",), "zero passes no threshold"),
        (record(GOOD, 1.0000001), ("score outside (0, 1]",), "not activated"),
        (record(GOOD, -0.5), ("score outside (0, 1]",), "a logit"),
        (record(GOOD, class_id=80), ("unknown class",), "one past the last"),
        (record(GOOD, class_id=-1), ("unknown class",), "before the first"),
    ],
)
def test_what_fails(image: ImageDetections, failed: tuple[str, ...], reason: str) -> None:
    assert failed_checks(image, 80) == {check: [1] for check in failed}, reason


def test_boxes_that_nothing_clips_may_leave_the_image() -> None:
    image = record([-1.28, 10, 20, 50.5])
    assert failed_checks(image, 80, clips=False) == {}
    assert failed_checks(image, 80) == {"outside the image": [1]}


def test_what_tasks_add_is_checked() -> None:
    boxes = np.array([[10, 10, 20, 20]], np.float32)
    plain = Detections(boxes, np.array([0.9], np.float32), np.array([0], np.int32))
    keypoints = np.array([[[15, 15, 0.5], [100, 50, 1]]], np.float32)
    off, unseen = keypoints.copy(), keypoints.copy()
    off[0, 1, 0], unseen[0, 1, 2] = 100.5, 1.5
    oriented = np.array([[0, 0, 30, 20, 1]], np.float32)
    outside = replace(plain, boxes=boxes - 100, oriented=oriented)
    cases = {
        "": replace(plain, keypoints=keypoints),
        "keypoint outside the image": replace(plain, keypoints=off),
        "visibility outside [0, 1]": replace(plain, keypoints=unseen),
        "empty mask": replace(plain, masks=np.zeros((1, 50, 100), np.uint8)),
        "no area": replace(outside, oriented=oriented * np.float32([1, 1, 0, 1, 1])),
        "non-finite": replace(outside, oriented=oriented * np.float32([1, 1, 1, 1, NAN])),
    }
    image = ImageCandidates("a.jpg", "", (50, 100), (64, 64))
    for failed, found in cases.items():
        expected = {failed: [0]} if failed else {}
        assert failed_checks(ImageDetections.of(image, found), 80) == expected
    assert failed_checks(ImageDetections.of(image, outside), 80) == {}, "it may leave the image"


def test_a_network_that_returns_no_numbers_fails_though_nothing_is_detected() -> None:
    empty = record(GOOD, boxes=[], scores=[], class_ids=[])
    assert failed_checks(replace(empty, non_finite=705600), 80) == {"non-finite output": []}
    assert failed_checks(empty, 80) == {}


def test_a_score_that_is_not_stated_fails_no_check() -> None:
    assert failed_checks(record(GOOD, scores=[0.9, None]), 80) == {}


def test_an_unreadable_image_fails_no_check() -> None:
    image = record(GOOD, boxes=[], scores=[], class_ids=[], width=0, height=0, reason="empty")
    assert failed_checks(image, 80) == {}
