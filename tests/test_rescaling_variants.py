"""Rescaling: which border is subtracted, and how it is rounded."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from parity.deployment.box_output import to_output
from parity.deployment.geometry import place_image
from parity.deployment.keypoint_variants import place_keypoints
from parity.deployment.oriented_variants import rescale_oriented
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import offsets, rescale
from parity.detection.oriented_boxes import hulls_of
from parity.diagnosis.catalogue.fault import FAULTS
from tests.conftest import examples


@pytest.mark.parametrize(
    ("shape", "changes", "top", "reason"),
    [
        ((301, 437), {"offset": "half"}, 99.5, "441 of 640 px are left: 199 / 2"),
        ((301, 437), {"offset": "half", "offset_rounding": "half_up"}, 100, "C rounds 99.5 up"),
        ((301, 437), {"offset": "half", "offset_rounding": "half_even"}, 100, "Python, to 100"),
        ((301, 437), {"offset": "half", "offset_rounding": "truncated"}, 99, "199 // 2"),
        ((301, 437), {"offset": "half", "offset_rounding": "ultralytics"}, 99, "round(99.4)"),
        ((374, 500), {"offset": "half", "offset_rounding": "half_even"}, 80, "80.5, to 80"),
        ((374, 500), {"offset": "half", "offset_rounding": "half_up"}, 81, "80.5 up"),
        ((374, 500), {"offset": "exact"}, 80.64, "374 * 1.28 = 478.72"),
        ((375, 500), {"offset": "whole_image_px"}, 79.36, "125 // 2 = 62 px of the image, * 1.28"),
        ((374, 500), {"offset": "exact", "offset_rounding": "truncated"}, 80, "a cast"),
        ((374, 500), {"offset": "exact", "offset_rounding": "ultralytics"}, 81, "round(80.54)"),
    ],
)
def test_the_border_that_is_subtracted(shape, changes, top, reason):
    pipeline = Pipeline(**changes)
    place = place_image(pipeline, shape, (640, 640))
    assert offsets(pipeline, place, shape)[1] == pytest.approx(top), reason


def test_a_long_side_has_no_border():
    """(640 - 437 * (640 / 437)) / 2 may be -1e-14, of which the floor would be -1."""
    for rounding in ("truncated", "half_even", "half_up", "ultralytics"):
        pipeline = Pipeline(offset="exact", offset_rounding=rounding)
        for width in range(300, 900, 7):
            image = (200, width)
            place = place_image(pipeline, image, (640, 640))
            assert offsets(pipeline, place, image)[0] == 0


def older_scale_boxes(boxes, input_shape, image_shape):
    """Rescale as Ultralytics did when it subtracted the border of the unrounded sides."""
    gain = min(input_shape[0] / image_shape[0], input_shape[1] / image_shape[1])
    pad_x = round((input_shape[1] - image_shape[1] * gain) / 2 - 0.1)
    pad_y = round((input_shape[0] - image_shape[0] * gain) / 2 - 0.1)
    boxes = torch.from_numpy(boxes).clone()
    boxes[:, [0, 2]] -= pad_x
    boxes[:, [1, 3]] -= pad_y
    boxes /= gain
    boxes[:, [0, 2]] = boxes[:, [0, 2]].clamp(0, image_shape[1])
    boxes[:, [1, 3]] = boxes[:, [1, 3]].clamp(0, image_shape[0])
    return boxes.numpy()


@examples(100)
@given(st.integers(20, 2000), st.integers(20, 2000), st.integers(0, 2**32 - 1))
def test_the_older_rounding_of_ultralytics(height, width, seed):
    boxes = np.random.default_rng(seed).uniform(-20, 660, (20, 4)).astype(np.float32)
    pipeline = Pipeline(gain="single", offset="exact", offset_rounding="ultralytics")
    place = place_image(pipeline, (height, width), (640, 640))
    found = to_output(pipeline, boxes, place, (height, width))
    expected = older_scale_boxes(boxes, (640, 640), (height, width))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-4)


def test_gains_of_the_rounded_sides_exchanged():
    pipeline = FAULTS["rounded_gains_exchanged"].inject_into(Pipeline(side_rounding="floor"))
    place = place_image(pipeline, (300, 448), (640, 640))  # 428.57 px high once it is 640 px wide
    found = to_output(pipeline, np.array([[64, 206, 128, 320]], np.float32), place, (300, 448))
    by_row, by_column = 300 / 428, 448 / 640
    expected = [64 * by_row, 100 * by_column, 128 * by_row, 214 * by_column]
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


@pytest.mark.parametrize("offset", ["matching", "exact"])
def test_one_gain_of_an_image_that_is_not_enlarged(offset):
    pipeline = Pipeline(enlarge=False, gain="single", offset=offset)
    place = place_image(pipeline, (100, 200), (640, 640))
    inside = np.array([[230, 280, 270, 300]], np.float32)
    found = to_output(pipeline, inside, place, (100, 200))
    np.testing.assert_allclose(found, [[10, 10, 50, 30]])


@pytest.mark.parametrize(
    "changes",
    [{"border_rounding": "ceil"}, {"side_rounding": "floor"}, {"offset": "none"}, {}],
)
def test_points_and_oriented_boxes_come_back_as_boxes_do(changes):
    shape = (427, 640)  # half of its border is 106.5 px
    pipeline = Pipeline(clip="no", keypoint_clip=False, **changes)
    place = place_image(pipeline, shape, (640, 640))
    boxes = np.float32([[100, 200, 300, 400]])
    expected = rescale(pipeline, boxes, place, shape)
    points = place_keypoints(
        pipeline, boxes, (2, 2), boxes=expected, place=place, image_shape=shape
    )
    np.testing.assert_allclose(points.reshape(1, 4), expected, atol=1e-3)
    oriented = np.float32([[200, 300, 200, 200, 0]])
    hulls = hulls_of(rescale_oriented(pipeline, oriented, place, shape))
    np.testing.assert_allclose(hulls, expected, atol=1e-3)


@pytest.mark.parametrize(("numbers", "hidden"), [(3, [True, False]), (2, [False, False])])
def test_hardly_visible_points_may_be_put_at_zero(numbers: int, hidden: list[bool]) -> None:
    points = np.float32([[100, 50, 0.499], [60, 70, 0.5]])[:, :numbers]
    pipeline = Pipeline(keypoint_hidden="zero")
    place = place_image(pipeline, (640, 640), (640, 640))
    (found,) = place_keypoints(
        pipeline,
        points.reshape(1, -1),
        (2, numbers),
        boxes=np.zeros((1, 4), np.float32),
        place=place,
        image_shape=(640, 640),
    )
    expected = np.where(np.array(hidden)[:, None], 0, points[:, :2])
    np.testing.assert_array_equal(found[:, :2], expected)
    np.testing.assert_array_equal(found[:, 2:], points[:, 2:])
