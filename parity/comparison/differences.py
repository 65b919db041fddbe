"""Measuring how far the detections of two arms are apart on one image."""

from typing import Any

import numpy as np

from parity.comparison.matching import match
from parity.detection.detections import Detections

COMPARISON = "comparison/1"


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
        largest difference of a coordinate), ``scores`` and ``class_ids`` of both); ``missing``
        (indices into the reference) and ``extra`` (indices into the candidate).
    """
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
        "reasons": [reference["reason"], candidate["reason"]],
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
        could read in ``unread``), ``flipped``, ``unread``, ``matched``: counts; ``box_px`` and
        ``score``: largest differences of matched pairs, 0 without any; ``iou``: the least.
    """
    matched = record["matched"]
    flipped = len(record["flipped"])
    return {
        "matched": len(matched),
        "missing": len(record["missing"]) + flipped,
        "extra": len(record["extra"]) + flipped,
        "flipped": flipped,
        "unread": int(bool(record["reasons"][0]) != bool(record["reasons"][1])),
        "box_px": _largest([pair["box_px"] for pair in matched]),
        "score": _largest([abs(pair["scores"][0] - pair["scores"][1]) for pair in matched]),
        "iou": min((pair["iou"] for pair in matched), default=1.0),
    }


def _largest(values: list[float]) -> float:
    return float(np.max(values)) if values else 0.0  # unlike max(), np.max never loses a NaN
