"""Letterbox: the geometry and the pixels of Ultralytics, and the way back."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from ultralytics.data.augment import LetterBox
from ultralytics.utils import ops

from parity.detection.letterbox import BORDER, apply, fit, planes
from parity.detection.rescaling import scale_boxes
from tests.conftest import examples

SIDES = st.integers(1, 700)
TARGETS = st.sampled_from([(640, 640), (320, 320), (384, 640), (640, 384), (32, 32), (96, 256)])
STRIDES = st.sampled_from([None, 32, 64])


def picture(height: int, width: int) -> np.ndarray:
    """Return noise, which no mistake of a pixel survives."""
    return np.random.default_rng(height * 10_000 + width).integers(
        0, 256, (height, width, 3), np.uint8
    )


@examples(60)
@given(SIDES, SIDES, TARGETS, STRIDES)
@example(1, 3000, (640, 640), None)
@example(3000, 1, (640, 640), None)
@example(1, 3000, (640, 640), 32)
@example(3000, 1, (640, 640), 32)
@example(1, 1, (640, 640), 32)
@example(640, 640, (640, 640), None)
@example(1080, 810, (640, 640), 32)
@example(466, 800, (640, 640), 32)
def test_pixels_are_those_of_ultralytics(
    height: int, width: int, target: tuple[int, int], stride: int | None
) -> None:
    image = picture(height, width)
    theirs = LetterBox(target, auto=stride is not None, stride=stride or 32)(image=image.copy())
    before = image.copy()
    ours = apply(image, fit((height, width), target, stride=stride))
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("shape", "target", "stride", "expected", "reason"),
    [
        ((1080, 810), (640, 640), None, (640, 640, 640, 480, 0, 80), "portrait on the square"),
        ((1080, 810), (640, 640), 32, (640, 480, 640, 480, 0, 0), "its minimal rectangle"),
        ((720, 1280), (640, 640), 32, (384, 640, 360, 640, 12, 0), "a border of a part stride"),
        ((641, 640), (640, 640), None, (640, 640, 640, 639, 0, 0), "an odd border goes right"),
        (
            (637, 640),
            (640, 640),
            None,
            (640, 640, 637, 640, 1, 0),
            "3 px: one above, two below",
        ),
        ((3, 1920), (640, 640), None, (640, 640, 1, 640, 319, 0), "one row at least"),
        ((1, 3000), (640, 640), 32, (32, 640, 1, 640, 15, 0), "one row at least, minimal"),
        ((5, 2), (32, 32), None, (32, 32, 32, 13, 0, 9), "enlarged; 12.8 becomes 13"),
        ((320, 400), (384, 640), None, (384, 640, 384, 480, 0, 80), "a target that is no square"),
    ],
)
def test_geometry(
    shape: tuple[int, int],
    target: tuple[int, int],
    stride: int | None,
    expected: tuple[int, ...],
    reason: str,
) -> None:
    box = fit(shape, target, stride=stride)
    measured = (box.height, box.width, box.resized_height, box.resized_width, box.top, box.left)
    assert measured == expected, reason


@given(SIDES, SIDES, TARGETS, st.sampled_from([32, 64]))
def test_the_minimal_rectangle_is_a_multiple_of_the_stride_within_the_target(
    height: int, width: int, target: tuple[int, int], stride: int
) -> None:
    box = fit((height, width), (target[0] * 2, target[1] * 2), stride=stride)
    assert box.height % stride == box.width % stride == 0
    assert box.height - box.resized_height < stride
    assert box.width - box.resized_width < stride


@examples(60)
@given(
    st.integers(1, 4000),
    st.integers(1, 4000),
    TARGETS,
    STRIDES,
    st.integers(0, 2**32 - 1),
)
@example(1, 3000, (640, 640), 32, 0)
@example(3000, 1, (640, 640), None, 0)
def test_the_way_back_is_that_of_ultralytics(
    height: int, width: int, target: tuple[int, int], stride: int | None, seed: int
) -> None:
    box = fit((height, width), target, stride=stride)
    shape = (box.height, box.width)
    boxes = np.random.default_rng(seed).uniform(-50, 700, (20, 4)).astype(np.float32)
    before = boxes.copy()
    theirs = ops.scale_boxes(shape, torch.from_numpy(boxes.copy()), (height, width)).numpy()
    ours = scale_boxes(boxes, shape, (height, width))
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(boxes, before)
    assert (ours >= 0).all()
    assert (ours <= [width, height, width, height]).all()


def test_the_way_back_leaves_what_is_no_number() -> None:
    boxes = np.array([[np.nan, 10, np.inf, -np.inf]], np.float32)
    ours = scale_boxes(boxes, (640, 640), (480, 640))
    theirs = ops.scale_boxes((640, 640), torch.from_numpy(boxes.copy()), (480, 640)).numpy()
    np.testing.assert_array_equal(ours, theirs)
    assert np.isnan(ours[0, 0])


def test_the_way_back_of_nothing_is_nothing() -> None:
    restored = scale_boxes(np.zeros((0, 4), np.float32), (640, 640), (480, 640))
    assert restored.shape == (0, 4)


@examples(40)
@given(st.integers(8, 2000), st.integers(8, 2000), STRIDES)
def test_there_and_back_is_where_it_was(height: int, width: int, stride: int | None) -> None:
    box = fit((height, width), (640, 640), stride=stride)
    content = np.array(
        [[box.left, box.top, box.left + box.resized_width, box.top + box.resized_height]],
        np.float32,
    )
    back = scale_boxes(content, (box.height, box.width), (height, width))
    pixel = max(height, width) / 640  # of the input, in pixels of the image
    np.testing.assert_allclose(back, [[0, 0, width, height]], atol=1.01 * max(1, pixel))


def test_a_used_buffer_leaves_no_trace() -> None:
    box = fit((100, 300), (640, 640))
    fresh = apply(picture(100, 300), box)
    used = np.full_like(fresh, 7)
    assert apply(picture(100, 300), box, into=used) is used
    np.testing.assert_array_equal(used, fresh)


def test_planes_are_what_ultralytics_makes_of_the_pixels() -> None:
    boxed = apply(picture(90, 160), fit((90, 160), (96, 160)))
    theirs = torch.from_numpy(
        np.ascontiguousarray(boxed[None][..., ::-1].transpose(0, 3, 1, 2))
    ).float()
    theirs /= 255
    ours = planes(boxed)
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, theirs[0].numpy())
    used = np.full_like(ours, np.nan)
    np.testing.assert_array_equal(planes(boxed, into=used), ours)


def test_all_256_values_become_what_ultralytics_divides_them_to() -> None:
    values = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(16, 16, 3)
    np.testing.assert_array_equal(
        planes(values)[0].ravel(), (torch.arange(256).float() / 255).numpy()
    )


def test_the_border_has_the_colour_of_ultralytics() -> None:
    boxed = apply(np.zeros((2, 4, 3), np.uint8), fit((2, 4), (32, 32)))
    assert BORDER == 114
    assert set(boxed[0].ravel()) == {BORDER}


def test_it_resizes_bilinearly() -> None:
    image = picture(50, 80)
    box = fit((50, 80), (32, 32))
    inside = apply(image, box)[box.top : box.top + box.resized_height]
    expected = cv2.resize(image, (32, 20), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(inside, expected)
