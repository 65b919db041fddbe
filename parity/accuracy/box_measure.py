"""Measuring boxes by their IoU."""

from typing import Any

import numpy as np
from hotcoco.primitives import bbox_iou

from parity.accuracy.measure import Measure, Shapes
from parity.detection.boxes import xyxy_to_xywh
from parity.detection.detections import Detections
from parity.labels.truth import Truth


def box_measure(title: str = "") -> Measure:
    """Return how boxes are measured."""
    return Measure(title, "bbox", "bbox", detected_boxes, labelled_boxes, overlaps_of_boxes)


def detected_boxes(detections: Detections, shape: tuple[int, int]) -> Shapes:  # noqa: ARG001
    """Return boxes as x, y, width, height in px."""
    shapes: Shapes = xyxy_to_xywh(detections.boxes.astype(np.float64)).tolist()
    return shapes


def labelled_boxes(truth: Truth) -> list[dict[str, Any]]:
    """Return the boxes of annotations."""
    return [{"bbox": box} for box in xyxy_to_xywh(truth.boxes).tolist()]


def overlaps_of_boxes(boxes: Shapes, truth: Truth) -> np.ndarray:
    """Return the IoU of boxes with labels; of a crowd, which share of the box it covers."""
    ours = np.array(boxes, np.float64).reshape(-1, 4)
    overlaps: np.ndarray = bbox_iou(ours, xyxy_to_xywh(truth.boxes), truth.crowd)
    return overlaps
