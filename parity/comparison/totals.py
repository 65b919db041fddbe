"""Totals of an arm and of a comparison that grow image by image in little memory."""

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from parity.comparison.differences import (
    Differences,
    ImageComparison,
    differences_of,
    measured_values,
    score_differences,
)
from parity.comparison.judgement import judge
from parity.comparison.output_checks import Check, failed_checks
from parity.comparison.results import (
    ArmResults,
    Distribution,
    Distributions,
    ImageArm,
    ImageDifferences,
    RunDifferences,
)
from parity.comparison.rounding import Rounding
from parity.comparison.tolerances import Tolerance
from parity.detection.detection_files import NOT_LISTED, ImageDetections, MadeBy

SUMMED = ("matched", "missing", "extra", "flipped", "unread", "tied")


class ArmTotals:
    """Counts of the detections of an arm: 4 bytes a detection."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.images = self.unreadable = self.detections = 0
        self.classes: Counter[str] = Counter()
        self.checks: Counter[Check] = Counter()
        self.scores = array("f")

    def add(
        self, image: ImageDetections, names: Mapping[int, str], *, clips: bool = True
    ) -> ImageArm:
        """Add an image.

        Parameters
        ----------
        image : ImageDetections
            What the arm reports.
        names : mapping of int to str
            Class names by id.
        clips : bool
            As in :func:`parity.comparison.output_checks.failed_checks`.
        """
        failed = failed_checks(image, len(names), clips=clips)
        self.images += 1
        self.unreadable += image.reason not in ("", NOT_LISTED)
        self.detections += len(image.scores)
        self.scores.extend(score for score in image.scores if score is not None)
        self.classes.update(names.get(c, f"class {c}") for c in image.class_ids)
        for check, indices in failed.items():
            self.checks[check] += len(indices) or 1
        return ImageArm(len(image.scores), failed)

    def results(self, made_by: MadeBy) -> ArmResults:
        """Return the totals of what ``made_by`` says."""
        spread = distribution(self.scores)
        classes = sorted(self.classes.items(), key=lambda item: (-item[1], item[0]))
        return ArmResults(
            made_by=made_by,
            images=self.images,
            unreadable=self.unreadable,
            detections=self.detections,
            mean_score=spread.mean if spread else None,
            classes=dict(classes),
            failed_checks=dict(sorted(self.checks.items())),
        )


class ComparisonTotals:
    """Differences of two arms: 24 bytes a matched pair."""

    def __init__(self, tolerance: Tolerance) -> None:
        """Start with nothing.

        Parameters
        ----------
        tolerance : Tolerance
            What is still called equal.
        """
        self.tolerance = tolerance
        self.images = self.read = self.differing = 0
        self.counts = Counter(dict.fromkeys(SUMMED, 0))
        self.box_px, self.score, self.iou = array("d"), array("d"), array("d")
        self.further: dict[str, array[float]] = {}
        self.beyond_px = self.beyond_score = 0.0  # what rounding does not explain
        self.rounding = Rounding()

    def add(self, compared: ImageComparison) -> ImageDifferences:
        """Add an image and return its differences."""
        measured = differences_of(compared)
        judged = judge(measured, self.tolerance, compared.rounding)
        self.images += 1
        self.read += not any(compared.reasons)
        self.differing += not judged.passed
        for count in SUMMED:
            self.counts[count] += getattr(measured, count)
        self.box_px.extend(pair.box_px for pair in compared.matched)
        self.iou.extend(pair.iou for pair in compared.matched)
        self.score.extend(score_differences(compared.matched))
        for name, values in measured_values(compared.matched).items():
            self.further.setdefault(name, array("d")).extend(values)
        self.beyond_px = _larger(self.beyond_px, judged.required.box_px)
        self.beyond_score = _larger(self.beyond_score, judged.required.score)
        self.rounding = Rounding(
            max(self.rounding.box_px, compared.rounding.box_px),
            max(self.rounding.score, compared.rounding.score),
        )
        return ImageDifferences(**vars(measured), passed=judged.passed, rounding=compared.rounding)

    def results(self) -> RunDifferences:
        """Reduce all images to one set of numbers and a verdict.

        Raises
        ------
        ValueError
            If there is nothing to compare.
        """
        if not self.images:
            raise ValueError("there is nothing to compare")
        box_px, score, iou = map(distribution, (self.box_px, self.score, self.iou))
        spreads = {name: distribution(values) for name, values in self.further.items()}
        known = {name: spread for name, spread in spreads.items() if spread}
        measured = Differences(
            **self.counts,
            box_px=box_px.max if box_px else 0.0,
            score=score.max if score else 0.0,
            iou=iou.min if iou else 1.0,
            measures={name: spread.max for name, spread in known.items()},
        )
        beyond = replace(measured, box_px=self.beyond_px, score=self.beyond_score)
        verdict = judge(beyond, self.tolerance)
        return RunDifferences(
            **vars(measured),
            images=self.images,
            images_read=self.read,
            images_differing=self.differing,
            distributions=Distributions(box_px, score, iou, known),
            passed=verdict.passed,
            required=verdict.required,
            exceeded=verdict.exceeded,
            rounding=self.rounding,
        )


def _larger(one: float, other: float) -> float:
    return float(np.maximum(one, other))  # unlike max(), it never loses a NaN


def distribution(values: "array[float]") -> Distribution | None:
    """Return the distribution of some values; None without any.

    They are sorted first, so that neither the order of the images nor their division into batches
    changes a bit of the mean.
    """
    if not values:
        return None
    ordered = np.sort(np.frombuffer(values, values.typecode)).astype(np.float64, copy=False)
    least = ordered[-1] if np.isnan(ordered[-1]) else ordered[0]  # NaN is sorted last
    return Distribution(
        mean=float(ordered.mean()),
        median=float(np.median(ordered)),
        p95=float(np.percentile(ordered, 95)),
        min=float(least),
        max=float(ordered[-1]),
    )
