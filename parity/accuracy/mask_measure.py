"""Measuring masks by their IoU."""

from typing import Any

import numpy as np
from hotcoco import mask as coco

from parity.accuracy.box_measure import labelled_boxes
from parity.accuracy.measure import Measure, Shapes
from parity.detection.detections import Detections
from parity.detection.masks import within_image
from parity.detection.run_length import encode_masks
from parity.labels.truth import Truth


def detected_masks(detections: Detections, shape: tuple[int, int]) -> Shapes:
    """Return masks in the size of the image, as run lengths."""
    if detections.masks is None:
        return []
    masks = within_image(detections.masks, shape)
    return [{"size": list(shape), "counts": counts} for counts in encode_masks(masks)]


def labelled_masks(truth: Truth) -> list[dict[str, Any]]:
    """Return masks and boxes of annotations."""
    boxes = labelled_boxes(truth)
    return [
        box | {"segmentation": mask} for box, mask in zip(boxes, truth.masks or [], strict=True)
    ]


def overlaps_of_masks(masks: Shapes, truth: Truth) -> np.ndarray:
    """Return the IoU of masks with labels; of a crowd, which share of the mask it covers."""
    if not masks or not truth.masks:
        return np.zeros((len(masks), len(truth)))
    overlaps: np.ndarray = coco.iou(masks, truth.masks, truth.crowd)
    return overlaps


MASKS = Measure("mask ", "segm", "segmentation", detected_masks, labelled_masks, overlaps_of_masks)
