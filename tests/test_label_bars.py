"""The picture of an image that was classified."""

import numpy as np

from parity.detection.detection_files import ImageDetections
from parity.reporting.figures.drawing import CLASS_STYLES
from parity.reporting.figures.label_bars import (
    BAR_WIDTH,
    draw_bars,
    draw_labels,
    labels_by_difference,
)
from tests.synthetic import record

BOX = [0.0, 0.0, 200.0, 120.0]


def labels(**scores: float) -> ImageDetections:
    """Return an image's labels; their classes are c0, c1 and so on."""
    return record("a", [(BOX, score, int(name[1:])) for name, score in scores.items()])


def test_the_label_that_differs_most_comes_first() -> None:
    found = labels_by_difference({"one": labels(c0=0.6, c1=0.3), "other": labels(c0=0.6, c2=0.5)})
    assert found == [
        (2, {"one": None, "other": 0.5}),
        (1, {"one": 0.3, "other": None}),
        (0, {"one": 0.6, "other": 0.6}),
    ]


def test_a_bar_is_as_long_as_its_probability() -> None:
    bars = draw_bars({"one": labels(c0=0.5)}, {0: "cat"})
    colour = CLASS_STYLES[0].colour[::-1]
    assert (bars == colour).all(axis=2).any(axis=0).sum() == BAR_WIDTH / 2 + 1


def test_an_image_without_labels_has_a_picture() -> None:
    picture = draw_labels(np.zeros((120, 200, 3), np.uint8), "a", {"one": labels()}, {})
    assert picture.dtype == np.uint8
    assert picture.shape[1] > 1000
