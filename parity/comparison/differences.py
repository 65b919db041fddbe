"""Measuring how far the detections of two arms are apart on one image."""

from pathlib import Path
from typing import Any

import numpy as np

from parity.comparison.matching import match
from parity.detection.detections import NOT_STATED, Detections, load_detections
from parity.errors import UserError
from parity.files import write_json

COMPARISON = "comparison/1"


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
        :func:`parity.detection.detections.save_detections`.
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
    if NOT_STATED in reasons:
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
        "unread": int(NOT_STATED not in reasons and bool(reasons[0]) != bool(reasons[1])),
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
