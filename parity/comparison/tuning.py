"""From counts at many thresholds to F1, and to the thresholds at which an arm agrees best.

See :func:`parity.comparison.agreement.f1`.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from parity.comparison.agreement import f1
from parity.comparison.differences import MatchingSettings
from parity.comparison.sweep import ArmCounts, MatchCounts, SweepCounts, add_counts
from parity.comparison.threshold_grid import Axes
from parity.documents import load
from parity.errors import UserError
from parity.tasks.task import TASKS

WORTHWHILE = 0.1
"""Share of the differences that other thresholds must remove to be recommended; chosen."""

CHANCE = 2.0
"""Standard deviations of a count (its square root) that they must remove, too; chosen."""


@dataclass(frozen=True)
class Point:
    """What the candidate's thresholds give; the reference stays at the operating point."""

    conf: float
    iou: float
    """Thresholds of the candidate."""
    matched: int
    missing: int
    extra: int
    """Pairs, and detections that only the reference or only the candidate has."""
    f1: float | None
    """In [0, 1]; None if neither arm detects anything."""

    @property
    def differences(self) -> int:
        """Detections without a partner."""
        return self.missing + self.extra


@dataclass(frozen=True)
class Tuning:
    """Thresholds of a candidate, and how it agrees with its reference there."""

    operating: Point
    best_conf: Point
    """The best confidence threshold at the run's IoU threshold."""
    best: Point
    """The best of both."""


@dataclass(frozen=True)
class Cell:
    """How two arms agree at one pair of thresholds that is applied to both."""

    conf: float
    iou: float
    reference: int
    candidate: int
    """Detections of the arms."""
    matched: int
    missing: int
    extra: int
    """Pairs, and detections without a partner of their class."""
    f1: float | None
    """In [0, 1]; None if neither arm detects anything."""
    mean_iou: float | None
    """Mean overlap of the pairs; None without any."""


@dataclass(frozen=True)
class SweepComparison:
    """How two arms agree at many thresholds, and what follows."""

    reference: str
    candidate: str
    sentence: str
    recommended: Point
    """The thresholds to use."""
    tuning: Tuning
    tuned_f1: list[list[float | None]]
    """F1 at each of ``axes.tuned_iou`` and ``axes.tuned_conf`` of the candidate, the reference at
    the operating point; None where neither arm detects anything."""
    cells: list[Cell]
    """One per pair of ``axes.iou`` and ``axes.conf``."""


@dataclass(frozen=True)
class SweepResults:
    """The sweep of a model over all batches."""

    SCHEMA: ClassVar[str] = "sweep-results/2"

    model: str
    images: int
    axes: Axes
    matching: MatchingSettings
    """How detections were paired."""
    notes: list[str]
    """What limits the sweep of an arm."""
    arms: dict[str, ArmCounts]
    """By arm."""
    comparisons: dict[str, SweepComparison]
    """By comparison."""
    task: str
    """Of the models, a key of :data:`parity.tasks.task.TASKS`."""


def tune(tuned: np.ndarray, reference: int, candidate: np.ndarray, axes: Axes) -> Tuning:
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
    """
    scores = f1(tuned, np.full_like(candidate, reference), candidate)
    conf, iou = np.array(axes.tuned_conf), np.array(axes.tuned_iou)
    row = axes.tuned_iou.index(axes.operating_iou)

    def point(i: int, k: int) -> Point:
        matched, found = int(tuned[i, k]), int(candidate[i, k])
        missing, extra = reference - matched, found - matched
        score = _number(float(scores[i, k]))
        return Point(axes.tuned_conf[k], axes.tuned_iou[i], matched, missing, extra, score)

    def nearest_best(rows: np.ndarray) -> Point:
        value = np.nan_to_num(scores[rows], nan=-1)
        i, k = np.nonzero(value == value.max())
        i = rows[i]
        order = np.lexsort((abs(conf[k] - axes.operating_conf), abs(iou[i] - axes.operating_iou)))
        return point(i[order[0]], k[order[0]])

    return Tuning(
        operating=point(row, axes.tuned_conf.index(axes.operating_conf)),
        best_conf=nearest_best(np.array([row])),
        best=nearest_best(np.arange(len(iou))),
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def recommend(tuning: Tuning) -> Point:
    """Return the point to use: other thresholds only if they remove enough differences.

    What they remove must exceed chance and be a fair share of all differences; another IoU
    threshold must improve as much again on what another confidence threshold alone removes.
    """
    chosen = tuning.operating
    for other in (tuning.best_conf, tuning.best):
        gain, now = chosen.differences - other.differences, chosen.differences
        if gain > 0 and gain >= max(CHANCE * math.sqrt(now), WORTHWHILE * now):
            chosen = other
    return chosen


def advise_thresholds(tuning: Tuning, *, reference: str, candidate: str) -> str:
    """Return what to do about the thresholds of an arm; the best pair is named.

    Parameters
    ----------
    tuning : Tuning
        What :func:`tune` returned.
    reference, candidate : str
        Names of the arms.
    """
    now, chosen, best = tuning.operating, recommend(tuning), tuning.best
    if chosen is now and not now.differences:
        return (
            f"Keep {candidate} at conf {now.conf}: nothing is missing or extra "
            f"compared with {reference}."
        )
    if chosen is now and _pair(best) == _pair(now):
        return (
            f"Keep {candidate} at conf {now.conf}: no other one agrees better with {reference} "
            f"({now.missing} missing, {now.extra} extra)."
        )
    if chosen is now:
        pair = f"{best.conf}" if best.iou == now.iou else _in_words(best)
        return (
            f"Keep {candidate} at conf {now.conf}: the best one, {pair}, gives "
            f"{best.differences} instead of {now.differences} differences from {reference}, "
            "which is no clear gain."
        )
    if chosen.iou == now.iou:
        change = f"conf {chosen.conf} instead of {now.conf}"
    else:
        change = f"{_in_words(chosen)} instead of {now.conf} and {now.iou}"
    more = (
        ""
        if _pair(chosen) == _pair(best)
        else (f" {_in_words(best).capitalize()} agrees best, but is no clear gain over that.")
    )
    return (
        f"For {candidate}, {change} removes {now.differences - chosen.differences} of "
        f"{now.differences} differences from {reference} (missing {now.missing} → "
        f"{chosen.missing}, extra {now.extra} → {chosen.extra}).{more}"
    )


def _pair(point: Point) -> tuple[float, float]:
    return point.conf, point.iou


def _in_words(point: Point) -> str:
    return f"conf {point.conf} and iou {point.iou}"


def gather(model: str, parts: list[str], comparisons: dict[str, list[str]]) -> SweepResults:
    """Add up the counts of all batches and draw conclusions.

    Parameters
    ----------
    model : str
        Name of the model.
    parts : list of str
        What :func:`parity.comparison.sweep.sweep_batch` wrote, one file per batch.
    comparisons : dict of str to list of str
        Reference and candidate arm by comparison.

    Raises
    ------
    UserError
        If the batches were swept over different thresholds.
    """
    batches = [load(path, SweepCounts) for path in parts]
    first = batches[0]
    for path, batch in zip(parts, batches, strict=True):
        if (batch.axes, batch.matching) != (first.axes, first.matching):
            raise UserError(f"{path} was swept over other thresholds; delete it and run again.")
    arms = {
        arm: ArmCounts(
            counts.ignores_iou, np.sum([batch.arms[arm].detections for batch in batches], axis=0)
        )
        for arm, counts in first.arms.items()
    }
    return SweepResults(
        model=model,
        images=sum(batch.images for batch in batches),
        axes=first.axes,
        matching=first.matching,
        notes=[
            f"The graph of {arm} finishes its boxes, so only conf was swept: iou does not change "
            "them."
            for arm, counts in arms.items()
            if counts.ignores_iou and TASKS[first.task].has_boxes
        ],
        arms=arms,
        comparisons={
            name: conclude(
                add_counts([batch.comparisons[name] for batch in batches]),
                arms,
                first.axes,
                reference=reference,
                candidate=candidate,
            )
            for name, (reference, candidate) in comparisons.items()
        },
        task=first.task,
    )


def conclude(
    counts: MatchCounts,
    arms: dict[str, ArmCounts],
    axes: Axes,
    *,
    reference: str,
    candidate: str,
) -> SweepComparison:
    """Return cells, tuning and advice of one comparison.

    Parameters
    ----------
    counts : MatchCounts
        Of all images.
    arms : dict of str to ArmCounts
        By arm.
    axes : Axes
        The thresholds.
    reference, candidate : str
        Names of the arms.
    """
    ours, theirs = arms[reference].detections, arms[candidate].detections
    row = axes.tuned_iou.index(axes.operating_iou)
    operating = int(ours[row, axes.tuned_conf.index(axes.operating_conf)])
    tuning = tune(counts.tuned, operating, theirs, axes)
    tuned_f1 = f1(counts.tuned, np.full_like(theirs, operating), theirs)
    return SweepComparison(
        reference=reference,
        candidate=candidate,
        sentence=advise_thresholds(tuning, reference=reference, candidate=candidate),
        recommended=recommend(tuning),
        tuning=tuning,
        tuned_f1=[[_number(value) for value in row] for row in tuned_f1.tolist()],
        cells=cells(counts, ours, theirs, axes),
    )


def cells(
    counts: MatchCounts, reference: np.ndarray, candidate: np.ndarray, axes: Axes
) -> list[Cell]:
    """Return a cell per pair of thresholds that is applied to both arms.

    Parameters
    ----------
    counts : MatchCounts
        Of all images.
    reference, candidate : (I, K) int
        Detections of the arms at each of ``axes.tuned_iou`` and ``axes.tuned_conf``.
    axes : Axes
        The thresholds.
    """
    rows = [axes.tuned_iou.index(iou) for iou in axes.iou]
    columns = [axes.tuned_conf.index(conf) for conf in axes.conf]
    at_cells = np.ix_(rows, columns)
    ours, theirs, matched = reference[at_cells], candidate[at_cells], counts.matched
    scores = f1(matched, ours, theirs)
    return [
        Cell(
            conf=axes.conf[k],
            iou=axes.iou[i],
            reference=int(ours[i, k]),
            candidate=int(theirs[i, k]),
            matched=int(matched[i, k]),
            missing=int(ours[i, k] - matched[i, k]),
            extra=int(theirs[i, k] - matched[i, k]),
            f1=_number(float(scores[i, k])),
            mean_iou=float(counts.overlap[i, k] / matched[i, k]) if matched[i, k] else None,
        )
        for i, k in np.ndindex(matched.shape)
    ]
