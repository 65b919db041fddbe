"""The place where a fault shows best."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.detection.candidate_files import ImageCandidates
from parity.detection.detection_files import ImageDetections
from parity.detection.detections import Detections
from parity.diagnosis.document import Change
from parity.diagnosis.fault_examples import VIEW_ASPECT, telling_example, view_of
from tests.documents import image_detections

HERE, NEAR, FAR = [20.0, 20.0, 60.0, 60.0], [70.0, 20.0, 110.0, 60.0], [260.0, 200.0, 300.0, 240.0]


def record(
    *boxes: list[float], class_id: int = 0, name: str = "a.jpg", score: float = 0.9
) -> ImageDetections:
    found = ((box, score, class_id) for box in boxes)
    return image_detections(*found, name=name, height=240, width=320)


@pytest.mark.parametrize(
    ("correct", "changed", "what"),
    [
        (record(HERE), record(), "lost"),
        (record(HERE), record(FAR), "lost"),
        (record(HERE), record(NEAR), "misplaced"),
        (record(HERE), record(HERE, class_id=1), "renamed"),
        (record(), record(HERE), "added"),
        (record(HERE), record([21.0, 20.0, 60.0, 60.0]), "moved"),
    ],
)
def test_what_happens_to_an_object(
    correct: ImageDetections, changed: ImageDetections, what: Change
) -> None:
    found = telling_example({"a.jpg": correct}, {"a.jpg": changed}, iou=0.5)
    assert found
    assert found.change == what
    assert found.correct.boxes[:1] == ([] if what == "added" else [HERE])
    assert found.changed.boxes[:1] == ([] if what == "lost" else changed.boxes)


def test_where_nothing_is_detected_nothing_is_shown() -> None:
    assert telling_example({"a.jpg": record()}, {"a.jpg": record()}, iou=0.5) is None


def test_where_nothing_changes_nothing_is_shown() -> None:
    same = {"a.jpg": record(HERE)}
    assert telling_example(same, same, iou=0.5) is None
    other = telling_example(same, {"a.jpg": record(HERE, score=0.8)}, iou=0.5)
    assert other
    assert other.change == "moved"


def test_what_happens_most_often_is_shown_where_it_is_clearest() -> None:
    names = ("a.jpg", "b.jpg", "c.jpg")
    small = [200.0, 200.0, 210.0, 210.0]
    correct = {
        "a.jpg": record(small, name="a.jpg"),
        "b.jpg": record(HERE, name="b.jpg"),
        "c.jpg": record(HERE, name="c.jpg"),
    }
    nothing = {name: record(name=name) for name in names}
    found = telling_example(correct, nothing | {"c.jpg": record(NEAR, name="c.jpg")}, iou=0.5)
    assert found
    assert (found.name, found.change) == ("b.jpg", "lost")


def test_keypoints_that_moved_are_in_view() -> None:
    there, moved = (
        replace(record(HERE, FAR), keypoints=[[[30.0, 30.0, 0.9]], [[x, 210.0, 0.9]]])
        for x in (270.0, 100.0)
    )
    found = telling_example({"a.jpg": there}, {"a.jpg": moved}, iou=0.5, task="pose")
    assert found
    assert (found.change, found.correct.boxes[0]) == ("moved", FAR)
    assert found.changed.outlines[0].keypoints == [[100.0, 210.0, 0.9]]
    assert found.view[0] <= 100
    assert found.view[2] >= 300


def test_a_mask_that_changed_is_drawn() -> None:
    def masked(last: int) -> ImageDetections:
        masks = np.zeros((2, 240, 320), np.uint8)
        masks[0, 20:60, 20:60] = masks[1, 200:240, 260:last] = 1
        found = Detections(
            np.array([HERE, FAR], np.float32), np.ones(2, np.float32), np.zeros(2, int), masks
        )
        return ImageDetections.of(ImageCandidates("a.jpg", "", (240, 320), (240, 320)), found)

    found = telling_example({"a.jpg": masked(300)}, {"a.jpg": masked(280)}, iou=0.5, task="segment")
    assert found
    assert (found.change, found.correct.boxes[0]) == ("moved", FAR)
    (contour,) = found.changed.outlines[0].contours
    assert np.max(contour, axis=0)[0] == pytest.approx(280, abs=1)


@given(
    st.lists(st.floats(-50, 400), min_size=4, max_size=4),
    st.integers(1, 500),
    st.integers(1, 500),
)
def test_a_view_lies_in_its_image_and_shows_the_box(
    sides: list[float], height: int, width: int
) -> None:
    x1, x2 = sorted(sides[:2])
    y1, y2 = sorted(sides[2:])
    view = view_of(np.array([[x1, y1, x2, y2]]), height, width)
    inside = np.clip([x1, y1, x2, y2], 0, [width, height, width, height])
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        assert view is None
        return
    assert view
    left, top, right, bottom = view
    assert 0 <= left <= inside[0] + 0.5
    assert 0 <= top <= inside[1] + 0.5
    assert inside[2] - 0.5 <= right <= width
    assert inside[3] - 0.5 <= bottom <= height
    if right - left < width and bottom - top < height:
        assert math.isclose((right - left) / (bottom - top), VIEW_ASPECT, abs_tol=0.1)


def test_boxes_that_are_not_finite_are_not_shown() -> None:
    broken = record(HERE, [math.nan, 0.0, 1.0, 1.0])
    found = telling_example({"a.jpg": record(HERE)}, {"a.jpg": broken}, iou=0.5)
    assert found is None or all(np.isfinite(box).all() for box in found.changed.boxes)
