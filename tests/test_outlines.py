"""What is drawn of a detection, against OpenCV's filling."""

from typing import Any

import cv2
import numpy as np
import pytest

from parity.detection.detection_files import ImageDetections
from parity.detection.outlines import (
    COCO_LIMBS,
    DetectionOutline,
    limbs_of,
    mask_contours,
    outlines_of,
)
from tests.task_detections import with_task

SHAPE = (240, 320)
FOUND: dict[str, list] = {"boxes": [[40.0, 30, 200, 150]], "scores": [0.9], "class_ids": [0]}


def image(task: str, **more: Any) -> ImageDetections:
    """Return an image with one detection of a task."""
    about: dict[str, Any] = {"name": "a", "sha256": "", "reason": "", "non_finite": 0}
    found = with_task(task, FOUND, SHAPE)
    return ImageDetections(**about, height=SHAPE[0], width=SHAPE[1], **(found | more))


def filled(contours: list, shape: tuple[int, int]) -> np.ndarray:
    """Return the mask that contours enclose; of an even number of them, what is inside is out."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.floor(each).astype(np.int32) for each in contours], 1)
    return mask


def ring(shape: tuple[int, int], centre: tuple[int, int], radius: int) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    cv2.circle(mask, centre, radius, 1, -1)
    cv2.circle(mask, centre, radius // 3, 0, -1)
    return mask


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_contours_enclose_the_mask_and_leave_its_hole_out() -> None:
    mask = ring(SHAPE, (150, 120), 60)
    assert iou(filled(mask_contours(mask, SHAPE), SHAPE), mask) > 0.95


@pytest.mark.parametrize(
    ("input_shape", "centre"),
    [((160, 160), (75, 80)), ((120, 160), (75, 60)), ((80, 160), (75, 40))],
)
def test_masks_in_the_size_of_the_input_lose_its_border(
    input_shape: tuple[int, int], centre: tuple[int, int]
) -> None:
    mask = np.zeros(input_shape, np.uint8)
    cv2.circle(mask, centre, 25, 1, -1)
    gain = min(input_shape[0] / SHAPE[0], input_shape[1] / SHAPE[1])
    (contour,) = mask_contours(mask, SHAPE)
    middle = (contour.min(axis=0) + contour.max(axis=0)) / 2
    border = (input_shape[1] - gain * SHAPE[1]) / 2
    assert middle == pytest.approx([(centre[0] + 0.5 - border) / gain, 121], abs=2)
    assert np.ptp(contour[:, 0]) == pytest.approx(51 / gain, abs=3)


def test_specks_too_small_to_be_seen_are_left_out() -> None:
    mask = np.zeros((2000, 3000), np.uint8)
    mask[500:1500, 500:1500] = 1
    mask[10, 10] = 1
    assert len(mask_contours(mask, mask.shape)) == 1


def test_an_outline_is_small() -> None:
    (contour,) = mask_contours(np.ones((2000, 3000), np.uint8), (2000, 3000))
    assert len(contour) == 4
    circle = np.zeros((2000, 3000), np.uint8)
    cv2.circle(circle, (1500, 1000), 900, 1, -1)
    assert sum(map(len, mask_contours(circle, circle.shape))) < 80


@pytest.mark.parametrize("task", ["detect", "classify"])
def test_boxes_and_labels_need_no_outline(task: str) -> None:
    assert outlines_of(image(task)) == [DetectionOutline()]


def test_a_task_adds_what_it_reports() -> None:
    (masked,), (posed,), (turned,) = map(outlines_of, map(image, ("segment", "pose", "obb")))
    assert len(masked.contours) == 2
    assert len(posed.keypoints) == 17
    corners = np.array(turned.corners)
    cx, cy, width, height, angle = with_task("obb", FOUND, SHAPE)["oriented"][0]
    around = cv2.boxPoints(((cx, cy), (width, height), np.degrees(angle)))
    apart = np.abs(corners[:, None] - around).max(axis=2).min(axis=1)
    assert apart.max() < 0.02


def test_a_skeleton_joins_what_can_be_seen() -> None:
    points = [[float(i), 0.0, 1.0] for i in range(17)]
    assert len(limbs_of(DetectionOutline(keypoints=points))) == len(COCO_LIMBS)
    points[0][2] = 0.1
    assert len(limbs_of(DetectionOutline(keypoints=points))) == len(COCO_LIMBS) - 2
    assert limbs_of(DetectionOutline(keypoints=[[1.0, 2.0], [3.0, 4.0]])) == []


def test_keypoints_without_visibility_are_joined() -> None:
    assert len(limbs_of(DetectionOutline(keypoints=[[1.0, 2.0]] * 17))) == len(COCO_LIMBS)
