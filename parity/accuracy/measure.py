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
    """How detections are compared with labels, and what COCO's evaluators call it."""

    title: str
    """What stands before "mAP" in the name of a metric, with a blank after it."""
    iou_type: Literal["bbox", "segm", "keypoints", "obb"] | None
    """What evaluators call it; None if they do not know it."""
    key: str
    """Of an annotation, the shape that is compared."""
    detected: Callable[[Detections, tuple[int, int]], Shapes]
    """The shapes of detections, given the height and width of the image in px."""
    labelled: Callable[[Truth], list[dict[str, Any]]]
    """What an annotation says of the shape of each object."""
    overlaps: Callable[[Shapes, Truth], np.ndarray]
    """How much shapes of detections overlap labelled objects, (N, M) float64; of a crowd, which
    share of the detection it covers."""
    ignored: Callable[[Truth], np.ndarray] = crowds
    """Which objects need not be found, (M,) bool."""
    most: int = 100
    """Detections of a class and image that COCO counts, the best scores first."""
    sigmas: tuple[float, ...] = ()
    """Of keypoints, how far people place each apart."""

    @property
    def names(self) -> tuple[str, str]:
        """Names of its metrics: over IoU thresholds of 0.5 to 0.95, and at 0.5."""
        return f"{self.title}mAP50-95", f"{self.title}mAP50"
