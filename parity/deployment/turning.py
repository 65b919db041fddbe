"""Turning: the image mirrored or turned before the network, and what was found moved back."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, by_value, choice

Shape = tuple[int, int]


@dataclass(frozen=True)
class TurningChoices(Choices):
    """Which way round the network is given the image."""

    turned: Literal["no", "mirrored", "upside_down", "by_90", "by_180", "by_270"] = choice(
        "no", moot={"no": ("turned_back",)}
    )
    """What is done to the decoded image: left and right exchanged (``mirrored``), top and bottom
    exchanged (``upside_down``), or turned clockwise by some degrees."""


@dataclass(frozen=True)
class TurningBackChoices(TurningChoices):
    """What becomes of places in an image that was mirrored or turned."""

    turned_back: Literal["yes", "from_last_px", "no"] = "yes"
    """Whether they are moved back; ``from_last_px`` does so by width - 1 - x where width - x is
    right, and likewise for y."""


ORIENTATIONS = by_value(
    TurningChoices,
    "turned",
    {"no": 1, "mirrored": 2, "by_180": 3, "upside_down": 4, "by_90": 6, "by_270": 8},
)
"""The EXIF orientation whose pixels become upright in the same way."""

TRANSPOSED, ACROSS, DOWN = (5, 6, 7, 8), (2, 3, 6, 7), (3, 4, 7, 8)
"""EXIF orientations whose axes are exchanged first, and in which x and y are then counted from the
other end (Exif 2.3, section 4.6.4)."""


def orient(image: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1 to 8) to the pixels of an image, (h, w, 3)."""
    if orientation in TRANSPOSED:
        image = image.transpose(1, 0, 2)
    if orientation in ACROSS:
        image = image[:, ::-1]
    if orientation in DOWN:
        image = image[::-1]
    return np.ascontiguousarray(image)


def turn(choices: TurningChoices, image: np.ndarray) -> np.ndarray:
    """Mirror or turn an image, (h, w, 3), as a deployment does."""
    return orient(image, ORIENTATIONS[choices.turned])


def is_turned_back(choices: TurningBackChoices) -> bool:
    """Return whether places have to be moved back from a turned image, and are."""
    return choices.turned != "no" and choices.turned_back != "no"


def shape_back(choices: TurningBackChoices, image_shape: Shape) -> Shape:
    """Return height and width of the image in which places lie in the end.

    Parameters
    ----------
    choices : TurningBackChoices
        How a deployment turns.
    image_shape : tuple of int
        Height and width of the turned image, px.
    """
    exchanged = ORIENTATIONS[choices.turned] in TRANSPOSED and is_turned_back(choices)
    return image_shape[::-1] if exchanged else image_shape


def points_back(choices: TurningBackChoices, points: np.ndarray, image_shape: Shape) -> np.ndarray:
    """Return points of a turned image where a deployment moves them back to.

    Parameters
    ----------
    choices : TurningBackChoices
        How it turns.
    points : (..., 2) float32
        x, y in px of the turned image.
    image_shape : tuple of int
        Height and width of the turned image, px.

    Returns
    -------
    (..., 2) float32
        x, y in px of the image as it was read; unchanged where they are not moved back.
    """
    if not is_turned_back(choices):
        return points
    orientation = ORIENTATIONS[choices.turned]
    less = np.float32(1 if choices.turned_back == "from_last_px" else 0)
    height, width = (np.float32(side) - less for side in image_shape)
    x, y = points[..., 0], points[..., 1]
    if orientation in ACROSS:
        x = width - x
    if orientation in DOWN:
        y = height - y
    return np.stack((y, x) if orientation in TRANSPOSED else (x, y), axis=-1)


def boxes_back(choices: TurningBackChoices, boxes: np.ndarray, image_shape: Shape) -> np.ndarray:
    """Return boxes of a turned image, (N, 4) float32, as :func:`points_back` moves points.

    Left and right, or top and bottom, are exchanged so that x1, y1, x2, y2 keep their meaning.
    """
    if not is_turned_back(choices):
        return boxes
    orientation = ORIENTATIONS[choices.turned]
    x1, x2 = (2, 0) if orientation in ACROSS else (0, 2)
    y1, y2 = (3, 1) if orientation in DOWN else (1, 3)
    corners = boxes[:, [x1, y1, x2, y2]].reshape(-1, 2, 2)
    return points_back(choices, corners, image_shape).reshape(-1, 4)


def oriented_back(choices: TurningBackChoices, boxes: np.ndarray, image_shape: Shape) -> np.ndarray:
    """Return oriented boxes of a turned image, (N, 5) float32, as points are moved back.

    A mirrored box has the opposite angle; one that was turned by 90 degrees has its sides
    exchanged.
    """
    if not is_turned_back(choices):
        return boxes
    orientation = ORIENTATIONS[choices.turned]
    centres = points_back(choices, boxes[:, :2], image_shape)
    sides = boxes[:, 3:1:-1] if orientation in TRANSPOSED else boxes[:, 2:4]
    reflections = sum(orientation in each for each in (TRANSPOSED, ACROSS, DOWN))
    angles = -boxes[:, 4:] if reflections % 2 else boxes[:, 4:]
    return np.concatenate([centres, sides, angles], axis=1)


def masks_back(choices: TurningBackChoices, masks: np.ndarray) -> np.ndarray:
    """Return masks of a turned image, (N, h, w), as points are moved back, a whole px each."""
    if not is_turned_back(choices):
        return masks
    orientation = ORIENTATIONS[choices.turned]
    if orientation in ACROSS:
        masks = masks[:, :, ::-1]
    if orientation in DOWN:
        masks = masks[:, ::-1]
    return np.ascontiguousarray(masks.swapaxes(1, 2) if orientation in TRANSPOSED else masks)
