"""Letterboxing: fitting an image into the input tensor.

The arithmetic is that of ``ultralytics.data.augment.LetterBox`` (8.4.190), rounding included.
"""

from dataclasses import dataclass

import cv2
import numpy as np

BORDER = 114
"""Grey of the border (``padding_value`` of ``LetterBox``, 8.4.190)."""


@dataclass(frozen=True)
class Letterbox:
    """Where an image lies in the input tensor; every length in input px."""

    height: int
    width: int
    """Size of the input tensor."""
    resized_height: int
    resized_width: int
    """Size of the image within it."""
    top: int
    left: int
    """Border above and to the left of the image."""


def fit(
    image_shape: tuple[int, int], target: tuple[int, int], *, stride: int | None = None
) -> Letterbox:
    """Fit an image into a target size without changing its aspect ratio.

    Parameters
    ----------
    image_shape : tuple of int
        Height and width of the image, px.
    target : tuple of int
        Height and width of the input, px.
    stride : int, optional
        If given, the border is cut to the least that makes both sides multiples of it: the
        minimal rectangle that ``predict`` uses for a ``.pt`` file.
    """
    ratio = min(target[0] / image_shape[0], target[1] / image_shape[1])
    height, width = (max(round(side * ratio), 1) for side in image_shape)
    border_y, border_x = target[0] - height, target[1] - width
    if stride is not None:
        border_y, border_x = border_y % stride, border_x % stride
    top, bottom = round(border_y / 2 - 0.1), round(border_y / 2 + 0.1)
    left, right = round(border_x / 2 - 0.1), round(border_x / 2 + 0.1)
    return Letterbox(top + height + bottom, left + width + right, height, width, top, left)


def apply(image: np.ndarray, letterbox: Letterbox, *, into: np.ndarray | None = None) -> np.ndarray:
    """Resize an image and surround it with the border.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Pixels; other types that OpenCV resizes work too.
    letterbox : Letterbox
        What :func:`fit` returned for this image.
    into : (letterbox.height, letterbox.width, 3) of the same type, optional
        Where to write the result; its content does not matter.

    Returns
    -------
    (letterbox.height, letterbox.width, 3) of the same type
        ``into``, or a new array.
    """
    canvas = into
    if canvas is None:
        canvas = np.empty((letterbox.height, letterbox.width, 3), image.dtype)
    resized = (letterbox.resized_height, letterbox.resized_width)
    bottom, right = letterbox.top + resized[0], letterbox.left + resized[1]
    canvas[: letterbox.top] = BORDER
    canvas[bottom:] = BORDER
    canvas[letterbox.top : bottom, : letterbox.left] = BORDER
    canvas[letterbox.top : bottom, right:] = BORDER
    inside = canvas[letterbox.top : bottom, letterbox.left : right]
    if image.shape[:2] == resized:
        inside[:] = image
    else:
        cv2.resize(image, resized[::-1], dst=inside, interpolation=cv2.INTER_LINEAR)
    return canvas


def planes(boxed: np.ndarray, *, into: np.ndarray | None = None) -> np.ndarray:
    """Turn the pixels of a letterboxed image into the colour planes of the input tensor.

    Parameters
    ----------
    boxed : (H, W, 3) uint8
        Blue, green, red.
    into : (3, H, W) float32, optional
        Where to write the result; its content does not matter.

    Returns
    -------
    (3, H, W) float32
        Red, green, blue: pixels as float32, divided by 255; ``into``, or a new array.
    """
    tensor = np.empty((3, *boxed.shape[:2]), np.float32) if into is None else into
    for plane, channel in zip(tensor, reversed(cv2.split(boxed)), strict=True):
        np.copyto(plane, channel, casting="same_kind")
        np.divide(plane, np.float32(255), out=plane)
    return tensor
