"""What a browser's canvas draws, and what is computed in its place."""

import base64
from typing import Any

import cv2
import numpy as np
import pytest

from parity.deployment.canvas_drawing import draw_on_canvas
from parity.deployment.geometry import GeometryChoices, place_image, resize_and_place

DRAW = """
async ({source, side, place, size}) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.fillStyle = "black";
  context.fillRect(0, 0, side, side);
  context.drawImage(image, ...place, ...size);
  return Array.from(context.getImageData(0, 0, side, side).data);
}
"""
"""Draws an image onto a square canvas, as pages do, and returns its levels."""


@pytest.fixture(scope="module")
def page(browser: Any) -> Any:
    return browser.new_page()


def drawn_by(
    page: Any, image: np.ndarray, side: int, place: tuple[float, float], size: tuple[float, float]
) -> np.ndarray:
    encoded = base64.b64encode(cv2.imencode(".png", image)[1]).decode()
    source = f"data:image/png;base64,{encoded}"
    how = {"source": source, "side": side, "place": place, "size": size}
    levels = np.array(page.evaluate(DRAW, how), np.uint8)
    return levels.reshape(side, side, 4)[..., 2::-1]


def noise(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    return rng.integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("seed", range(16))
def test_an_image_of_any_size_is_drawn_as_chromium_draws_it(page, seed):
    rng, side = np.random.default_rng(seed), 96
    height, width = rng.integers(5, 900, 2)
    image = noise(rng, height, width)
    gain = side / max(height, width)
    size = (width * gain, height * gain) if seed % 4 else (float(side), float(side))
    middle = ((side - size[0]) / 2, (side - size[1]) / 2)
    place = middle if seed % 2 else (0.0, 0.0)
    found = np.zeros((side, side, 3), np.uint8)
    draw_on_canvas(found, image, place, size)
    np.testing.assert_array_equal(found, drawn_by(page, image, side, place, size))


@pytest.mark.parametrize(
    ("height", "width"),
    [
        (288, 384),  # an exact quarter
        (109, 192),  # half, with an odd side
        (172, 191),  # just half, rounded up
        (54, 86),  # points lie on sixteenths
        (1, 300),
        (777, 3),
    ],
)
def test_sizes_in_which_rounding_decides_are_drawn_as_chromium_draws_them(page, height, width):
    image, side = noise(np.random.default_rng(7), height, width), 96
    gain = side / max(height, width)
    size = width * gain, height * gain
    found = np.zeros((side, side, 3), np.uint8)
    draw_on_canvas(found, image, (0.0, 0.0), size)
    np.testing.assert_array_equal(found, drawn_by(page, image, side, (0.0, 0.0), size))


@pytest.mark.parametrize("align", ["centre", "top_left"])
def test_a_page_that_letterboxes_at_fractions_is_among_the_choices(page, align):
    image, side = noise(np.random.default_rng(3), 431, 577), 96
    size = side, 431 * side / 577
    place = (0.0, 0.0 if align == "top_left" else (side - size[1]) / 2)
    choices = GeometryChoices(
        fitting="warp", edges="replicated", kernel="canvas", align=align, border=0
    )
    where = place_image(choices, image.shape[:2], (side, side))
    found = resize_and_place(choices, image, where)
    np.testing.assert_array_equal(found, drawn_by(page, image, side, place, size))
