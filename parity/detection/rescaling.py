"""Mapping boxes from the network's input back into the image.

The arithmetic is that of ``ultralytics.utils.ops.scale_boxes`` (8.4.190), rounding included.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from parity.detection.head import Fitted


@dataclass(frozen=True)
class Mapping:
    """Where an image lies in the network's input, as Ultralytics computes it from two shapes.

    The gain is recomputed separately for each axis; on a minimal rectangle it may differ from the
    ratio of :func:`parity.detection.letterbox.fit`.
    """

    gain_x: float
    gain_y: float
    """Input px per image px."""
    pad_x: int
    pad_y: int
    """Border at the left and at the top, input px."""

    @classmethod
    def between(
        cls,
        input_shape: tuple[int, int],
        image_shape: tuple[int, int],
        fitted: Fitted = "letterbox",
    ) -> Self:
        """Return the mapping between two shapes, each height and width in px; not if stretched."""
        gain = min(input_shape[0] / image_shape[0], input_shape[1] / image_shape[1])
        if fitted == "top left":
            return cls(gain_x=gain, gain_y=gain, pad_x=0, pad_y=0)
        height, width = (max(round(side * gain), 1) for side in image_shape)
        return cls(
            gain_x=width / image_shape[1],
            gain_y=height / image_shape[0],
            pad_x=round((input_shape[1] - width) / 2 - 0.1),
            pad_y=round((input_shape[0] - height) / 2 - 0.1),
        )


def scale_boxes(
    boxes: np.ndarray,
    input_shape: tuple[int, int],
    image_shape: tuple[int, int],
    fitted: Fitted = "letterbox",
) -> np.ndarray:
    """Map boxes from input coordinates to image coordinates and clip them to the image.

    Parameters
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2 in input px; in fractions where the image was stretched.
    input_shape, image_shape : tuple of int
        Height and width, px.
    fitted : Fitted
        How the image was fitted into the input.

    Returns
    -------
    (N, 4) float32
        x1, y1, x2, y2 in image px, within [0, width] and [0, height] unless it was stretched, see
        :attr:`parity.detection.head.NetworkHead.clips`.
    """
    restored = boxes.astype(np.float32)
    if fitted == "stretch":
        return restored * np.array([*image_shape[::-1]] * 2, np.float32)
    mapping = Mapping.between(input_shape, image_shape, fitted)
    restored[:, 0::2] = (restored[:, 0::2] - mapping.pad_x) / mapping.gain_x
    restored[:, 1::2] = (restored[:, 1::2] - mapping.pad_y) / mapping.gain_y
    restored[:, 0::2] = restored[:, 0::2].clip(0, image_shape[1])
    restored[:, 1::2] = restored[:, 1::2].clip(0, image_shape[0])
    return restored
