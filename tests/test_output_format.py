"""Output: the px of a canvas, and constants that are added."""

import numpy as np
import pytest

from parity.deployment.output_format import OutputChoices, express
from parity.detection.letterbox import Letterbox
from parity.diagnosis.catalogue.fault import FAULTS

PLACE = Letterbox(640, 480, 320, 480, 160, 0)
BOX = np.array([[30, 10, 60, 80]], np.float32)
SHAPE = (100, 150)


@pytest.mark.parametrize(
    ("changes", "expected", "reason"),
    [
        ({"unit": "canvas"}, (96, 64, 192, 512), "stretched onto the input's 480 x 640"),
        ({"unit": "canvas", "canvas": (200, 450)}, (90, 20, 180, 160), "3 times and twice"),
        ({"unit": "canvas_fitted", "canvas": (400, 300)}, (60, 20, 120, 160), "twice"),
        (
            {"unit": "canvas_contained", "canvas": (400, 300)},
            (60, 120, 120, 260),
            "twice, and 100 px above and below",
        ),
        (
            {"unit": "canvas_covered", "canvas": (400, 300)},
            (-30, 40, 90, 320),
            "four times, and 150 px are cut off at the left and right",
        ),
        ({"origin": "bottom_left"}, (30, 20, 60, 90), "100 less y2, and less y1"),
        ({"origin": "centre"}, (-45, -40, -15, 30), "the centre is at 75, 50"),
        (
            {"origin": "bottom_left", "unit": "image_fraction"},
            (0.2, 0.2, 0.4, 0.9),
            "as Vision returns them",
        ),
        (dict(FAULTS["per_cent"].changes), (20, 10, 40, 80), "parts of 150 and of 100"),
        (dict(FAULTS["thousandths"].changes), (200, 100, 400, 800), "ten times as many"),
        ({"output_shift": (0, 0, 1, 1)}, (30, 10, 61, 81), "w = x2 - x1 + 1"),
        (
            {"output_shift": (0.5, 0.5, 0.5, 0.5), "integers": "truncated"},
            (30, 10, 60, 80),
            "int(x + 0.5)",
        ),
        (
            {"unit": "canvas", "canvas": (201, 450), "integers": "truncated"},
            (90, 20, 180, 160),
            "px of the canvas are cut",
        ),
    ],
)
def test_boxes_are_expressed(changes, expected, reason):
    found = express(OutputChoices(**changes), BOX, PLACE, SHAPE)
    np.testing.assert_allclose(found, [expected], rtol=1e-6, err_msg=reason)
    assert found.dtype == np.float32
