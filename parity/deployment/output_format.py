"""Output: how boxes in px of the image are finally written down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.box_layout import UNMOVED, Corners
from parity.deployment.clipping import ClippingChoices, clip_boxes
from parity.deployment.stage import by_value
from parity.deployment.whole_px import WHOLE_PX, WholePx
from parity.detection.boxes import xyxy_to_xywh
from parity.detection.letterbox import Letterbox

Shape = tuple[int, int]


@dataclass(frozen=True)
class OutputChoices(ClippingChoices):
    """How coordinates are finally expressed."""

    unit: Literal[
        "image",
        "image_fraction",
        "input_fraction",
        "times_input",
        "canvas",
        "canvas_fitted",
        "canvas_contained",
        "canvas_covered",
        "fractions_y_first",
    ] = "image"
    """What they are divided or multiplied by, or the px of a canvas onto which the image is
    stretched, scaled to fit (``canvas_fitted``), scaled to fit and centred (``canvas_contained``),
    or scaled to fill it and centred (``canvas_covered``); ``fractions_y_first`` are what y1, x1,
    y2, x2 as fractions of the image become where they are taken for x1, y1, x2, y2."""
    canvas: Shape | None = None
    """Height and width of that canvas, px; None for the size of the input."""
    origin: Literal["top_left", "bottom_left", "centre"] = "top_left"
    """The point of the image from which coordinates are counted; from ``bottom_left``, y points
    up."""
    output_shift: Corners = UNMOVED
    """What is added to x1, y1, x2, y2 in that unit."""
    integers: WholePx = "no"
    """How they become whole numbers."""
    corners: Literal["xyxy", "xywh", "cxcywh", "yxyx"] = "xyxy"
    """What the four numbers that are returned are."""


def express(
    choices: OutputChoices, boxes: np.ndarray, place: Letterbox, image_shape: Shape
) -> np.ndarray:
    """Return boxes as a deployment writes them down.

    Parameters
    ----------
    choices : OutputChoices
        How it does it.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in image px.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image, px.

    Returns
    -------
    (N, 4) float32
    """
    input_shape = (place.height, place.width)
    canvas = choices.canvas if choices.unit in CANVASES and choices.canvas else input_shape
    counted = ORIGINS[choices.origin](boxes, image_shape)
    expressed = UNITS[choices.unit](counted, canvas, image_shape)
    if choices.output_shift != UNMOVED:
        expressed = expressed + np.array(choices.output_shift, np.float32)
    whole = INTEGERS[choices.integers](expressed)
    if choices.clip_frame == "whole_px":
        whole = clip_boxes(choices, whole, image_shape)
    return CORNERS[choices.corners](whole)


def _from_below(boxes: np.ndarray, image_shape: Shape) -> np.ndarray:
    height = np.float32(image_shape[0])
    x1, y1, x2, y2 = boxes.T
    return np.stack([x1, height - y2, x2, height - y1], axis=1)


def _sides(shape: Shape) -> np.ndarray:
    return np.array(shape[::-1] * 2, np.float32)


def _scale_to_fit(boxes: np.ndarray, canvas: Shape, image_shape: Shape) -> np.ndarray:
    scale = min(canvas[0] / image_shape[0], canvas[1] / image_shape[1])
    return boxes * np.float32(scale)


def _contain(boxes: np.ndarray, canvas: Shape, image_shape: Shape) -> np.ndarray:
    scale = min(canvas[0] / image_shape[0], canvas[1] / image_shape[1])
    return _centre(boxes, canvas, image_shape, scale)


def _cover(boxes: np.ndarray, canvas: Shape, image_shape: Shape) -> np.ndarray:
    scale = max(canvas[0] / image_shape[0], canvas[1] / image_shape[1])
    return _centre(boxes, canvas, image_shape, scale)


def _centre(boxes: np.ndarray, canvas: Shape, image_shape: Shape, scale: float) -> np.ndarray:
    border = _sides(canvas) - _sides(image_shape) * np.float32(scale)
    return boxes * np.float32(scale) + border / 2


def _y_first(boxes: np.ndarray, _: Shape, image_shape: Shape) -> np.ndarray:
    sides = _sides(image_shape)
    swapped: np.ndarray = (boxes / sides)[:, [1, 0, 3, 2]] * sides
    return swapped


ORIGINS: dict[str, Callable[[np.ndarray, Shape], np.ndarray]] = by_value(
    OutputChoices,
    "origin",
    {
        "top_left": lambda boxes, _: boxes,
        "bottom_left": _from_below,
        "centre": lambda boxes, image_shape: boxes - _sides(image_shape) / 2,
    },
)
"""What counts boxes, (N, 4) float32 in image px, from another point, given the image's size."""

UNITS: dict[str, Callable[[np.ndarray, Shape, Shape], np.ndarray]] = by_value(
    OutputChoices,
    "unit",
    {
        "image": lambda boxes, *_: boxes,
        "image_fraction": lambda boxes, _, image_shape: boxes / _sides(image_shape),
        "input_fraction": lambda boxes, canvas, _: boxes / _sides(canvas),
        "times_input": lambda boxes, canvas, _: boxes * _sides(canvas),
        "canvas": lambda boxes, canvas, shape: boxes * (_sides(canvas) / _sides(shape)),
        "canvas_fitted": _scale_to_fit,
        "canvas_contained": _contain,
        "canvas_covered": _cover,
        "fractions_y_first": _y_first,
    },
)
"""What expresses boxes, (N, 4) float32 in image px, in another unit, given the size of the input or
canvas and of the image."""

CANVASES = ("canvas", "canvas_fitted", "canvas_contained", "canvas_covered")
"""Units that depend on ``canvas``."""

INTEGERS = by_value(OutputChoices, "integers", WHOLE_PX)
"""What makes whole numbers of coordinates, (N, 4) float32."""


def _with_centre(boxes: np.ndarray) -> np.ndarray:
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.concatenate([boxes[:, :2] + sides / 2, sides], axis=1)


CORNERS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    OutputChoices,
    "corners",
    {
        "xyxy": lambda boxes: boxes,
        "xywh": xyxy_to_xywh,
        "cxcywh": _with_centre,
        "yxyx": lambda boxes: boxes[:, [1, 0, 3, 2]],
    },
)
"""What writes x1, y1, x2, y2, (N, 4) float32, in another way."""
