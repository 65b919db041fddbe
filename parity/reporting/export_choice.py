"""Which export to ship: quality compared with size and speed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import ClassVar, Literal

from parity.accuracy.results import Accuracy, AccuracyLoss
from parity.benchmarking.results import Latency
from parity.comparison.results import ComparisonResults, Results
from parity.reporting.wording import ceiling, count, listing, number

ALIKE = 1.02
"""Sizes within this factor are alike (chosen); of such exports the first in the configuration is
named."""
WORTH_NAMING = 1.01
"""Gains of size and speed below this factor are not named (chosen)."""

Quality = Literal["mAP50-95", "f1"]


@dataclass(frozen=True)
class ExportChoice:
    """What is known of an export.

    Attributes
    ----------
    export : str
        Its name.
    bytes : int
        Size of its file.
    missing, extra : int
        Detections that differ from PyTorch's on the same input.
    box_px, score : float
        Largest differences of matched pairs.
    passed : bool
        Whether it stays within its tolerance.
    f1 : float or None
        Twice the matched pairs over the detections of both; None without any.
    images_per_second : float or None
        On one thread; None if it was not timed.
    map : float or None
        Mean average precision; None without labels.
    cost : AccuracyLoss or None
        What it loses of that.
    quality : float or None
        ``map`` with labels, else ``f1``.
    pareto : bool
        Whether it is Pareto-optimal: no other export is at least as good in every respect and
        better in one.
    """

    export: str
    bytes: int
    missing: int
    extra: int
    box_px: float
    score: float
    passed: bool
    f1: float | None
    images_per_second: float | None
    map: float | None
    cost: AccuracyLoss | None
    quality: float | None
    pareto: bool


@dataclass(frozen=True)
class ExportChoices:
    """All exports of a model, and advice.

    Attributes
    ----------
    rows : tuple of ExportChoice
        In the order of the configuration.
    quality : {"mAP50-95", "f1"}
        What the quality of an export is measured by.
    advice : str
        Which to ship, and why.
    """

    SCHEMA: ClassVar[str] = "choices/2"

    rows: tuple[ExportChoice, ...]
    quality: Quality
    advice: str


def single_thread_speed(latency: Latency) -> float | None:
    """Return the images a second of the ONNX arm on one thread, if a race was run."""
    for race in latency.races:
        for contestant in race.contestants:
            one = contestant.processes == contestant.threads == 1
            if contestant.kind == "ONNX arm" and one:
                return float(median(contestant.images_per_second))
    return None


def compare_exports(
    results: Results, accuracy: Accuracy | None, speeds: Mapping[str, float | None]
) -> ExportChoices:
    """Return what is known of every export of a model, which are Pareto-optimal, and advice.

    Parameters
    ----------
    results : Results
        What ``summarise`` wrote.
    accuracy : Accuracy, optional
        What ``accuracy`` wrote.
    speeds : mapping of str to float
        Images a second by export, as far as they were timed.
    """
    rows = [facts_of(name, results, accuracy, speeds.get(name)) for name in results.exports]
    optimal = [
        replace(row, pareto=not any(dominates(other, row) for other in rows)) for row in rows
    ]
    return ExportChoices(
        tuple(optimal), "mAP50-95" if accuracy else "f1", recommend_export(optimal)
    )


def facts_of(
    export: str, results: Results, accuracy: Accuracy | None, speed: float | None
) -> ExportChoice:
    """Return what is known of an export, not compared with others yet."""
    found = results.comparisons[f"runtime-{export}"]
    mean_precision = accuracy.arms[f"onnx-{export}"].map if accuracy else None
    return ExportChoice(
        export=export,
        bytes=results.exports[export].bytes,
        missing=found.missing,
        extra=found.extra,
        box_px=found.box_px,
        score=found.score,
        passed=found.passed,
        f1=f1_of(found),
        images_per_second=speed,
        map=mean_precision,
        cost=accuracy.comparisons[f"runtime-{export}"].map if accuracy else None,
        quality=mean_precision if accuracy else f1_of(found),
        pareto=False,
    )


def f1_of(comparison: ComparisonResults) -> float | None:
    """Return twice the matched pairs over the detections of both arms; None without any."""
    detections = 2 * comparison.matched + comparison.missing + comparison.extra
    return 2 * comparison.matched / detections if detections else None


def dominates(one: ExportChoice, other: ExportChoice) -> bool:
    """Return whether one export is at least as good in every respect and better in one."""
    pairs: list[tuple[float, float]] = [(-one.bytes, -other.bytes)]
    measured = (
        (one.quality, other.quality),
        (one.f1, other.f1),
        (one.images_per_second, other.images_per_second),
    )
    pairs += [(a, b) for a, b in measured if a is not None and b is not None]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def recommend_export(rows: Sequence[ExportChoice]) -> str:
    """Return which export to ship, as it follows from the tolerances.

    Of the exports within their tolerance the fastest is named, where they were all timed;
    otherwise the smallest.
    """
    fit = [row for row in rows if row.passed]
    if not fit:
        least = min(rows, key=lambda row: (row.missing + row.extra, row.box_px))
        return (
            f"No export stays within its tolerance. {least.export} comes closest: "
            f"{described(least)}."
        )
    timed = all(row.images_per_second for row in rows)
    if timed:
        best = max(fit, key=lambda row: (row.images_per_second or 0, -row.bytes))
    else:
        least_bytes = min(row.bytes for row in fit)
        best = next(row for row in fit if row.bytes <= ALIKE * least_bytes)
    beyond = [row.export for row in rows if not row.passed]
    said = f"Ship {best.export}: {''.join(gain + ', ' for gain in gains_in_words(best, rows))}"
    said += f"{described(best)}."
    if not timed:
        said += " The smallest was chosen, because not all exports were timed."
    if beyond:
        verb = "is" if len(beyond) == 1 else "are"
        said += f" {listing(beyond)} {verb} beyond the tolerance."
    return said


def gains_in_words(best: ExportChoice, rows: Sequence[ExportChoice]) -> list[str]:
    """Return how much smaller and faster an export is than the largest and the slowest."""
    said = []
    largest = max(rows, key=lambda row: row.bytes)
    if largest.bytes > WORTH_NAMING * best.bytes:
        said.append(f"{largest.bytes / best.bytes:.1f} × smaller than {largest.export}")
    speeds = {row.export: row.images_per_second for row in rows}
    known = {export: speed for export, speed in speeds.items() if speed}
    if len(known) == len(rows):
        slowest = min(known, key=lambda export: known[export])
        if known[best.export] > WORTH_NAMING * known[slowest]:
            ratio = known[best.export] / known[slowest]
            said.append(f"{ratio:.1f} × as fast as {slowest}")
    return said


def described(row: ExportChoice) -> str:
    """Return what an export costs, in words."""
    missing = (
        count(row.missing, "missing box", "missing boxes") if row.missing else "no missing box"
    )
    added = f", {row.extra:,} extra" if row.extra else ""
    said = f"{missing}{added}, boxes within {ceiling(row.box_px)} px of PyTorch's"
    if row.cost:
        low, high = row.cost.percent_interval
        shown = "a loss" if low > 0 else "a gain" if high < 0 else "no significant loss"
        said += (
            f", {shown} of mAP50-95 on these images ({number(row.cost.percent)} % lost, 95 % "
            f"interval {number(low)} to {number(high)} %)"
        )
    return said
