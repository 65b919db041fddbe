"""Non-maximum suppression, bit-equal to ``torchvision.ops.nms`` as Ultralytics calls it."""

from dataclasses import replace

import numpy as np

from parity.detection.boxes import cxcywh_to_xyxy
from parity.detection.decoding import Candidates

CLASS_OFFSET_PX = 7680
"""Distance by which the boxes of one class are moved from those of the next, px (``max_wh`` in
``ultralytics.utils.nms``, 8.4.190)."""

MAX_CANDIDATES = 30000
"""Candidates that take part at most (``max_nms`` in ``ultralytics.utils.nms``, 8.4.190)."""

BLOCK = 128
"""Boxes that are compared with each other at a time; the fastest measured, results are the same."""


def nms(boxes: np.ndarray, scores: np.ndarray, iou: float, limit: int | None = None) -> np.ndarray:
    """Return the indices of the boxes that overlap no better box by more than a threshold.

    Parameters
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2 in px.
    scores : (N,) float32
        The best box is kept first; of equal scores the earlier one.
    iou : float
        Largest intersection over union that two kept boxes may have.
    limit : int, optional
        Boxes kept at most.

    Returns
    -------
    (K,) int64
        Indices by falling score.

    Notes
    -----
    All arithmetic is float32 and in torchvision's order; the overlap is compared with the
    threshold as if in float64, as there. The best remaining boxes suppress each other a block at a
    time; then all others that they suppress go at once, so that a crowd costs a few array
    operations per block, not per box.
    """
    threshold = largest_float32(iou)
    left = np.argsort(-scores, kind="stable")
    corners = boxes[left].T
    kept: list[np.ndarray] = []
    count = 0
    while len(left) and (limit is None or count < limit):
        block = corners[:, :BLOCK]
        winners = _settle(_overlapping(block, block, threshold))
        kept.append(left[winners])
        count += len(winners)
        left, corners = left[BLOCK:], corners[:, BLOCK:]
        free = ~_overlapping(block[:, winners], corners, threshold).any(axis=0)
        left, corners = left[free], corners[:, free]
    return np.concatenate([left[:0], *kept])[:limit]


def _settle(suppresses: np.ndarray) -> np.ndarray:
    """Return which boxes stay, given which would suppress which; better boxes come first."""
    undecided = np.ones(len(suppresses), bool)
    winners = []
    for i, row in enumerate(suppresses):
        if undecided[i]:
            winners.append(i)
            undecided &= ~row
    return np.array(winners)


def _overlapping(a: np.ndarray, b: np.ndarray, threshold: np.float32) -> np.ndarray:
    """Return which boxes of (4, N) and (4, M) have an IoU above a threshold, (N, M) bool.

    Boxes that do not meet are found by four comparisons; the arithmetic is spent on the others.
    """
    a_x1, a_y1, a_x2, a_y2 = a[:, :, None]
    above = (a_x1 < b[2]) & (b[0] < a_x2) & (a_y1 < b[3]) & (b[1] < a_y2)
    rows, columns = np.nonzero(above)
    above[rows, columns] = _iou(a[:, rows], b[:, columns]) > threshold
    returned: np.ndarray = above
    return returned


def _iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the IoU of the boxes of (4, N) with those of (4, N) one by one, as torchvision."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        width = np.maximum(np.minimum(a[2], b[2]) - np.maximum(a[0], b[0]), 0)
        height = np.maximum(np.minimum(a[3], b[3]) - np.maximum(a[1], b[1]), 0)
        intersection = width * height
        a_area = (a[2] - a[0]) * (a[3] - a[1])
        b_area = (b[2] - b[0]) * (b[3] - b[1])
        returned: np.ndarray = intersection / (a_area + b_area - intersection)
        return returned


def largest_float32(value: float) -> np.float32:
    """Return the largest float32 that is at most a number.

    A float32 exceeds the number exactly if it exceeds this.
    """
    nearest = np.float32(value)
    return nearest if float(nearest) <= value else np.nextafter(nearest, np.float32(-np.inf))


def best_candidates(scores: np.ndarray, conf: float) -> np.ndarray:
    """Return the indices of the candidates that take part in suppression.

    Parameters
    ----------
    scores : (N,) float32
        Of the candidates.
    conf : float
        A score must exceed it.
    """
    passing = np.flatnonzero(scores > np.float32(conf))
    if len(passing) > MAX_CANDIDATES:
        best = np.argsort(-scores[passing], kind="stable")[:MAX_CANDIDATES]
        passing = passing[best]
    return passing


def suppress(candidates: Candidates, *, conf: float, iou: float, max_det: int) -> Candidates:
    """Apply the thresholds and class-wise NMS to candidates of a raw head.

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
    Candidates
        Those that stay, by falling score; boxes as x1, y1, x2, y2 in input px.
    """
    passing = candidates.at(best_candidates(candidates.scores, conf))
    corners = replace(passing, boxes=cxcywh_to_xyxy(passing.boxes))
    offsets = corners.class_ids.astype(np.float32)[:, None] * np.float32(CLASS_OFFSET_PX)
    return corners.at(nms(corners.boxes + offsets, corners.scores, iou, limit=max_det))


def cut(candidates: Candidates, *, conf: float, max_det: int) -> Candidates:
    """Apply the confidence threshold to candidates of an end-to-end head, which needs no NMS.

    Parameters
    ----------
    candidates : Candidates
        Finished boxes, see :class:`Candidates`.
    conf : float
        A score must exceed it.
    max_det : int
        Detections kept at most.

    Returns
    -------
    Candidates
        Those that stay, in their order.
    """
    return candidates.at(np.flatnonzero(candidates.scores > np.float32(conf))[:max_det])
