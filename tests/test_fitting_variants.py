"""Ways of fitting an image into the input, compared with what the libraries themselves return."""

import cv2
import numpy as np
import pytest

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
