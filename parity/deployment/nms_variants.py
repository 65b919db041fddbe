"""Which candidates survive, by the choices of a pipeline."""

import cv2
import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.detection.nms import CLASS_OFFSET_PX, nms


def passing(pipeline: Pipeline, scores: np.ndarray) -> np.ndarray:
    """Return the indices of the scores, (N,) float32, that the confidence threshold lets pass."""
    conf = np.float32(pipeline.conf)
    return np.flatnonzero(scores >= conf if pipeline.conf_inclusive else scores > conf)


def select(
    pipeline: Pipeline, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    """Return the indices of the boxes that are kept, in the order in which they are handed out.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices of suppression.
    boxes : (N, 4) float32
        x1, y1, x2, y2 as suppression is given them.
    scores : (N,) float32
        They pass the confidence threshold.
    class_ids : (N,) int32
        Classes.
    """
    if not len(boxes):
        return np.zeros(0, np.int64)
    order = np.argsort(-scores, kind="stable") if pipeline.sorted else np.arange(len(scores))
    if pipeline.suppression in ("none", "best"):
        return order[: 1 if pipeline.suppression == "best" else pipeline.max_det]
    if pipeline.suppression == "best_per_class":
        first = np.unique(class_ids[order], return_index=True)[1]
        return order[np.sort(first)][: pipeline.max_det]
    if pipeline.suppressed_in == "integers":
        boxes = np.trunc(boxes)
    if pipeline.overlap.startswith("nmsboxes"):
        kept = _nmsboxes(pipeline, boxes, scores, class_ids)
        return kept[: pipeline.max_det]
    if pipeline.suppression == "classwise":
        offsets = class_ids.astype(np.float32)[:, None] * np.float32(CLASS_OFFSET_PX)
        boxes = boxes + offsets
    if pipeline.overlap == "iou":
        ranks = scores if pipeline.sorted else -np.arange(len(scores), dtype=np.float32)
        return nms(boxes, ranks, pipeline.iou, pipeline.max_det)
    return _suppress(boxes, order, pipeline)


def _nmsboxes(
    pipeline: Pipeline, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    rectangles = boxes.astype(np.float64)
    if pipeline.overlap == "nmsboxes":
        rectangles[:, 2:] -= rectangles[:, :2]
    if pipeline.suppressed_in == "integers":
        rectangles = np.trunc(rectangles)
    rectangles = np.nan_to_num(rectangles)
    best = np.argsort(-scores, kind="stable")[: 4 * pipeline.max_det + 100]
    for used in (best, np.arange(len(scores))):
        given = rectangles[used], scores[used]
        if pipeline.suppression == "classwise":
            kept = cv2.dnn.NMSBoxesBatched(*given, class_ids[used], 0.0, pipeline.iou)
        else:
            kept = cv2.dnn.NMSBoxes(*given, 0.0, pipeline.iou)
        if len(used) == len(scores) or len(kept) >= pipeline.max_det:
            break
    return used[np.asarray(kept, np.int64).reshape(-1)]


def _suppress(boxes: np.ndarray, order: np.ndarray, pipeline: Pipeline) -> np.ndarray:
    x1, y1, x2, y2 = boxes[order].astype(np.float64).T
    more = 1.0 if pipeline.overlap == "plus_one" else 0.0
    area = (x2 - x1 + more) * (y2 - y1 + more)
    alive = np.ones(len(order), bool)
    kept: list[int] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        if len(kept) == pipeline.max_det:
            break
        rest = slice(i + 1, None)
        width = np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]) + more
        height = np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]) + more
        if pipeline.overlap == "plus_one":
            width, height = np.maximum(width, 0), np.maximum(height, 0)
        intersection = width * height
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = intersection / (area[i] + area[rest] - intersection)
        alive[rest] &= ~(overlap > pipeline.iou)
    return order[kept]


def merge(
    pipeline: Pipeline,
    boxes: np.ndarray,
    scores: np.ndarray,
    class_ids: np.ndarray,
    kept: np.ndarray,
) -> np.ndarray:
    """Return the boxes of the kept, each the mean of those it overlaps, weighted by score.

    Parameters
    ----------
    pipeline : Pipeline
        Its IoU threshold, and whether classes are kept apart.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in any frame.
    scores : (N,) float32
        Weights.
    class_ids : (N,) int32
        Classes.
    kept : (K,) int64
        What :func:`select` returned.

    Returns
    -------
    (K, 4) float32
    """
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    merged = np.empty((len(kept), 4), np.float32)
    for row, i in enumerate(kept):
        sides = np.minimum(boxes[i, 2:], boxes[:, 2:]) - np.maximum(boxes[i, :2], boxes[:, :2])
        intersection = np.prod(np.maximum(sides, 0), axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = intersection / (areas[i] + areas - intersection)
        joined = overlap > pipeline.iou
        if pipeline.suppression == "classwise":
            joined &= class_ids == class_ids[i]
        joined[i] = True
        weights = scores[joined].astype(np.float64)
        merged[row] = weights @ boxes[joined] / weights.sum()
    return merged
