"""Measuring oriented boxes by the IoU of their polygons, and by their probabilistic IoU."""

from typing import Any

import numpy as np

from parity.accuracy.box_measure import labelled_boxes
from parity.accuracy.measure import Measure, Shapes
from parity.comparison.polygons import pairwise_overlap
from parity.detection.detections import Detections
from parity.detection.oriented_boxes import corners_of, probabilistic_iou
from parity.labels.truth import Truth


def detected_oriented(detections: Detections, shape: tuple[int, int]) -> Shapes:  # noqa: ARG001
    """Return oriented boxes as cx, cy, width, height in px and an angle in radians."""
    return [] if detections.oriented is None else detections.oriented.astype(np.float64).tolist()


def labelled_oriented(truth: Truth) -> list[dict[str, Any]]:
    """Return oriented boxes and hulls of annotations."""
    oriented = [] if truth.oriented is None else truth.oriented.tolist()
    return [box | {"obb": each} for box, each in zip(labelled_boxes(truth), oriented, strict=True)]


def overlaps_of_oriented(boxes: Shapes, truth: Truth) -> np.ndarray:
    """Return the IoU of oriented boxes with labels; of a crowd, which share of a box it covers."""
    if not boxes or truth.oriented is None:
        return np.zeros((len(boxes), len(truth)))
    ours = np.array(boxes)
    overlaps = pairwise_overlap(corners_of(ours), corners_of(truth.oriented))
    own, other = ours[:, 2:4].prod(axis=1)[:, None], truth.oriented[:, 2:4].prod(axis=1)
    shared = overlaps * (own + other) / (1 + overlaps)
    covered = np.divide(shared, own, out=np.zeros_like(shared), where=own > 0)
    returned: np.ndarray = np.where(truth.crowd, covered, overlaps)
    return returned


def probabilistic_overlaps(boxes: Shapes, truth: Truth) -> np.ndarray:
    """Return the probabilistic IoU of oriented boxes with labels, by which val compares them."""
    if not boxes or truth.oriented is None:
        return np.zeros((len(boxes), len(truth)))
    ours, theirs = np.array(boxes, np.float32), truth.oriented.astype(np.float32)
    return probabilistic_iou(ours, theirs).astype(np.float64)


ROTATED = Measure(
    "rotated ", "obb", "obb", detected_oriented, labelled_oriented, overlaps_of_oriented
)
PROBABILISTIC = Measure(
    "probabilistic ", None, "obb", detected_oriented, labelled_oriented, probabilistic_overlaps
)
