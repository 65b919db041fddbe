"""Keypoints: where a deployment puts them."""

import numpy as np
import pytest

from parity.deployment.keypoint_variants import KeypointChoices, place_keypoints
from parity.detection.letterbox import Letterbox

STRETCHED = Letterbox(640, 640, 640, 640, 0, 0)
SHAPE = (200, 320)
POINT = np.array([[320, 480, 0.9]], np.float32)


@pytest.mark.parametrize(
    ("frame", "expected", "reason"),
    [
        ("image", (160, 150), "half of 320 and three quarters of 200"),
        ("input", (320, 480), "as it is"),
        ("top_left", (160, 240), "one px of the image is two of the input"),
        ("letterboxed", (160, 180), "the border above is 120 px high"),
    ],
)
def test_keypoints_of_a_stretched_image(frame, expected, reason):
    choices = KeypointChoices(fitting="stretch", keypoint_frame=frame, keypoint_clip=False)
    boxes = np.zeros((1, 4), np.float32)
    found = place_keypoints(choices, POINT, (1, 3), boxes=boxes, place=STRETCHED, image_shape=SHAPE)
    np.testing.assert_allclose(found, [[[*expected, 0.9]]], rtol=1e-6, err_msg=reason)
    assert found.dtype == np.float32


@pytest.mark.parametrize(("axes", "expected"), [("yx", (240, 100)), ("written_yx", (150, 160))])
def test_x_and_y_are_swapped_before_or_after_they_are_rescaled(axes, expected):
    choices = KeypointChoices(fitting="stretch", keypoint_axes=axes)
    boxes = np.zeros((1, 4), np.float32)
    found = place_keypoints(choices, POINT, (1, 3), boxes=boxes, place=STRETCHED, image_shape=SHAPE)
    np.testing.assert_allclose(found, [[[*expected, 0.9]]], rtol=1e-6)
