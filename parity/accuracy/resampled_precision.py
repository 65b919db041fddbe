"""Matching detections with labels by the rules of COCO, in a form that can be resampled.

The values of the report come from a COCO evaluator, see
:mod:`parity.accuracy.mean_average_precision`. It does not say which detection found which object,
so that is computed here; the mean average precision that follows from it is the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parity.data.labels import Truth
from parity.detection.detections import Detections

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""The ten thresholds of COCO's mAP50-95."""

RECALLS = np.linspace(0, 1, 101)
"""The recalls at which COCO takes the precision."""

MAX_PER_CLASS = 100
"""Detections of a class and image that COCO counts, the best scores first."""

UNMATCHED, IGNORED = -1, -2


def overlaps(boxes: np.ndarray, truth: Truth) -> np.ndarray:
    """Return how far boxes overlap labels; of a crowd, which share of the box it covers.

    Parameters
    ----------
    boxes : (N, 4) float
        x1, y1, x2, y2 in px.
    truth : Truth
        M labels.

    Returns
    -------
    (N, M) float64
    """
    mine = boxes.astype(np.float64)
    corner1 = np.maximum(mine[:, None, :2], truth.boxes[None, :, :2])
    corner2 = np.minimum(mine[:, None, 2:], truth.boxes[None, :, 2:])
    shared = np.clip(corner2 - corner1, 0, None).prod(axis=2)
    own = (mine[:, 2:] - mine[:, :2]).prod(axis=1)[:, None]
    other = (truth.boxes[:, 2:] - truth.boxes[:, :2]).prod(axis=1)[None, :]
    union = np.where(truth.crowd, own, own + other - shared)
    returned: np.ndarray = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return returned


def assign_labels(overlap: np.ndarray, crowd: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Give labels of one class to detections of that class, the best score first.

    Parameters
    ----------
    overlap : (N, M) float64
        Of detections, by falling score, with labels.
    crowd : (M,) bool
        Labels that any number of detections may take without counting.
    thresholds : (T,) float64
        Smallest overlaps.

    Returns
    -------
    (T, N) int64
        Index of the label that each detection takes; -1 none, -2 a crowd.

    References
    ----------
    ``COCOeval.evaluateImg`` of pycocotools: a detection takes the free label that it overlaps
    most, of equal ones the last, and a crowd only if there is no such label.
    """
    taken = np.full((len(thresholds), len(overlap)), UNMATCHED)
    if not overlap.size:
        return taken
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    free = np.broadcast_to(~crowd, (len(thresholds), len(crowd))).copy()
    rows = np.arange(len(thresholds))
    for i, row in enumerate(overlap):
        usable = np.where(free & (row >= least), row, -1.0)
        best = usable.shape[1] - 1 - usable[:, ::-1].argmax(axis=1)
        found = usable[rows, best] >= 0
        taken[found, i] = best[found]
        free[rows[found], best[found]] = False
        inside = (crowd & (row >= least)).any(axis=1)
        taken[~found & inside, i] = IGNORED
    return taken


@dataclass(frozen=True)
class ClassScores:
    """All detections of one class in all images, by falling score.

    Attributes
    ----------
    image : (N,) int64
        Position of the image that each lies in.
    found : (T, N) bool
        Whether it found an object, at each threshold of overlap.
    counts : (T, N) bool
        Whether it counts at all; what lies in a crowd does not.
    objects : (I,) int64
        Labelled objects of the class by image.
    """

    image: np.ndarray
    found: np.ndarray
    counts: np.ndarray
    objects: np.ndarray


def score_classes(
    detections: Mapping[str, Detections], truths: Mapping[str, Truth]
) -> dict[int, ClassScores]:
    """Return which detections of an arm found an object, by class that is labelled anywhere.

    Parameters
    ----------
    detections : mapping of str to Detections
        By image; every labelled image is in it.
    truths : mapping of str to Truth
        By image.
    """
    labelled = sorted({int(c) for truth in truths.values() for c in truth.class_ids})
    scores: dict[int, list[np.ndarray]] = {c: [] for c in labelled}
    images: dict[int, list[np.ndarray]] = {c: [] for c in labelled}
    taken: dict[int, list[np.ndarray]] = {c: [] for c in labelled}
    objects = {c: np.zeros(len(truths), np.int64) for c in labelled}
    for position, (name, truth) in enumerate(truths.items()):
        mine = detections[name]
        overlap = overlaps(mine.boxes, truth)
        for c in {*truth.class_ids.tolist(), *mine.class_ids.tolist()} & set(labelled):
            order = np.flatnonzero(mine.class_ids == c)
            order = order[np.argsort(-mine.scores[order], kind="stable")][:MAX_PER_CLASS]
            labels = np.flatnonzero(truth.class_ids == c)
            crowd = truth.crowd[labels]
            objects[c][position] = np.count_nonzero(~crowd)
            scores[c].append(mine.scores[order])
            images[c].append(np.full(len(order), position))
            taken[c].append(assign_labels(overlap[np.ix_(order, labels)], crowd, IOU_THRESHOLDS))
    result = {}
    for c in labelled:
        order = np.argsort(-np.concatenate(scores[c]), kind="stable")
        all_taken = np.concatenate(taken[c], axis=1)[:, order]
        image = np.concatenate(images[c])[order]
        result[c] = ClassScores(image, all_taken >= 0, all_taken != IGNORED, objects[c])
    return result


def average_precision(scores: ClassScores, weights: np.ndarray) -> np.ndarray:
    """Return the average precision of a class for several weightings of the images.

    Parameters
    ----------
    scores : ClassScores
        N detections.
    weights : (B, I) int64
        How often each image counts: all ones for the plain value, or draws of a bootstrap.

    Returns
    -------
    (B, T) float64
        NaN where the weighted images show no object of the class.

    References
    ----------
    ``COCOeval.accumulate`` of pycocotools: the precision, made monotonic, at the first
    detection that reaches each of 101 recalls.
    """
    objects = weights @ scores.objects
    result = np.zeros((len(weights), len(IOU_THRESHOLDS)))
    result[objects == 0] = np.nan
    total = np.maximum(objects, 1)
    needed = np.ceil(RECALLS * total[:, None] - 1e-9).astype(np.int64)
    length = scores.image.size
    if not length:
        return result
    own = weights[:, scores.image]
    span = int(total.max()) + 2
    starts = np.arange(len(weights))[:, None]
    for t in range(len(IOU_THRESHOLDS)):
        found = np.cumsum(own * scores.found[t], axis=1)
        wrong = np.cumsum(own * (~scores.found[t] & scores.counts[t]), axis=1)
        seen = np.maximum(found + wrong, 1)
        precision = np.maximum.accumulate((found / seen)[:, ::-1], axis=1)[:, ::-1]
        keys = (np.minimum(found, span - 1) + starts * span).ravel()
        where = np.searchsorted(keys, needed + starts * span) - starts * length
        padded = np.concatenate([precision, np.zeros((len(weights), 1))], axis=1)
        at = np.take_along_axis(padded, np.minimum(where, length), axis=1)
        result[:, t] = np.where(objects > 0, at.mean(axis=1), np.nan)
    return result
