"""Sorting the mistakes of an arm into types, and what a conversion moves between them.

The types and their order are those of D. Bolya et al., "TIDE: a general toolbox for identifying
object detection errors", ECCV 2020; here they are counted at the thresholds of the deployment.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from parity.accuracy.resampled_precision import assign_labels
from parity.accuracy.results import ERROR_TYPES, FATES, ErrorType, Fate, OperatingPoint
from parity.labels.truth import Truth

FOREGROUND, BACKGROUND = 0.5, 0.1
"""Overlap from which on a detection lies on an object, and up to which it lies on none: those of
TIDE."""


@dataclass(frozen=True)
class SortedImage:
    """What became of the detections and the objects of one image."""

    found: int
    """Detections of an object: right class, overlap of at least 0.5."""
    mistakes: Counter[ErrorType]
    """Other detections by type; those that take an ignored label count nowhere."""
    fates: list[Fate]
    """What became of each object, in the order of the labels, ignored ones left out."""


def sort_image(
    class_ids: np.ndarray, overlap: np.ndarray, truth: Truth, ignored: np.ndarray
) -> SortedImage:
    """Sort the detections and objects of one image.

    Parameters
    ----------
    class_ids : (N,) int
        Of what an arm reports, by falling score.
    overlap : (N, M) float64
        Of detections with labels.
    truth : Truth
        What is in the image.
    ignored : (M,) bool
        Objects that need not be found.
    """
    same = np.equal.outer(class_ids, truth.class_ids)
    taken = np.full(len(class_ids), -1)
    for c in np.unique(class_ids):
        mine, labels = np.flatnonzero(class_ids == c), np.flatnonzero(truth.class_ids == c)
        (given,) = assign_labels(
            overlap[np.ix_(mine, labels)],
            np.array([FOREGROUND]),
            crowd=truth.crowd[labels],
            ignored=ignored[labels],
        )
        hit = given >= 0
        taken[mine] = given
        taken[mine[hit]] = labels[given[hit]]
    fates = np.full(len(truth), "missed", dtype=object)
    mistakes: Counter[ErrorType] = Counter()
    overlap = np.where(ignored, 0, overlap)
    for i in np.flatnonzero(taken == -1):
        kind, label = _kind(overlap[i], same[i])
        mistakes[kind] += 1
        if label >= 0 and fates[label] != "wrong class":
            fates[label] = "wrong class" if kind == "class" else "badly placed"
    fates[taken[taken >= 0]] = "found"
    return SortedImage(int(np.count_nonzero(taken >= 0)), mistakes, fates[~ignored].tolist())


def _kind(overlap: np.ndarray, same: np.ndarray) -> tuple[ErrorType, int]:
    own, other = np.where(same, overlap, 0), np.where(same, 0, overlap)
    if own.size and BACKGROUND <= own.max() <= FOREGROUND:
        return "location", int(own.argmax())
    if other.size and other.max() >= FOREGROUND:
        return "class", int(other.argmax())
    if own.size and own.max() >= FOREGROUND:
        return "duplicate", -1
    if not overlap.size or overlap.max() <= BACKGROUND:
        return "background", -1
    return "class and location", -1


@dataclass
class ErrorCounts:
    """What an arm gets right and wrong at the thresholds of the deployment, image by image."""

    found: int = 0
    objects: int = 0
    """Objects detected, and labelled."""
    mistakes: Counter[ErrorType] = field(default_factory=Counter)
    """Detections that find no object, by type."""
    fates: dict[str, list[Fate]] = field(default_factory=dict)
    """What became of each object, by image."""

    def add(self, name: str, one: SortedImage) -> None:
        """Add an image."""
        self.found += one.found
        self.objects += len(one.fates)
        self.mistakes += one.mistakes
        self.fates[name] = one.fates

    def results(self) -> OperatingPoint:
        """Return the sums."""
        reported = self.found + self.mistakes.total()
        fates = Counter(fate for of_image in self.fates.values() for fate in of_image)
        return OperatingPoint(
            precision=self.found / reported if reported else None,
            recall=self.found / self.objects if self.objects else None,
            detections=reported,
            objects=self.objects,
            mistakes={kind: self.mistakes[kind] for kind in ERROR_TYPES},
            fates={fate: fates[fate] for fate in FATES},
        )


def moved(
    reference: Mapping[str, list[Fate]], candidate: Mapping[str, list[Fate]]
) -> dict[Fate, dict[Fate, int]]:
    """Count what became, in a candidate, of the objects of each fate in a reference.

    Returns
    -------
    dict of Fate to dict of Fate to int
        Objects by fate in the reference, then by fate in the candidate.
    """
    counts = Counter(
        (one, other)
        for name in reference
        for one, other in zip(reference[name], candidate[name], strict=True)
    )
    return {one: {other: counts[one, other] for other in FATES} for one in FATES}
