"""Pairing the detections of two arms, image by image, and measuring their differences."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from parity.comparison.matching import match
from parity.comparison.measures import box_distances, measure, on_one_grid
from parity.comparison.rounding import UNROUNDED, Rounding, rounding_of
from parity.comparison.ties import ListEnd, Ties, end_of, set_ties_apart
from parity.comparison.tolerances import Quantity
from parity.detection.detection_files import NOT_LISTED, DetectionBatch, ImageDetections, MadeBy
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.documents import load, save
from parity.integrity import of_other_images


@dataclass(frozen=True, slots=True)
class DetectionPair:
    """A detection of the reference and the one of the candidate that it was paired with."""

    reference: int
    candidate: int
    """Index of each among the detections of its arm."""
    iou: float
    """Their overlap."""
    box_px: float
    """Largest difference of a coordinate, image px."""
    scores: tuple[float | None, float | None]
    """Of the reference and of the candidate; None where none is stated."""
    class_ids: tuple[int, int]
    """Of the reference and of the candidate."""
    measures: dict[str, float] = field(default_factory=dict)
    """What else was measured, see :func:`parity.comparison.measures.measure`."""


NO_TIES = Ties([], [])


@dataclass(frozen=True, slots=True)
class ImageComparison:
    """The detections of two arms on one image, paired."""

    name: str
    reasons: tuple[str, str]
    """Why the reference, and the candidate, says nothing of the image; empty where it does."""
    matched: list[DetectionPair]
    """Pairs of equal class."""
    flipped: list[DetectionPair]
    """Pairs that lie on the same object and differ in class."""
    missing: list[int]
    extra: list[int]
    """Detections of the reference, and of the candidate, without a partner."""
    rounding: Rounding = UNROUNDED
    """What printing may have changed."""
    ties: Ties = NO_TIES
    """Detections of one arm alone, because rounding can decide which arm reports them."""


@dataclass(frozen=True)
class MatchingSettings:
    """How detections are paired."""

    iou: float
    """Smallest overlap of a pair."""


@dataclass(frozen=True)
class ComparisonBatch:
    """Two arms compared on the images of a batch: a comparison file."""

    SCHEMA: ClassVar[str] = "comparison/1"

    reference: str
    candidate: str
    matching: MatchingSettings
    """How detections were paired."""
    images: list[ImageComparison]
    """In the order of the batch."""


@dataclass(frozen=True)
class Differences:
    """What a tolerance judges, of one image or of a run.

    A pair that differs in class counts as missing and as extra. An image that an arm does not list
    counts nowhere.
    """

    matched: int
    missing: int
    extra: int
    flipped: int
    unread: int
    """Images that only one arm could read."""
    box_px: float
    score: float
    """Largest differences of matched pairs, image px and scores; 0 without any pair."""
    iou: float
    """Least overlap of a matched pair; 1 without any."""
    measures: dict[str, float] = field(default_factory=dict, kw_only=True)
    """Largest of each further measure of matched pairs."""
    tied: int = field(default=0, kw_only=True)
    """Detections that one arm alone reports, because rounding can decide which."""

    def amount(self, quantity: Quantity) -> float:
        """Return the count, or the largest difference; 0 where it was not measured."""
        value: float = vars(self).get(quantity, self.measures.get(quantity, 0.0))
        return value


def compare_batch(
    reference: str | Path, candidate: str | Path, destination: str | Path, *, iou: float
) -> None:
    """Compare two detections files of one batch and write a comparison.

    What the candidate scores no higher than the floor of the reference's candidates is not extra:
    what the reference would have detected there is not known.

    Parameters
    ----------
    reference, candidate : str or Path
        Detections files.
    destination : str or Path
        The comparison to write.
    iou : float
        Smallest overlap of a pair.

    Raises
    ------
    UserError
        If the two files are not of the same images.
    """
    ours, theirs = load(reference, DetectionBatch), load(candidate, DetectionBatch)
    if [_identity(image) for image in ours.images] != [_identity(image) for image in theirs.images]:
        raise of_other_images(f"{reference} and {candidate}")
    floor, printed = ours.made_by.floor or 0.0, theirs.made_by.printed
    head = ours.made_by.head or NetworkHead()
    compared = ComparisonBatch(
        reference=ours.made_by.arm,
        candidate=theirs.made_by.arm,
        matching=MatchingSettings(iou),
        images=[
            compare_image(
                one,
                other,
                iou=iou,
                floor=floor,
                rounding=rounding_of(printed, other.height, other.width),
                task=head.task,
                around_shapes=printed is not None and printed.of_shapes,
                ends=_ends(ours.made_by, theirs.made_by, one, other),
            )
            for one, other in zip(ours.images, theirs.images, strict=True)
        ],
    )
    save(destination, compared)


def _ends(
    ours: MadeBy, theirs: MadeBy, one: ImageDetections, other: ImageDetections
) -> tuple[ListEnd, ListEnd] | None:
    """Return where the detections of two arms on an image end, as far as it is known."""
    if ours.thresholds is None or theirs.thresholds is None:
        return None
    return (
        end_of(one, ours.thresholds, ours.head or NetworkHead()),
        end_of(other, theirs.thresholds, theirs.head or NetworkHead()),
    )


def _identity(image: ImageDetections) -> tuple[str, str]:
    return image.name, image.sha256


def compare_image(
    reference: ImageDetections,
    candidate: ImageDetections,
    *,
    iou: float,
    floor: float = 0.0,
    rounding: Rounding = UNROUNDED,
    task: str = "detect",
    around_shapes: bool = False,
    ends: tuple[ListEnd, ListEnd] | None = None,
) -> ImageComparison:
    """Pair the detections of two arms on one image.

    Parameters
    ----------
    reference, candidate : ImageDetections
        What the arms report.
    iou : float
        Smallest overlap of a pair.
    floor : float
        Detections of the candidate that do not score above it are not extra.
    rounding : Rounding
        What printing may have changed in the candidate.
    task : str
        What the detections come from, a key of :data:`parity.tasks.task.TASKS`.
    around_shapes : bool
        Whether the boxes of the candidate are those around its masks.
    ends : tuple of ListEnd, optional
        Where the detections of each end; without it, no ties are set apart.

    Returns
    -------
    ImageComparison
        Nothing is paired, missing or extra in an image that an arm does not list.
    """
    reasons = (reference.reason, candidate.reason)
    if NOT_LISTED in reasons:
        return ImageComparison(reference.name, reasons, [], [], [], [])
    ours, theirs = reference.arrays(), candidate.arrays()
    if around_shapes:
        ours = ours.around_shapes((reference.height, reference.width))
    found, ties = match(ours, theirs, iou=iou), NO_TIES
    if ends is not None:
        found, ties = set_ties_apart(found, ours, theirs, ends)
    sides = on_one_grid(ours, theirs, (reference.height, reference.width))
    scores = reference.scores, candidate.scores
    return ImageComparison(
        name=reference.name,
        reasons=reasons,
        matched=_pairs(*sides, found.matched, overlap=found.iou, scores=scores, task=task),
        flipped=_pairs(*sides, found.flipped, overlap=found.iou, scores=scores, task=task),
        missing=found.missing,
        extra=[i for i in found.extra if not _at_most(candidate.scores[i], floor)],
        rounding=rounding,
        ties=ties,
    )


def _pairs(
    ours: Detections,
    theirs: Detections,
    indices: np.ndarray,
    *,
    overlap: np.ndarray,
    scores: tuple[list[float | None], list[float | None]],
    task: str,
) -> list[DetectionPair]:
    """Return what is measured of pairs, (P, 2) int, of detections that overlap as stated."""
    if not len(indices):
        return []
    i, j = indices[:, 0], indices[:, 1]
    distances = box_distances(ours, theirs, indices)
    measured = measure(ours, theirs, indices, task=task)
    values = {name: column.tolist() for name, column in measured.items()}
    columns = (i, j, overlap[i, j], distances, ours.class_ids[i], theirs.class_ids[j])
    return [
        DetectionPair(
            reference=one,
            candidate=other,
            iou=iou,
            box_px=box_px,
            scores=(scores[0][one], scores[1][other]),
            class_ids=(own_class, other_class),
            measures={name: column[k] for name, column in values.items()},
        )
        for k, (one, other, iou, box_px, own_class, other_class) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        )
    ]


def _at_most(score: float | None, floor: float) -> bool:
    return score is not None and score <= floor


def differences_of(compared: ImageComparison) -> Differences:
    """Return the counts and largest differences of an image."""
    flipped = len(compared.flipped)
    reasons = compared.reasons
    return Differences(
        matched=len(compared.matched),
        missing=len(compared.missing) + flipped,
        extra=len(compared.extra) + flipped,
        flipped=flipped,
        unread=int(NOT_LISTED not in reasons and bool(reasons[0]) != bool(reasons[1])),
        box_px=_largest([pair.box_px for pair in compared.matched]),
        score=_largest(score_differences(compared.matched)),
        iou=min((pair.iou for pair in compared.matched), default=1.0),
        measures={
            name: _largest(values) for name, values in measured_values(compared.matched).items()
        },
        tied=len(compared.ties.reference) + len(compared.ties.candidate),
    )


def measured_values(pairs: Iterable[DetectionPair]) -> dict[str, list[float]]:
    """Return every further measure of some pairs, by its name."""
    values: dict[str, list[float]] = {}
    for pair in pairs:
        for name, value in pair.measures.items():
            values.setdefault(name, []).append(value)
    return values


def score_differences(pairs: Iterable[DetectionPair]) -> list[float]:
    """Return the unsigned differences of scores, of the pairs where both are stated."""
    return [
        abs(ours - theirs)
        for ours, theirs in (pair.scores for pair in pairs)
        if ours is not None and theirs is not None
    ]


def _largest(values: list[float]) -> float:
    return float(np.max(values)) if values else 0.0  # unlike max(), np.max never loses a NaN
