"""Non-maximum suppression, bit-equal to ``torchvision.ops.nms`` as Ultralytics calls it."""

import numpy as np

from parity.detection.boxes import cxcywh_to_xyxy
from parity.detection.decoding import Candidates

CLASS_OFFSET_PX = 7680
"""Distance that keeps classes apart (``max_wh`` in ``ultralytics.utils.nms``, 8.4.190)."""

MAX_CANDIDATES = 30000
"""Candidates that take part at most (``max_nms`` in ``ultralytics.utils.nms``, 8.4.190)."""


def nms(boxes: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    """Return the indices of the boxes that no better box overlaps by more than a threshold.

    Parameters
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2 in px.
    scores : (N,) float32
        The better box goes first; of equal scores the earlier one.
    iou : float
        Largest intersection over union that two kept boxes may have.

    Returns
    -------
    (K,) int64
        Indices by falling score.

    Notes
    -----
    All arithmetic is float32 and in torchvision's order; the overlap is compared with the
    threshold in float64, as there.
    """
    order = np.argsort(-scores, kind="stable")
    x1, y1, x2, y2 = boxes[order].T
    area = (x2 - x1) * (y2 - y1)
    alive = np.ones(len(order), bool)
    kept = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        rest = slice(i + 1, None)
        width = np.maximum(0, np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]))
        height = np.maximum(0, np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]))
        intersection = width * height
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = intersection / (area[i] + area[rest] - intersection)
        alive[rest] &= ~(overlap.astype(np.float64) > iou)
    return order[kept]


def suppress(
    candidates: Candidates, *, conf: float, iou: float, max_det: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apply the thresholds and class-wise suppression to candidates of a raw head.

    Parameters
    ----------
    candidates : Candidates
        Boxes as cx, cy, width, height in input px.
    conf : float
        A score must exceed it.
    iou : float
        Largest intersection over union within a class.
    max_det : int
        Detections kept at most.

    Returns
    -------
    boxes : (K, 4) float32
        x1, y1, x2, y2 in input px, by falling score.
    scores : (K,) float32
    class_ids : (K,) int32
    """
    passing = np.flatnonzero(candidates.scores > np.float32(conf))
    if len(passing) > MAX_CANDIDATES:
        best = np.argsort(-candidates.scores[passing], kind="stable")[:MAX_CANDIDATES]
        passing = passing[best]
    boxes = cxcywh_to_xyxy(candidates.boxes[passing])
    scores, class_ids = candidates.scores[passing], candidates.class_ids[passing]
    offsets = class_ids.astype(np.float32)[:, None] * np.float32(CLASS_OFFSET_PX)
    kept = nms(boxes + offsets, scores, iou)[:max_det]
    return boxes[kept], scores[kept], class_ids[kept]


def cut(
    candidates: Candidates, *, conf: float, max_det: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apply the score threshold to candidates of an end-to-end head, which needs no suppression.

    Parameters
    ----------
    candidates : Candidates
        Boxes as x1, y1, x2, y2 in input px.
    conf : float
        A score must exceed it.
    max_det : int
        Detections kept at most.

    Returns
    -------
    boxes : (K, 4) float32
    scores : (K,) float32
    class_ids : (K,) int32
    """
    kept = np.flatnonzero(candidates.scores > np.float32(conf))[:max_det]
    return candidates.boxes[kept], candidates.scores[kept], candidates.class_ids[kept]
