"""From counts at many thresholds to agreement, and to the thresholds at which an arm agrees best.

Agreement is F1: twice the matched pairs over the detections of both arms. It is 1 where every
detection has its partner, and not defined where there is no detection at all.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from parity.comparison.differences import MatchingSettings
from parity.comparison.sweep import SWEEP, ArmCounts
from parity.comparison.threshold_grid import Axes
from parity.errors import UserError
from parity.files import read_json

SWEEP_RESULTS = "sweep-results/1"

WORTHWHILE = 0.1
"""Share of the differences that other thresholds must remove before they are recommended."""

CHANCE = 2.0
"""Standard deviations of a count (its square root) that they must remove, too."""


@dataclass(frozen=True)
class Point:
    """What the candidate's thresholds give; the reference stays at the operating point.

    Attributes
    ----------
    conf, iou : float
        Thresholds of the candidate.
    matched, missing, extra : int
        Pairs, and detections that only the reference or only the candidate has.
    f1 : float or None
        Agreement in [0, 1]; None if neither arm detects anything.
    """

    conf: float
    iou: float
    matched: int
    missing: int
    extra: int
    f1: float | None

    @property
    def differences(self) -> int:
        """Detections without a partner."""
        return self.missing + self.extra


@dataclass(frozen=True)
class Tuning:
    """Thresholds of a candidate, and how it agrees with its reference there.

    Attributes
    ----------
    operating : Point
        The thresholds of the run.
    best_conf : Point
        The best confidence threshold at the run's IoU threshold.
    best : Point
        The best of both.
    """

    operating: Point
    best_conf: Point
    best: Point


@dataclass(frozen=True)
class Cell:
    """How two arms agree at one pair of thresholds that is applied to both.

    Attributes
    ----------
    conf, iou : float
        Thresholds.
    reference, candidate : int
        Detections of the arms.
    matched, missing, extra : int
        Pairs, and detections without a partner of their class.
    f1 : float or None
        Agreement in [0, 1]; None if neither arm detects anything.
    mean_iou : float or None
        Mean overlap of the pairs; None without any.
    """

    conf: float
    iou: float
    reference: int
    candidate: int
    matched: int
    missing: int
    extra: int
    f1: float | None
    mean_iou: float | None


@dataclass(frozen=True)
class SweepComparison:
    """How two arms agree at many thresholds, and what follows.

    Attributes
    ----------
    reference, candidate : str
        Names of the arms.
    sentence : str
        The advice.
    recommended : Point
        The thresholds to use.
    tuning : Tuning
        What was found.
    curve : list of float or None
        Agreement (F1) at each of ``axes.tuned_conf`` of the candidate, its IoU threshold and the
        reference at the operating point; None where neither arm detects anything.
    cells : list of Cell
        One per pair of ``axes.iou`` and ``axes.conf``.
    """

    reference: str
    candidate: str
    sentence: str
    recommended: Point
    tuning: Tuning
    curve: list[float | None]
    cells: list[Cell]


@dataclass(frozen=True)
class SweepResults:
    """The sweep of a model over all batches.

    Attributes
    ----------
    model : str
        Its name.
    images : int
        Images counted.
    axes : Axes
        The thresholds.
    matching : MatchingSettings
        How detections were paired.
    notes : list of str
        What limits the sweep of an arm.
    arms : dict of str to ArmCounts
        By arm.
    comparisons : dict of str to SweepComparison
        By comparison.
    """

    SCHEMA: ClassVar[str] = SWEEP_RESULTS

    model: str
    images: int
    axes: Axes
    matching: MatchingSettings
    notes: list[str]
    arms: dict[str, ArmCounts]
    comparisons: dict[str, SweepComparison]


def agreement(matched: np.ndarray, reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Return F1 of counts of any one shape, float64; NaN where neither arm detects anything."""
    total = np.add(reference, candidate, dtype=np.float64)
    return np.divide(2 * matched, total, out=np.full(total.shape, np.nan), where=total > 0)


def tune(tuned: np.ndarray, reference: int, candidate: np.ndarray, axes: Axes) -> dict[str, Point]:
    """Find the thresholds of the candidate at which it agrees best.

    Of thresholds that agree equally well the ones nearest to the operating point are taken.

    Parameters
    ----------
    tuned : (I, K) int
        Matches at each of ``axes.tuned_iou`` and ``axes.tuned_conf``.
    reference : int
        Detections of the reference at the operating point.
    candidate : (I, K) int
        Detections of the candidate.
    axes : Axes
        The thresholds.

    Returns
    -------
    dict of str to Point
        ``operating``; ``best_conf``, at the operating overlap threshold; ``best``, over both.
    """
    f1 = agreement(tuned, np.full_like(candidate, reference), candidate)
    conf, iou = np.array(axes.tuned_conf), np.array(axes.tuned_iou)
    row = axes.tuned_iou.index(axes.operating_iou)

    def point(i: int, k: int) -> Point:
        matched, found = int(tuned[i, k]), int(candidate[i, k])
        agrees = None if np.isnan(f1[i, k]) else float(f1[i, k])
        missing, extra = reference - matched, found - matched
        return Point(axes.tuned_conf[k], axes.tuned_iou[i], matched, missing, extra, agrees)

    def nearest_best(rows: np.ndarray) -> Point:
        value = np.nan_to_num(f1[rows], nan=-1)
        i, k = np.nonzero(value == value.max())
        i = rows[i]
        order = np.lexsort((abs(conf[k] - axes.operating_conf), abs(iou[i] - axes.operating_iou)))
        return point(i[order[0]], k[order[0]])

    return {
        "operating": point(row, axes.tuned_conf.index(axes.operating_conf)),
        "best_conf": nearest_best(np.array([row])),
        "best": nearest_best(np.arange(len(iou))),
    }


def recommend(points: dict[str, Point]) -> Point:
    """Return the point to use: another confidence or overlap only if it removes enough.

    What it removes must be more than scatter and a fair share of what differs; the overlap
    threshold must add as much again to what the confidence alone removes.

    Parameters
    ----------
    points : dict of str to Point
        What :func:`tune` returned.
    """
    chosen = points["operating"]
    for other in (points["best_conf"], points["best"]):
        gain, now = chosen.differences - other.differences, chosen.differences
        if gain > 0 and gain >= max(CHANCE * math.sqrt(now), WORTHWHILE * now):
            chosen = other
    return chosen


def advise(points: dict[str, Point], *, reference: str, candidate: str) -> str:
    """Return one sentence on the thresholds of an arm.

    Parameters
    ----------
    points : dict of str to Point
        What :func:`tune` returned.
    reference, candidate : str
        Names of the arms.
    """
    now, chosen, best = points["operating"], recommend(points), points["best_conf"]
    if chosen is now and not now.differences:
        return (
            f"Leave {candidate} at {now.conf}: against {reference}, none is missing or extra there."
        )
    if chosen is now and best.conf == now.conf:
        return (
            f"Leave {candidate} at {now.conf}: no other confidence agrees better with {reference} "
            f"({now.missing} missing, {now.extra} extra)."
        )
    if chosen is now:
        return (
            f"Leave {candidate} at {now.conf}: the best confidence, {best.conf}, gives "
            f"{best.differences} instead of {now.differences} differences from {reference}, "
            "which is no clear gain."
        )
    if chosen.iou == now.iou:
        change = f"conf {chosen.conf} instead of {now.conf}"
    else:
        change = f"conf {chosen.conf} and iou {chosen.iou} instead of {now.conf} and {now.iou}"
    return (
        f"For {candidate}, {change} removes {now.differences - chosen.differences} of "
        f"{now.differences} differences from {reference} (missing {now.missing} → "
        f"{chosen.missing}, extra {now.extra} → {chosen.extra})."
    )


def gather(parts: list[str], comparisons: dict[str, list[str]]) -> dict[str, Any]:
    """Add up the counts of all batches and draw the conclusions.

    Parameters
    ----------
    parts : list of str
        What :func:`parity.comparison.sweep.sweep_batch` wrote, one file per batch.
    comparisons : dict of str to list of str
        Reference and candidate arm by comparison.

    Returns
    -------
    dict
        ``images``, ``axes``, ``matching``, ``notes``; ``arms`` with ``end2end`` and
        ``detections`` (by overlap threshold and confidence of the tuned axes); ``comparisons``
        with ``reference``, ``candidate``, ``cells`` (a record per pair of thresholds),
        ``tuning`` (see :func:`tune`), ``recommended``, ``sentence`` and ``curve`` (agreement of
        the candidate at each tuned confidence with the reference at the operating point).

    Raises
    ------
    UserError
        If the batches were swept over different thresholds.
    """
    batches = [read_json(path, SWEEP) for path in parts]
    first = batches[0]
    for path, batch in zip(parts, batches, strict=True):
        if (batch["axes"], batch["matching"]) != (first["axes"], first["matching"]):
            raise UserError(f"{path} was swept over other thresholds; delete it and run again.")
    axes = Axes.from_json(first["axes"])
    counts = {
        arm: np.sum([batch["arms"][arm]["detections"] for batch in batches], axis=0)
        for arm in first["arms"]
    }
    end2end = {arm: part["end2end"] for arm, part in first["arms"].items()}
    concluded = {}
    for name, (reference, candidate) in comparisons.items():
        parts_of = [batch["comparisons"][name] for batch in batches]
        total = {key: np.sum([part[key] for part in parts_of], axis=0) for key in parts_of[0]}
        concluded[name] = {
            "reference": reference,
            "candidate": candidate,
            **conclude(
                total,
                counts[reference],
                counts[candidate],
                axes,
                reference=reference,
                candidate=candidate,
            ),
        }
    return {
        "images": sum(batch["images"] for batch in batches),
        "axes": first["axes"],
        "matching": first["matching"],
        "notes": [
            f"{arm} finishes its boxes inside the graph, so only conf was swept: iou does not "
            "change them."
            for arm in counts
            if end2end[arm]
        ],
        "arms": {
            arm: {"end2end": end2end[arm], "detections": counts[arm].tolist()} for arm in counts
        },
        "comparisons": concluded,
    }


def conclude(
    total: dict[str, np.ndarray],
    of_reference: np.ndarray,
    of_candidate: np.ndarray,
    axes: Axes,
    *,
    reference: str,
    candidate: str,
) -> dict[str, Any]:
    """Return cells, tuning and advice of one comparison.

    Parameters
    ----------
    total : dict of str to ndarray
        Sums of what :func:`parity.comparison.sweep.sweep_image` returns.
    of_reference, of_candidate : (I, K) int
        Detections at each of ``axes.tuned_iou`` and ``axes.tuned_conf``.
    axes : Axes
        The thresholds.
    reference, candidate : str
        Names of the arms.
    """
    row = axes.tuned_iou.index(axes.operating_iou)
    operating = int(of_reference[row, axes.tuned_conf.index(axes.operating_conf)])
    points = tune(total["tuned"], operating, of_candidate, axes)
    fixed = np.full_like(of_candidate[row], operating)
    curve = agreement(total["tuned"][row], fixed, of_candidate[row])
    return {
        "sentence": advise(points, reference=reference, candidate=candidate),
        "recommended": asdict(recommend(points)),
        "tuning": {name: asdict(point) for name, point in points.items()},
        "curve": [None if np.isnan(value) else float(value) for value in curve],
        "cells": cells(total["matched"], total["overlap"], of_reference, of_candidate, axes),
    }


def cells(
    matched: np.ndarray,
    overlap: np.ndarray,
    of_reference: np.ndarray,
    of_candidate: np.ndarray,
    axes: Axes,
) -> list[dict[str, Any]]:
    """Return a record per pair of thresholds, applied to both arms alike.

    ``reference`` and ``candidate`` count the detections of the arms, ``matched`` the pairs,
    ``missing`` and ``extra`` the detections without a partner of their class; ``f1`` is None if
    there is no detection, ``mean_iou`` if there is no pair.
    """
    rows = [axes.tuned_iou.index(iou) for iou in axes.iou]
    columns = [axes.tuned_conf.index(conf) for conf in axes.conf]
    at_cells = np.ix_(rows, columns)
    ours, theirs = of_reference[at_cells], of_candidate[at_cells]
    f1 = agreement(matched, ours, theirs)
    return [
        {
            "conf": axes.conf[k],
            "iou": axes.iou[i],
            "reference": int(ours[i, k]),
            "candidate": int(theirs[i, k]),
            "matched": int(matched[i, k]),
            "missing": int(ours[i, k] - matched[i, k]),
            "extra": int(theirs[i, k] - matched[i, k]),
            "f1": None if np.isnan(f1[i, k]) else float(f1[i, k]),
            "mean_iou": float(overlap[i, k] / matched[i, k]) if matched[i, k] else None,
        }
        for i, k in np.ndindex(matched.shape)
    ]
