"""Oriented boxes: cx, cy, width, height in px and an angle in radians.

The angle turns from the x axis towards the y axis, which points down. Suppression and rescaling do
what ``ultralytics`` 8.4.190 does, in float32 and in its order.
"""

import numpy as np

from parity.detection.decoding import Candidates
from parity.detection.nms import CLASS_OFFSET_PX, best_candidates, largest_float32
from parity.detection.rescaling import Mapping

EPSILON = np.float32(1e-7)
"""Keeps divisions and logarithms finite (``eps`` of ``batch_probiou``)."""

HALF, QUARTER = np.float32(0.5), np.float32(0.25)

BLOCK = 256
"""Boxes that are compared with all better ones at a time: bounds the memory, not the result."""

LARGEST_DISTANCE = np.float32(100.0)
"""Bhattacharyya distances are clipped to it (``batch_probiou``)."""


def probabilistic_iou(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return how alike oriented boxes are, each taken for a Gaussian of the same covariance.

    1 minus the Hellinger distance (Llerena et al. 2021, "Gaussian Bounding Boxes and Probabilistic
    Intersection-over-Union"), as ``ultralytics.utils.metrics.batch_probiou`` computes it.

    Parameters
    ----------
    ours, theirs : (N, 5) and (M, 5) float32
        Oriented boxes.

    Returns
    -------
    (N, M) float32
    """
    x1, y1 = ours[:, 0:1], ours[:, 1:2]
    x2, y2 = theirs[None, :, 0], theirs[None, :, 1]
    a1, b1, c1 = (each[:, None] for each in _covariance(ours))
    a2, b2, c2 = (each[None] for each in _covariance(theirs))
    with np.errstate(all="ignore"):
        a, b, c = a1 + a2, b1 + b2, c1 + c2
        determinant = a * b - c**2
        t1 = (a * (y1 - y2) ** 2 + b * (x1 - x2) ** 2) / (determinant + EPSILON) * QUARTER
        t2 = (c * (x2 - x1) * (y1 - y2)) / (determinant + EPSILON) * HALF
        own = np.maximum(a1 * b1 - c1**2, 0) * np.maximum(a2 * b2 - c2**2, 0)
        t3 = np.log(determinant / (4 * np.sqrt(own) + EPSILON) + EPSILON) * HALF
        distance = (t1 + t2 + t3).clip(EPSILON, LARGEST_DISTANCE)
        hellinger = np.sqrt(np.float32(1.0) - np.exp(-distance) + EPSILON)
    alike: np.ndarray = 1 - hellinger
    return alike


def _covariance(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = boxes[:, 2] ** 2 / 12, boxes[:, 3] ** 2 / 12
    cos, sin = np.cos(boxes[:, 4]), np.sin(boxes[:, 4])
    return a * cos**2 + b * sin**2, a * sin**2 + b * cos**2, (a - b) * cos * sin


def suppress_oriented(
    candidates: Candidates, *, conf: float, iou: float, max_det: int
) -> Candidates:
    """Apply the thresholds and class-wise suppression to oriented candidates.

    Unlike ordinary NMS, a box that is suppressed itself still suppresses (``TorchNMS.fast_nms``).

    Parameters
    ----------
    candidates : Candidates
        Boxes as cx, cy, width, height in input px; the last of the extras is the angle.
    conf : float
        A score must exceed it.
    iou : float
        Largest :func:`probabilistic_iou` with a better box of the class.
    max_det : int
        Detections kept at most.

    Returns
    -------
    Candidates
        Those that stay, by falling score.
    """
    passing = best_candidates(candidates.scores, conf)
    ranked = candidates.at(passing[np.argsort(-candidates.scores[passing], kind="stable")])
    boxes = oriented_boxes(ranked)
    boxes[:, :2] += ranked.class_ids.astype(np.float32)[:, None] * np.float32(CLASS_OFFSET_PX)
    threshold = largest_float32(iou)
    stay: list[int] = []
    for first in range(0, len(boxes), BLOCK):
        if len(stay) >= max_det:
            break
        alike = probabilistic_iou(boxes[: first + BLOCK], boxes[first : first + BLOCK]) > threshold
        better = np.arange(len(alike))[:, None] < np.arange(first, first + alike.shape[1])
        stay += (first + np.flatnonzero(~(alike & better).any(axis=0))).tolist()
    return ranked.at(np.array(stay[:max_det], int))


def oriented_boxes(candidates: Candidates) -> np.ndarray:
    """Return the oriented boxes of candidates, (N, 5) float32 in input px."""
    return np.concatenate([candidates.boxes, candidates.extras[:, -1:]], axis=1)


def scale_oriented(
    boxes: np.ndarray, input_shape: tuple[int, int], image_shape: tuple[int, int]
) -> np.ndarray:
    """Map oriented boxes to image coordinates; they are not clipped.

    Parameters
    ----------
    boxes : (N, 5) float32
        In input px.
    input_shape, image_shape : tuple of int
        Height and width, px.

    Returns
    -------
    (N, 5) float32
        In image px.
    """
    mapping = Mapping.between(input_shape, image_shape)
    scaled = boxes.astype(np.float32)
    scaled[:, 0] = (scaled[:, 0] - mapping.pad_x) / mapping.gain_x
    scaled[:, 1] = (scaled[:, 1] - mapping.pad_y) / mapping.gain_y
    scaled[:, 2] /= mapping.gain_x
    scaled[:, 3] /= mapping.gain_y
    return scaled


def corners_of(boxes: np.ndarray) -> np.ndarray:
    """Return the corners of oriented boxes, in order around the box.

    Parameters
    ----------
    boxes : (N, 5) float
        Oriented boxes.

    Returns
    -------
    (N, 4, 2) float
        x and y, in the order of ``ultralytics.utils.ops.xywhr2xyxyxyxy``.
    """
    centre, (width, height) = boxes[:, None, :2], boxes[:, 2:4].T
    cos, sin = np.cos(boxes[:, 4]), np.sin(boxes[:, 4])
    along = np.stack([width / 2 * cos, width / 2 * sin], axis=1)[:, None]
    across = np.stack([-height / 2 * sin, height / 2 * cos], axis=1)[:, None]
    sides = [along + across, along - across, -along - across, -along + across]
    return np.concatenate([centre + side for side in sides], axis=1)


def hulls_of(boxes: np.ndarray) -> np.ndarray:
    """Return the smallest upright boxes that hold oriented ones, (N, 4): x1, y1, x2, y2."""
    corners = corners_of(boxes)
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def rectangles_of(corners: np.ndarray) -> np.ndarray:
    """Return the oriented boxes of corners that are in order around them.

    Opposite sides of corners that were rounded or clipped differ; their means count, and the longer
    pair for the angle.

    Parameters
    ----------
    corners : (N, 4, 2) float

    Returns
    -------
    (N, 5) float
    """
    first, second, third, last = np.moveaxis(corners, 1, 0)
    along, across = (second - first + third - last) / 2, (third - second + last - first) / 2
    width, height = np.hypot(*along.T), np.hypot(*across.T)
    turned = np.copysign(np.pi / 2, along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0])
    of_across = np.arctan2(across[:, 1], across[:, 0]) - turned
    of_across -= 2 * np.pi * np.rint(of_across / (2 * np.pi))
    angle = np.where(height > width, of_across, np.arctan2(along[:, 1], along[:, 0]))
    sides = np.stack([width, height, angle], axis=1)
    return np.concatenate([corners.mean(axis=1), sides], axis=1)
