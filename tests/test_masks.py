"""Masks: what is computed for the part around a box equals what the whole input gives."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.detection.masks import UPSCALES, crop, logits_of, masks_in_input

LOW = (13, 9)
SHAPE = (UPSCALES * LOW[0], UPSCALES * LOW[1])

corner = st.floats(-30, 90, width=32) | st.just(float("nan"))


def on_the_whole_input(
    prototypes: np.ndarray, coefficients: np.ndarray, boxes: np.ndarray
) -> np.ndarray:
    """Return masks as they were made before parts were: all logits are enlarged."""
    enlarged = [
        cv2.resize(each, SHAPE[::-1], interpolation=cv2.INTER_LINEAR) > 0
        for each in logits_of(prototypes, coefficients)
    ]
    return crop(np.stack(enlarged).astype(np.uint8), boxes)


@settings(deadline=None)
@given(st.lists(st.tuples(corner, corner, corner, corner), min_size=1, max_size=4), st.integers(0))
def test_a_part_gives_what_the_whole_gives(boxes: list[tuple[float, ...]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    prototypes = rng.normal(size=(4, *LOW)).astype(np.float32)
    coefficients = rng.normal(size=(len(boxes), 4)).astype(np.float32)
    given_boxes = np.array(boxes, np.float32)
    found = masks_in_input(prototypes, coefficients, given_boxes, SHAPE)
    expected = on_the_whole_input(prototypes, coefficients, given_boxes)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("box", [(0, 0, 36, 52), (8, 12, 20, 40), (35.5, 51.5, 36, 52)])
def test_masks_are_not_empty(box: tuple[float, ...]) -> None:
    prototypes = np.ones((1, *LOW), np.float32)
    (mask,) = masks_in_input(
        prototypes, np.ones((1, 1), np.float32), np.array([box], np.float32), SHAPE
    )
    left, top, right, bottom = np.ceil(box).astype(int)
    assert mask.sum() == (right - left) * (bottom - top)
