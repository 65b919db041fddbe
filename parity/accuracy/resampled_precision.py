"""Matching detections with labels by the rules of COCO, in a form that can be resampled.

The values of the report come from a COCO evaluator, see
:mod:`parity.accuracy.mean_average_precision`. It cannot weight images, so which detection found
which object is computed here; the mean average precision that follows from it is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parity.accuracy.mean_average_precision import Detected
from parity.accuracy.measure import Measure
from parity.labels.truth import Truth

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""The ten thresholds of COCO's mAP50-95."""

RECALLS = np.linspace(0, 1, 101)
"""The recalls at which COCO takes the precision."""

UNMATCHED, IGNORED = -1, -2


def assign_labels(
    overlap: np.ndarray, thresholds: np.ndarray, *, crowd: np.ndarray, ignored: np.ndarray
) -> np.ndarray:
    """Give labels of one class to detections of that class, the best score first.

    Parameters
    ----------
    overlap : (N, M) float64
        Of detections, by falling score, with labels.
    thresholds : (T,) float64
        Smallest overlaps.
    crowd : (M,) bool
        Labels that any number of detections may take.
    ignored : (M,) bool
        Labels, all crowds among them, that do not count, nor does what takes them.

    Returns
    -------
    (T, N) int64
        Index of the label that each detection takes; -1 none, -2 an ignored one.

    References
    ----------
    ``COCOeval.evaluateImg`` of pycocotools: a detection takes the free label that it overlaps
    most, of equal ones the last, and an ignored one only if there is no other.
    """
    taken = np.full((len(thresholds), len(overlap)), UNMATCHED)
    if not overlap.size:
        return taken
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    free = np.ones((len(thresholds), len(crowd)), bool)
    for i, row in enumerate(overlap):
        near = (free | crowd) & (row >= least)
        best, found = _last_of_the_most(row, near & ~ignored)
        spare, spared = _last_of_the_most(row, near & ignored)
        taken[:, i] = np.where(found, best, np.where(spared, IGNORED, UNMATCHED))
        rows = np.flatnonzero(found | spared)
        free[rows, np.where(found, best, spare)[rows]] = False
    return taken


def _last_of_the_most(row: np.ndarray, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest usable number of a row, the last of equal ones, and whether one is."""
    values = np.where(usable, row, -1.0)
    best = values.shape[1] - 1 - values[:, ::-1].argmax(axis=1)
    return best, values.max(axis=1) >= 0


@dataclass(frozen=True)
class ClassScores:
    """All detections of one class in all images, by falling score."""

    image: np.ndarray
    """(N,) int64. Position of the image that each lies in."""
    found: np.ndarray
    """(T, N) bool. Whether it found an object, at each threshold of overlap."""
    counts: np.ndarray
    """(T, N) bool. Whether it counts at all; what takes an ignored label does not."""
    objects: np.ndarray
    """(I,) int64. Labelled objects of the class by image."""


class ScoreCollector:
    """Collects which detections of an arm found an object, image by image.

    Parameters
    ----------
    truths : sequence of Truth
        The labels of all images.
    measure : Measure
        What overlaps are of.
    """

    def __init__(self, truths: Sequence[Truth], measure: Measure) -> None:
        self._measure = measure
        labelled = sorted({int(c) for truth in truths for c in truth.class_ids})
        self._objects = {c: np.zeros(len(truths), np.int64) for c in labelled}
        self._parts: dict[int, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {
            c: [(np.zeros(0), np.zeros(0, np.int64), np.zeros((len(IOU_THRESHOLDS), 0), np.int64))]
            for c in labelled
        }

    def add(self, position: int, detected: Detected, overlap: np.ndarray, truth: Truth) -> None:
        """Add an image.

        Parameters
        ----------
        position : int
            Of the image.
        detected : Detected
            What an arm detects in it.
        overlap : (N, M) float64
            Of detections with labels.
        truth : Truth
            M labels.
        """
        scores, class_ids = detected.scores, detected.class_ids
        ignored = self._measure.ignored(truth)
        present = {*truth.class_ids.tolist(), *class_ids.tolist()}
        for c in present & self._parts.keys():
            order = np.flatnonzero(class_ids == c)
            order = order[np.argsort(-scores[order], kind="stable")][: self._measure.most]
            labels = np.flatnonzero(truth.class_ids == c)
            taken = assign_labels(
                overlap[np.ix_(order, labels)],
                IOU_THRESHOLDS,
                crowd=truth.crowd[labels],
                ignored=ignored[labels],
            )
            self._objects[c][position] = np.count_nonzero(~ignored[labels])
            self._parts[c].append((scores[order], np.full(len(order), position), taken))

    def results(self) -> dict[int, ClassScores]:
        """Return what was collected, by class that is labelled anywhere."""
        found = {}
        for c, parts in self._parts.items():
            scores, image, taken = (
                np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)
            )
            order = np.argsort(-scores, kind="stable")
            taken = taken[:, order]
            found[c] = ClassScores(image[order], taken >= 0, taken != IGNORED, self._objects[c])
        return found


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
    needed = objects_for(RECALLS, total[:, None])
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


def objects_for(recalls: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return how many of all objects must be found to reach recalls, as float64 divides them."""
    about = np.floor(recalls * total)
    enough = [(about + step) / total >= recalls for step in (-1, 0, 1)]
    needed: np.ndarray = about.astype(np.int64) + np.select(enough, (-1, 0, 1), 2)
    return needed
