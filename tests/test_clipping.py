"""Clipping: which edges, which px, when, and what becomes of the sides."""

import numpy as np
import pytest

from parity.deployment.box_output import to_output
from parity.deployment.clipping import ClippingChoices, clip_boxes
from parity.deployment.pipeline import Pipeline
from parity.detection.letterbox import Letterbox

OVER_LEFT_TOP = (-10.0, -20.0, 30.0, 40.0)
OVER_RIGHT_BOTTOM = (150.0, 60.0, 230.0, 130.0)
SHAPE = (100, 200)


@pytest.mark.parametrize(
    ("changes", "first", "second", "reason"),
    [
        ({}, (0, 0, 30, 40), (150, 60, 200, 100), "to the sides"),
        ({"clip": "no"}, OVER_LEFT_TOP, OVER_RIGHT_BOTTOM, "as it is"),
        ({"clip_limit": "last_px"}, (0, 0, 30, 40), (150, 60, 199, 99), "0 to side - 1"),
        ({"clip": "left_top"}, (0, 0, 30, 40), OVER_RIGHT_BOTTOM, "max(0, x)"),
        ({"clip": "right_bottom"}, OVER_LEFT_TOP, (150, 60, 200, 100), "min(x, width)"),
        (
            {"clip_keeps_sides": True},
            (0, 0, 40, 60),
            (150, 60, 200, 100),
            "x = max(0, x); w = min(w, width - x), and w was computed before",
        ),
        (
            {"clip": "left_top", "clip_keeps_sides": True},
            (0, 0, 40, 60),
            OVER_RIGHT_BOTTOM,
            "x = max(0, x), and w is not touched",
        ),
        (
            {"clip_keeps_sides": True, "clip_limit": "last_px"},
            (0, 0, 40, 60),
            (150, 60, 199, 99),
            "w = min(w, width - 1 - x)",
        ),
    ],
)
def test_what_is_clipped(changes, first, second, reason):
    boxes = np.array([OVER_LEFT_TOP, OVER_RIGHT_BOTTOM], np.float32)
    found = clip_boxes(ClippingChoices(**changes), boxes, SHAPE)
    np.testing.assert_array_equal(found, [first, second], err_msg=reason)
    assert found.dtype == np.float32


PLACE = Letterbox(640, 640, 320, 640, 160, 0)
"""An image of 100 x 200 px, enlarged 3.2 times; 50 px of it would fit above and below."""


def test_the_padding_belongs_to_the_input():
    """A box from 20 px above the input to the middle of the image."""
    boxes = np.array([[-32, -64, 96, 288]], np.float32)
    in_input = to_output(Pipeline(clip_frame="input"), boxes, PLACE, SHAPE)
    np.testing.assert_allclose(in_input, [[0, -50, 30, 40]], atol=1e-5)
    in_image = to_output(Pipeline(), boxes, PLACE, SHAPE)
    np.testing.assert_allclose(in_image, [[0, 0, 30, 40]], atol=1e-5)


def test_rounding_before_clipping_moves_the_far_corner():
    """-0.6 to 30.5: the width of 31.1 is cut to 31 before clipping, and of 30.5 to 30 after it."""
    boxes = np.array([[-0.6, 10, 30.5, 20]], np.float32)
    place = Letterbox(100, 200, 100, 200, 0, 0)
    before = to_output(Pipeline(integers="sides_truncated"), boxes, place, SHAPE)
    after = Pipeline(integers="sides_truncated", clip_frame="whole_px")
    assert before[0].tolist() == [0, 10, 30, 20]
    assert to_output(after, boxes, place, SHAPE)[0].tolist() == [0, 10, 31, 20]
