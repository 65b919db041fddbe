"""Whole px: every rule on a box that shows it."""

import numpy as np
import pytest

from parity.deployment.box_layout import BoxFormatChoices, to_corners
from parity.deployment.whole_px import WHOLE_PX

BOX = (-1.6, 2.4, 5.7, 9.9)


@pytest.mark.parametrize(
    ("rule", "expected", "reason"),
    [
        ("no", BOX, "as it is"),
        ("rounded", (-2, 2, 6, 10), "to the nearest"),
        ("truncated", (-1, 2, 5, 9), "a cast of C rounds towards 0"),
        ("floored", (-2, 2, 5, 9), "std::floor and Python's // round down"),
        ("outward", (-2, 2, 6, 10), "floor of the first corner, ceil of the second"),
        ("sides_truncated", (-1, 2, 6, 9), "width 7.3 and height 7.5 are cut by themselves"),
        ("sides_rounded", (-2, 2, 5, 10), "width 7.3 becomes 7, height 7.5 8"),
        ("centre_truncated", (-1, 3, 6, 10), "cx 2.05 and w 7.3: 2 - 7 / 2 = -1 in integers"),
        ("centre_truncated_halves_kept", (-1.5, 2.5, 5.5, 9.5), "cx 2.05, w 7.3: 2 - 0.5 * 7"),
        ("centre_rounded", (-1.5, 2, 5.5, 10), "cy 6.15 and h 7.5: 6 - 0.5 * 8"),
    ],
)
def test_rules(rule, expected, reason):
    found = WHOLE_PX[rule](np.array([BOX]))
    np.testing.assert_array_equal(found, [expected], err_msg=reason)


def test_boxes_become_whole_in_the_input_after_they_are_moved_there():
    choices = BoxFormatChoices(input_shift=(0.5, 0.5, 1.0, 1.0), whole_input_px="truncated")
    boxes = np.array([[10.1, 10.6, 4.0, 4.2]], np.float32)
    assert to_corners(choices, boxes).tolist() == [[8, 9, 13, 13]]
    assert to_corners(choices, boxes).dtype == np.float32
