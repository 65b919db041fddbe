"""Mapping boxes from the network's input back into the image.

The arithmetic is that of ``ultralytics.utils.ops.scale_boxes`` (8.4.190), rounding included.
"""

import numpy as np


def scale_boxes(
    boxes: np.ndarray, input_shape: tuple[int, int], image_shape: tuple[int, int]
) -> np.ndarray:
    """Map boxes from input coordinates to image coordinates and clip them to the image.

    The gain is recomputed from the two shapes, separately for each axis, as Ultralytics does; on a
    minimal rectangle it may differ from the ratio of :func:`fit`.

    Parameters
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2 in input px.
    input_shape, image_shape : tuple of int
        Height and width, px.

    Returns
    -------
    (N, 4) float32
        x1, y1, x2, y2 in image px, within [0, width] and [0, height].
    """
    gain = min(input_shape[0] / image_shape[0], input_shape[1] / image_shape[1])
    new_height, new_width = (max(round(side * gain), 1) for side in image_shape)
    pad_y = round((input_shape[0] - new_height) / 2 - 0.1)
    pad_x = round((input_shape[1] - new_width) / 2 - 0.1)
    restored = boxes.astype(np.float32)
    restored[:, 0::2] = (restored[:, 0::2] - pad_x) / (new_width / image_shape[1])
    restored[:, 1::2] = (restored[:, 1::2] - pad_y) / (new_height / image_shape[0])
    restored[:, 0::2] = restored[:, 0::2].clip(0, image_shape[1])
    restored[:, 1::2] = restored[:, 1::2].clip(0, image_shape[0])
    return restored
