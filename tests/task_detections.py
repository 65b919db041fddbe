"""Detections of every task that no network made: masks, skeletons and rotated boxes in boxes."""

from typing import Any

import cv2
import numpy as np

from parity.detection.oriented_boxes import corners_of
from parity.detection.run_length import encode_masks

PERSON = np.array(
    [
        *([0.5, 0.08], [0.54, 0.06], [0.46, 0.06], [0.6, 0.08], [0.4, 0.08]),
        *([0.7, 0.25], [0.3, 0.25], [0.8, 0.42], [0.2, 0.42], [0.85, 0.58], [0.15, 0.58]),
        *([0.62, 0.55], [0.38, 0.55], [0.64, 0.77], [0.36, 0.77], [0.66, 0.97], [0.34, 0.97]),
    ]
)
"""COCO's 17 keypoints of somebody who stands, as shares of the box."""

TILT = 0.4
"""Angle of rotated boxes, radians."""


def with_task(task: str, found: dict[str, list], shape: tuple[int, int]) -> dict[str, Any]:
    """Return what an arm reports for an image, with what a task adds to its boxes.

    Parameters
    ----------
    task : str
        A key of ``TASKS``.
    found : dict
        ``boxes``, ``scores`` and ``class_ids`` of detect.
    shape : tuple of int
        Height and width of the image, px.
    """
    height, width = shape
    boxes = np.array(found["boxes"], np.float64).reshape(-1, 4)
    corners, sizes = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    if task == "segment":
        masks = np.zeros((len(boxes), *shape), np.uint8)
        for mask, centre, size in zip(masks, corners + sizes / 2, sizes, strict=True):
            axes = tuple(np.maximum(size / 2, 1).round().astype(int).tolist())
            cv2.ellipse(mask, tuple(centre.round().astype(int).tolist()), axes, 0, 0, 360, 1, -1)
            cv2.circle(mask, tuple(centre.round().astype(int).tolist()), 6, 0, -1)
        return {**found, "masks": encode_masks(masks), "mask_shape": shape}
    if task == "pose":
        points = corners[:, None] + PERSON * sizes[:, None]
        visible = np.tile(np.linspace(0.95, 0.1, len(PERSON))[:, None], (len(boxes), 1, 1))
        return {**found, "keypoints": np.concatenate([points, visible], axis=2).tolist()}
    if task == "obb":
        tilts = np.full((len(boxes), 1), TILT)
        oriented = np.concatenate([corners + sizes / 2, sizes * [1, 0.5], tilts], axis=1)
        around = corners_of(oriented)
        hulls = np.concatenate([around.min(axis=1), around.max(axis=1)], axis=1)
        return {**found, "boxes": hulls.tolist(), "oriented": oriented.tolist()}
    if task == "classify":
        ranked = dict(zip(found["class_ids"], found["scores"], strict=True))  # of a class, the last
        labels = sorted(ranked.items(), key=lambda label: -label[1])
        return {
            "boxes": [[0.0, 0.0, width, height] for _ in labels],
            "scores": [score for _, score in labels],
            "class_ids": [label for label, _ in labels],
        }
    return found
