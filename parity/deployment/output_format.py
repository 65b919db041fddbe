"""Output: how boxes in px of the image are finally written down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, by_value
from parity.detection.letterbox import Letterbox

Shape = tuple[int, int]


@dataclass(frozen=True)
class OutputChoices(Choices):
    """How coordinates are finally expressed.

    Attributes
    ----------
    unit : str
        What they are divided or multiplied by.
    integers : str
        How they become whole numbers: each by itself, or corner, width and height.
    corners : str
        What the four numbers that are returned are.
    """

    unit: Literal["image", "image_fraction", "input_fraction", "times_input"] = "image"
    integers: Literal["no", "rounded", "truncated", "sides_truncated", "sides_rounded"] = "no"
    corners: Literal["xyxy", "xywh", "cxcywh", "yxyx"] = "xyxy"


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
    expressed = UNITS[choices.unit](boxes, place, image_shape)
    return CORNERS[choices.corners](INTEGERS[choices.integers](expressed))


def _image_sides(image_shape: Shape) -> np.ndarray:
    return np.array(image_shape[::-1] * 2, np.float32)


def _input_sides(place: Letterbox) -> np.ndarray:
    return np.array((place.width, place.height) * 2, np.float32)


UNITS: dict[str, Callable[[np.ndarray, Letterbox, Shape], np.ndarray]] = by_value(
    OutputChoices,
    "unit",
    {
        "image": lambda boxes, *_: boxes,
        "image_fraction": lambda boxes, _, image_shape: boxes / _image_sides(image_shape),
        "input_fraction": lambda boxes, place, _: boxes / _input_sides(place),
        "times_input": lambda boxes, place, _: boxes * _input_sides(place),
    },
)
"""What expresses boxes, (N, 4) float32 in image px, in another unit."""


def _same(boxes: np.ndarray) -> np.ndarray:
    return boxes


def _sides(rule: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    def whole(boxes: np.ndarray) -> np.ndarray:
        first, sides = rule(boxes[:, :2]), rule(boxes[:, 2:] - boxes[:, :2])
        return np.concatenate([first, first + sides], axis=1)

    return whole


INTEGERS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    OutputChoices,
    "integers",
    {
        "no": _same,
        "rounded": np.rint,
        "truncated": np.trunc,
        "sides_truncated": _sides(np.trunc),
        "sides_rounded": _sides(np.rint),
    },
)
"""What makes whole numbers of coordinates, (N, 4) float32."""


def _with_corner(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def _with_centre(boxes: np.ndarray) -> np.ndarray:
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.concatenate([boxes[:, :2] + sides / 2, sides], axis=1)


CORNERS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    OutputChoices,
    "corners",
    {
        "xyxy": _same,
        "xywh": _with_corner,
        "cxcywh": _with_centre,
        "yxyx": lambda boxes: boxes[:, [1, 0, 3, 2]],
    },
)
"""What writes x1, y1, x2, y2, (N, 4) float32, in another way."""
