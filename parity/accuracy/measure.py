"""What precision is averaged over: boxes, masks, keypoints or oriented boxes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from parity.detection.detections import Detections
from parity.labels.truth import Truth

Shapes = list[Any]
"""Shapes of detections, as an annotation of COCO gives one."""


def crowds(truth: Truth) -> np.ndarray:
    """Return which objects are crowds, (N,) bool."""
    return truth.crowd


@dataclass(frozen=True)
class Measure:
    """How detections are compared with labels, and what COCO's evaluators call it.

    Attributes
    ----------
    title : str
        What stands before "mAP" in the name of a metric, with a blank after it.
    iou_type : {"bbox", "segm", "keypoints", "obb"} or None
        What evaluators call it; None if they do not know it.
    key : str
        Of an annotation, the shape that is compared.
    detected : callable
        The shapes of detections, given the height and width of the image in px.
    labelled : callable
        What an annotation says of the shape of each object.
    overlaps : callable
        How much shapes of detections overlap labelled objects, (N, M) float64; of a crowd, which
        share of the detection it covers.
    ignored : callable
        Which objects need not be found, (M,) bool.
    most : int
        Detections of a class and image that COCO counts, the best scores first.
    sigmas : tuple of float
        Of keypoints, how far people place each apart.
    """

    title: str
    iou_type: Literal["bbox", "segm", "keypoints", "obb"] | None
    key: str
    detected: Callable[[Detections, tuple[int, int]], Shapes]
    labelled: Callable[[Truth], list[dict[str, Any]]]
    overlaps: Callable[[Shapes, Truth], np.ndarray]
    ignored: Callable[[Truth], np.ndarray] = crowds
    most: int = 100
    sigmas: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """Names of its metrics: over IoU thresholds of 0.5 to 0.95, and at 0.5."""
        return f"{self.title}mAP50-95", f"{self.title}mAP50"
