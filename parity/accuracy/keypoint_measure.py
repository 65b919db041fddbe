"""Measuring keypoints by their object keypoint similarity (OKS)."""

from typing import Any

import numpy as np

from parity.accuracy.box_measure import labelled_boxes
from parity.accuracy.measure import Measure, Shapes
from parity.comparison.measures import COCO_SIGMAS
from parity.detection.detections import Detections
from parity.labels.truth import Truth

MOST = 20
"""Detections of a class and image that COCO counts (``pycocotools.cocoeval.Params``)."""


def keypoint_measure(count: int) -> Measure:
    """Return how so many keypoints of an object are measured."""
    sigmas = sigmas_of(count)

    def overlaps(keypoints: Shapes, truth: Truth) -> np.ndarray:
        return keypoint_similarities(np.array(keypoints).reshape(-1, count, 3), truth, sigmas)

    return Measure(
        "keypoint ",
        "keypoints",
        "keypoints",
        detected_keypoints,
        labelled_keypoints,
        overlaps,
        ignored=without_keypoints,
        most=MOST,
        sigmas=tuple(sigmas.tolist()),
    )


def sigmas_of(count: int) -> np.ndarray:
    """Return how far people place keypoints apart: COCO's for 17, otherwise all alike.

    References
    ----------
    ``ultralytics.models.yolo.pose.val`` (8.4.190).
    """
    return COCO_SIGMAS if count == len(COCO_SIGMAS) else np.full(count, 1 / count)


def detected_keypoints(detections: Detections, shape: tuple[int, int]) -> Shapes:  # noqa: ARG001
    """Return x, y and 1 of each keypoint, one after the other; a visibility counts nowhere."""
    if detections.keypoints is None or not len(detections):
        return []
    points = detections.keypoints.astype(np.float64)
    ones = np.ones((*points.shape[:2], 1))
    flat = np.concatenate([points[..., :2], ones], axis=2).reshape(len(points), -1)
    shapes: Shapes = flat.tolist()
    return shapes


def labelled_keypoints(truth: Truth) -> list[dict[str, Any]]:
    """Return keypoints and boxes of annotations."""
    points = np.zeros((0, 1, 3)) if truth.keypoints is None else truth.keypoints
    counts = count_labelled(points).tolist()
    return [
        box | {"keypoints": each.ravel().tolist(), "num_keypoints": count}
        for box, each, count in zip(labelled_boxes(truth), points, counts, strict=True)
    ]


def without_keypoints(truth: Truth) -> np.ndarray:
    """Return which objects need not be found: crowds, and those without a labelled keypoint."""
    if truth.keypoints is None:
        return truth.crowd
    ignored: np.ndarray = truth.crowd | (count_labelled(truth.keypoints) == 0)
    return ignored


def count_labelled(keypoints: np.ndarray) -> np.ndarray:
    """Return how many keypoints of each object are labelled, (M,) int64."""
    counts: np.ndarray = np.count_nonzero(keypoints[..., 2], axis=1)
    return counts


def keypoint_similarities(keypoints: np.ndarray, truth: Truth, sigmas: np.ndarray) -> np.ndarray:
    """Return the object keypoint similarity of detections with labels.

    Parameters
    ----------
    keypoints : (N, K, 3) float64
        x and y in px; the third number does not count.
    truth : Truth
        M labels.
    sigmas : (K,) float64
        See :func:`sigmas_of`.

    Returns
    -------
    (N, M) float64
        The mean over labelled keypoints; without any, how far keypoints lie outside of the box
        with its sides doubled on each side counts.

    References
    ----------
    ``COCOeval.computeOks`` of pycocotools.
    """
    if truth.keypoints is None:
        return np.zeros((len(keypoints), len(truth)))
    labelled = truth.keypoints[..., 2] > 0
    apart = keypoints[:, None, :, :2] - truth.keypoints[None, ..., :2]
    corner, sides = truth.boxes[:, :2], truth.boxes[:, 2:] - truth.boxes[:, :2]
    low, high = (corner - sides)[:, None], (corner + 2 * sides)[:, None]
    points = keypoints[:, None, :, :2]
    outside = np.maximum(0, low - points) + np.maximum(0, points - high)
    none = count_labelled(truth.keypoints) == 0
    squared = (np.where(none[:, None, None], outside, apart) ** 2).sum(axis=3)
    areas = truth.areas[:, None] + np.spacing(1)
    similar = np.exp(-squared / (2 * sigmas) ** 2 / areas / 2)
    counted = labelled | none[:, None]
    returned: np.ndarray = (similar * counted).sum(axis=2) / counted.sum(axis=1)
    return returned
