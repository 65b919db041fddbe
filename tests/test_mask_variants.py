"""Masks in the ways that people make them."""

import numpy as np
import pytest

from parity.deployment.geometry import place_image, seen_part
from parity.deployment.mask_variants import MaskBoxes, make_masks
from parity.deployment.pipeline import Pipeline

IMAGE, SIDE = (60, 100), 64


@pytest.mark.parametrize("steps", ["enlarged_first", "cut_first", "in_input", "border_kept"])
def test_a_mask_of_a_crop_lies_in_the_middle_square(steps: str) -> None:
    pipeline = Pipeline(fitting="crop", mask_steps=steps, mask_crop="no")
    ones = np.ones((1, SIDE // 4, SIDE // 4), np.float32)
    nothing = np.zeros((1, 4), np.float32)
    (mask,) = make_masks(
        pipeline,
        ones,
        np.ones((1, 1), np.float32),
        boxes=MaskBoxes(nothing, nothing),
        place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
        plain=False,
    )
    assert mask[:, 20:80].all()
    assert not mask[:, :20].any()
    assert not mask[:, 80:].any()


def test_an_image_that_is_not_cropped_is_seen_whole() -> None:
    for fitting in ("letterbox", "stretch", "pad_first", "warp"):
        rows, columns = seen_part(Pipeline(fitting=fitting), IMAGE)
        assert (rows, columns) == (slice(0, 60), slice(0, 100))
