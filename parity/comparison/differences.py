"""Measuring how far the detections of two arms are apart on one image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from parity.comparison.matching import match
from parity.detection.detection_files import NOT_LISTED, load_detections
from parity.detection.detections import Detections
from parity.errors import UserError
from parity.files import write_json

COMPARISON = "comparison/1"


@dataclass(frozen=True, slots=True)
class Pair:
    """A detection of the reference and the one of the candidate that it was paired with.

    Attributes
    ----------
    reference, candidate : int
        Index of each among the detections of its arm.
    iou : float
        Their overlap.
    box_px : float
        Largest difference of a coordinate, image px.
    scores : tuple of float or None
        Of the reference and of the candidate; None where none is stated.
    class_ids : tuple of int
        Of the reference and of the candidate.
    """

    reference: int
    candidate: int
    iou: float
    box_px: float
    scores: tuple[float | None, float | None]
    class_ids: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ImageComparison:
    """The detections of two arms on one image, paired.

    Attributes
    ----------
    name : str
        The image.
    reasons : tuple of str
        Why the reference, and the candidate, says nothing of the image; empty where it does.
    matched : list of Pair
        Pairs of equal class.
    flipped : list of Pair
        Pairs that lie on the same object and differ in class.
    missing, extra : list of int
        Detections of the reference, and of the candidate, without a partner.
    """

    name: str
    reasons: tuple[str, str]
    matched: list[Pair]
    flipped: list[Pair]
    missing: list[int]
    extra: list[int]


@dataclass(frozen=True)
class MatchingSettings:
    """How detections are paired.

    Attributes
    ----------
    iou : float
        Smallest overlap of a pair.
    """

    iou: float


@dataclass(frozen=True)
class ComparisonBatch:
    """Two arms compared on the images of a batch: a comparison file.

    Attributes
    ----------
    reference, candidate : str
        Names of the arms.
    matching : MatchingSettings
        How detections were paired.
    images : list of ImageComparison
        In the order of the batch.
    """

    SCHEMA: ClassVar[str] = COMPARISON

    reference: str
    candidate: str
    matching: MatchingSettings
    images: list[ImageComparison]


@dataclass(frozen=True)
class Differences:
    """What a tolerance judges, of one image or of a run.

    A pair that differs in class counts as missing and as extra. An image of which an arm states
    nothing counts nowhere.

    Attributes
    ----------
    matched, missing, extra, flipped : int
        Detections.
    unread : int
        Images that only one arm could read.
    box_px, score : float
        Largest differences of matched pairs, image px and scores; 0 without any pair.
    iou : float
        Least overlap of a matched pair; 1 without any.
    """

    matched: int
    missing: int
    extra: int
    flipped: int
    unread: int
    box_px: float
    score: float
    iou: float


def compare_batch(
    reference: str | Path, candidate: str | Path, destination: str | Path, *, iou: float
) -> None:
    """Compare two detections files of one batch and write a comparison.

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
    ours, theirs = load_detections(reference), load_detections(candidate)
    for one, other in zip(ours["images"], theirs["images"], strict=False):
        if (one["name"], one["sha256"]) != (other["name"], other["sha256"]):
            raise UserError(f"{reference} and {candidate} differ in their images; run again.")
    if len(ours["images"]) != len(theirs["images"]):
        raise UserError(f"{reference} and {candidate} differ in their images; run again.")
    images = [
        compare_image(one, other, iou=iou)
        for one, other in zip(ours["images"], theirs["images"], strict=True)
    ]
    arms = {"reference": ours["made_by"]["arm"], "candidate": theirs["made_by"]["arm"]}
    write_json(destination, COMPARISON, {**arms, "matching": {"iou": iou}, "images": images})


def compare_image(
    reference: dict[str, Any], candidate: dict[str, Any], *, iou: float
) -> dict[str, Any]:
    """Compare two records of one image.

    Parameters
    ----------
    reference, candidate : dict
        Records of two detections files, see
        :func:`parity.detection.detection_files.save_detections`.
    iou : float
        Smallest overlap of a pair.

    Returns
    -------
    dict
        ``name``; ``reasons`` (why either arm could not read the image); ``matched`` and
        ``flipped`` (pairs with ``reference`` and ``candidate`` index, ``iou``, ``box_px`` (the
        largest difference of a coordinate), ``scores`` (None where none is stated) and
        ``class_ids`` of both); ``missing`` (indices into the reference) and ``extra`` (indices into
        the candidate). Of an image that either arm states nothing of, there is nothing to compare.
    """
    reasons = [reference["reason"], candidate["reason"]]
    if NOT_LISTED in reasons:
        nothing: dict[str, Any] = {"matched": [], "flipped": [], "missing": [], "extra": []}
        return {"name": reference["name"], "reasons": reasons, **nothing}
    ours, theirs = Detections.from_json(reference), Detections.from_json(candidate)
    result = match(ours, theirs, iou=iou)

    def pair(i: int, j: int) -> dict[str, Any]:
        distance = np.abs(ours.boxes[i].astype(np.float64) - theirs.boxes[j])
        return {
            "reference": int(i),
            "candidate": int(j),
            "iou": float(result.iou[i, j]),
            "box_px": float(distance.max()),
            "scores": [reference["scores"][i], candidate["scores"][j]],
            "class_ids": [int(ours.class_ids[i]), int(theirs.class_ids[j])],
        }

    return {
        "name": reference["name"],
        "reasons": reasons,
        "matched": [pair(i, j) for i, j in result.matched],
        "flipped": [pair(i, j) for i, j in result.flipped],
        "missing": result.missing,
        "extra": result.extra,
    }


def worst(record: dict[str, Any]) -> dict[str, Any]:
    """Reduce the comparison of one image to the numbers that a tolerance is held against.

    Returns
    -------
    dict
        ``missing``, ``extra`` (a class-flipped pair counts in both, an image that only one arm
        could read in ``unread``, one that an arm states nothing of nowhere), ``flipped``,
        ``unread``, ``matched``: counts; ``box_px`` and ``score``: largest differences of matched
        pairs, 0 without any; ``iou``: the least.
    """
    matched = record["matched"]
    flipped = len(record["flipped"])
    reasons = record["reasons"]
    return {
        "matched": len(matched),
        "missing": len(record["missing"]) + flipped,
        "extra": len(record["extra"]) + flipped,
        "flipped": flipped,
        "unread": int(NOT_LISTED not in reasons and bool(reasons[0]) != bool(reasons[1])),
        "box_px": _largest([pair["box_px"] for pair in matched]),
        "score": _largest(score_differences(matched)),
        "iou": min((pair["iou"] for pair in matched), default=1.0),
    }


def score_differences(pairs: list[dict[str, Any]]) -> list[float]:
    """Return how far the scores of pairs are apart, of those where both are stated."""
    return [
        abs(pair["scores"][0] - pair["scores"][1]) for pair in pairs if None not in pair["scores"]
    ]


def _largest(values: list[float]) -> float:
    return float(np.max(values)) if values else 0.0  # unlike max(), np.max never loses a NaN
