"""Mapping keypoints from the network's input back into the image."""

import numpy as np

from parity.detection.rescaling import Mapping


def scale_keypoints(
    keypoints: np.ndarray, input_shape: tuple[int, int], image_shape: tuple[int, int]
) -> np.ndarray:
    """Map keypoints to image coordinates and clip them to the image.

    The arithmetic is that of ``ultralytics.utils.ops.scale_coords`` (8.4.190).

    Parameters
    ----------
    keypoints : (N, K, 2 or 3) float32
        x and y in input px, then visibility, which stays.
    input_shape, image_shape : tuple of int
        Height and width, px.

    Returns
    -------
    (N, K, 2 or 3) float32
        x within [0, width] and y within [0, height] of the image.
    """
    mapping = Mapping.between(input_shape, image_shape)
    scaled = keypoints.astype(np.float32)
    scaled[..., 0] = ((scaled[..., 0] - mapping.pad_x) / mapping.gain_x).clip(0, image_shape[1])
    scaled[..., 1] = ((scaled[..., 1] - mapping.pad_y) / mapping.gain_y).clip(0, image_shape[0])
    return scaled


def boxes_around_points(keypoints: np.ndarray) -> np.ndarray:
    """Return the boxes around keypoints, x1, y1, x2, y2 in their unit, (N, 4).

    Parameters
    ----------
    keypoints : (N, K, 2 or 3) float
        x and y, and visibility.
    """
    points = keypoints[..., :2]
    return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
