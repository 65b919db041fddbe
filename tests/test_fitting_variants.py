"""Ways of fitting an image into the input, compared with what the libraries themselves return."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from torchvision.transforms import CenterCrop, InterpolationMode, Resize

from parity.deployment.geometry import GeometryChoices, place_image, resize_and_place
from parity.deployment.rescaling_variants import RescalingChoices, rescale

INPUT = (64, 64)


@pytest.mark.parametrize("shape", [(40, 77), (77, 40), (300, 201), (64, 64), (50, 333)])
def test_an_image_that_covers_the_input_is_what_opencv_crops(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), np.uint8)
    choices = GeometryChoices(fitting="cover")
    pixels = resize_and_place(choices, image, place_image(choices, shape, INPUT))
    blob = cv2.dnn.blobFromImage(image, 1.0, INPUT[::-1], crop=True)
    assert np.abs(pixels - blob[0].transpose(1, 2, 0)).max() <= 1


@pytest.mark.parametrize("shape", [(40, 77), (300, 201)])
def test_boxes_of_an_image_that_covers_the_input_come_back(shape: tuple[int, int]) -> None:
    choices = RescalingChoices(fitting="cover", clip="no")
    place = place_image(choices, shape, INPUT)
    gain = max(64 / shape[0], 64 / shape[1])
    centre = np.array([[32.0, 32.0, 32.0, 32.0]], np.float32)
    back = rescale(choices, centre, place, shape)
    middle = np.array([shape[1], shape[0]] * 2) / 2
    np.testing.assert_allclose(back[0], middle, atol=1 / gain)


@pytest.mark.parametrize("shape", [(60, 95), (95, 60), (301, 200)])
def test_an_image_is_padded_around_before_it_is_resized(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), np.uint8)
    choices = RescalingChoices(fitting="pad_around_first", border=0, clip="no")
    place = place_image(choices, shape, INPUT)
    side = max(shape)
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    square = cv2.copyMakeBorder(
        image, top, side - shape[0] - top, left, side - shape[1] - left, cv2.BORDER_CONSTANT
    )
    found = resize_and_place(choices, image, place)
    np.testing.assert_array_equal(found, cv2.resize(square, INPUT))
    gain = 64 / side
    corners = np.array([[left, top, left + shape[1], top + shape[0]]], np.float32) * gain
    back = rescale(choices, corners, place, shape)
    np.testing.assert_allclose(back[0], [0, 0, *shape[::-1]], atol=1e-4)


@pytest.mark.parametrize(("shape", "expected"), [((333, 500), (426, 640, 106, 0)),
                                                 ((500, 331), (640, 420, 0, 110))])  # fmt: skip
def test_aligned_sides_are_multiples_of_four_and_two(
    shape: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    choices = GeometryChoices(side_rounding="aligned", border_rounding="even")
    place = place_image(choices, shape, (640, 640))
    assert (place.resized_height, place.resized_width, place.top, place.left) == expected


@pytest.mark.parametrize("shape", [(427, 640), (333, 500), (500, 375), (375, 375), (1001, 763)])
@pytest.mark.parametrize(
    ("kernel", "own"), [("pillow_bilinear", "BILINEAR"), ("pillow_bicubic", "BICUBIC")]
)
def test_a_crop_of_torchvision_is_one_of_whole_sides(
    shape: tuple[int, int], kernel: str, own: str
) -> None:
    """Its Resize cuts the longer side to whole px, and CenterCrop rounds halves to even."""
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    resize = Resize(64, interpolation=InterpolationMode[own])
    expected = np.asarray(CenterCrop(64)(resize(Image.fromarray(image))))
    choices = GeometryChoices(
        fitting="cover", kernel=kernel, side_rounding="floor", border_rounding="half_even"
    )
    place = place_image(choices, shape, INPUT)
    np.testing.assert_array_equal(resize_and_place(choices, image, place), expected)


@pytest.mark.parametrize("shape", [(427, 640), (500, 333)])
def test_half_of_what_is_cut_away_is_added_unrounded(shape: tuple[int, int]) -> None:
    choices = RescalingChoices(fitting="cover", side_rounding="floor", offset="exact", clip="no")
    place = place_image(choices, shape, INPUT)
    gain = 64 / min(shape)
    boxes = np.array([[3, 5, 40, 50]], np.float32)
    away = [(side * gain - 64) / 2 for side in shape[::-1]]
    expected = (boxes + np.array(away * 2)) / gain
    np.testing.assert_allclose(rescale(choices, boxes, place, shape), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(427, 640), (333, 500), (500, 376), (375, 375)])
@pytest.mark.parametrize(
    ("kernel", "own"), [("pillow_bicubic", "BICUBIC"), ("pillow_lanczos", "LANCZOS")]
)
def test_a_crop_at_fractions_is_that_of_pillow(
    shape: tuple[int, int], kernel: str, own: str
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    expected = np.asarray(ImageOps.fit(Image.fromarray(image), INPUT, Image.Resampling[own]))
    choices = RescalingChoices(fitting="fit", kernel=kernel, clip="no")
    place = place_image(choices, shape, INPUT)
    np.testing.assert_array_equal(resize_and_place(choices, image, place), expected)
    corners = rescale(choices, np.array([[0, 0, 64, 64]], np.float32), place, shape)
    side, (height, width) = min(shape), shape
    expected = [(width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2]
    np.testing.assert_allclose(corners[0], expected, atol=1e-3)


def test_without_a_library_a_crop_at_fractions_is_resampled_between_two_px() -> None:
    ramp = np.tile(np.arange(65, dtype=np.uint8)[None, :, None], (64, 1, 3))
    choices = GeometryChoices(fitting="fit", levels="kept")
    pixels = resize_and_place(choices, ramp, place_image(choices, ramp.shape[:2], INPUT))
    np.testing.assert_allclose(pixels[:, :, 0], np.tile(np.arange(64) + 0.5, (64, 1)), atol=1e-4)
