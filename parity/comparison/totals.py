"""Totals of an arm and of a comparison that grow image by image in little memory."""

from array import array
from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from parity.comparison.differences import score_differences, worst
from parity.comparison.output_checks import failed_checks
from parity.comparison.tolerances import Tolerance, judge
from parity.detection.detection_files import NOT_LISTED

COUNTS = ("matched", "missing", "extra", "flipped", "unread")
QUANTITIES = ("box_px", "score", "iou")


class ArmTotals:
    """Counts of the detections of an arm: 4 bytes a detection."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.images = self.unreadable = self.detections = 0
        self.classes: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        self.scores = array("f")

    def add(self, record: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
        """Add a record of a detections file.

        Parameters
        ----------
        record : dict
            See :func:`parity.detection.detection_files.save_detections`.
        names : dict of int to str
            Class names by id.

        Returns
        -------
        dict
            ``detections`` and ``failed_checks`` (indices by check) of the image.
        """
        failed = failed_checks(record, len(names))
        self.images += 1
        self.unreadable += record["reason"] not in ("", NOT_LISTED)
        self.detections += len(record["scores"])
        self.scores.extend(score for score in record["scores"] if score is not None)
        self.classes.update(names.get(c, f"class {c}") for c in record["class_ids"])
        for check, indices in failed.items():
            self.checks[check] += len(indices) or 1
        return {"detections": len(record["scores"]), "failed_checks": failed}

    def as_json(self) -> dict[str, Any]:
        """Return the totals.

        Returns
        -------
        dict
            ``images``, ``unreadable``, ``detections``, ``mean_score`` (None without any score),
            ``classes`` (detections by class name) and ``failed_checks`` (detections by check, but
            images of "non-finite output").
        """
        spread = distribution(self.scores)
        classes = sorted(self.classes.items(), key=lambda item: (-item[1], item[0]))
        return {
            "images": self.images,
            "unreadable": self.unreadable,
            "detections": self.detections,
            "mean_score": spread["mean"] if spread else None,
            "classes": dict(classes),
            "failed_checks": dict(sorted(self.checks.items())),
        }


class ComparisonTotals:
    """Differences of a comparison: 24 bytes a matched pair."""

    def __init__(self, tolerance: Tolerance) -> None:
        """Start with nothing.

        Parameters
        ----------
        tolerance : Tolerance
            What is still called equal.
        """
        self.tolerance = tolerance
        self.images = self.read = self.differing = 0
        self.counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
        self.pairs = {quantity: array("d") for quantity in QUANTITIES}

    def add(self, record: dict[str, Any]) -> dict[str, Any]:
        """Add what :func:`parity.comparison.differences.compare_image` returned.

        Returns
        -------
        dict
            What :func:`parity.comparison.differences.worst` returns, with ``passed``.
        """
        measured = worst(record)
        passed = bool(judge(measured, self.tolerance))
        self.images += 1
        self.read += not any(record["reasons"])
        self.differing += not passed
        self.counts.update({count: measured[count] for count in COUNTS})
        for pair in record["matched"]:
            self.pairs["box_px"].append(pair["box_px"])
            self.pairs["iou"].append(pair["iou"])
        self.pairs["score"].extend(score_differences(record["matched"]))
        return {**measured, "passed": passed}

    def as_json(self) -> dict[str, Any]:
        """Reduce the comparison to one set of numbers and a verdict.

        Returns
        -------
        dict
            ``images``, ``images_read`` (by both arms) and ``images_differing``; counts
            ``matched``, ``missing``, ``extra``, ``flipped``, ``unread``; ``box_px``, ``score`` and
            ``iou`` (the worst); distributions of the matched pairs under ``distributions``;
            ``tolerance``; ``passed``, ``required`` and ``exceeded``, see
            :class:`parity.comparison.tolerances.Verdict`.

        Raises
        ------
        ValueError
            If there is nothing to compare.
        """
        if not self.images:
            raise ValueError("there is nothing to compare")
        spread = {quantity: distribution(values) for quantity, values in self.pairs.items()}
        box_px, score, iou = (spread[quantity] for quantity in QUANTITIES)
        totals: dict[str, Any] = {
            "images": self.images,
            "images_read": self.read,
            "images_differing": self.differing,
            **self.counts,
            "box_px": box_px["max"] if box_px else 0.0,
            "score": score["max"] if score else 0.0,
            "iou": iou["min"] if iou else 1.0,
            "distributions": spread,
        }
        verdict = judge(totals, self.tolerance)
        return {**totals, "tolerance": asdict(self.tolerance), **verdict.as_json()}


def distribution(values: "array[float]") -> dict[str, float] | None:
    """Return mean, median, 95th percentile, least and largest of values; None without any.

    They are sorted first, so that the order of the images and their division into batches change
    no bit. One that is no number makes every number of the distribution none.
    """
    if not values:
        return None
    ordered = np.sort(np.frombuffer(values, values.typecode)).astype(np.float64, copy=False)
    least = ordered[-1] if np.isnan(ordered[-1]) else ordered[0]  # NaN is sorted last
    return {
        "mean": float(ordered.mean()),
        "median": float(np.median(ordered)),
        "p95": float(np.percentile(ordered, 95)),
        "min": float(least),
        "max": float(ordered[-1]),
    }


def agreement(totals: dict[str, Any]) -> float:
    """Return how far two arms agree: F1, each matched pair weighted by its overlap.

    Parameters
    ----------
    totals : dict
        What :meth:`ComparisonTotals.as_json` returns.

    Returns
    -------
    float
        1 where every detection has a partner that covers it exactly, 0 where none has one.

    Notes
    -----
    Known as panoptic quality: A. Kirillov et al., "Panoptic Segmentation", CVPR 2019.
    """
    overlap = totals["distributions"]["iou"]
    objects = totals["matched"] + (totals["missing"] + totals["extra"]) / 2
    if not objects:
        return 1.0
    return totals["matched"] * overlap["mean"] / objects if overlap else 0.0
