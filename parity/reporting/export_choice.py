"""Which export to ship: quality compared with size and speed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import ClassVar

from parity.accuracy.results import Accuracy, AccuracyLoss
from parity.benchmarking.results import Latency
from parity.comparison.agreement import panoptic_quality
from parity.comparison.proportions import draws_needed, largest_share
from parity.comparison.results import ComparisonResults, Results
from parity.reporting.bounds import CONFIDENCE, percent_ceiling
from parity.reporting.task_wording import QUANTITIES, TaskWording, words_of
from parity.reporting.wording import ceiling, count, four_decimals, number, reference_name
from parity.sentences import listing

ALIKE = 1.02
"""Sizes within this factor are alike (chosen); of such exports the first in the configuration is
named."""
WORTH_NAMING = 1.01
"""Gains of size and speed below this factor are not named (chosen)."""
RESOLUTION = 0.01
"""Share of objects whose loss must show before an export is recommended (chosen). 299 objects show
it, if none of them is lost."""


@dataclass(frozen=True)
class ExportChoice:
    """What is known of an export."""

    export: str
    bytes: int
    """Size of its file."""
    objects: int
    missing: int
    extra: int
    """Objects that PyTorch detects on the same input, and detections that differ from them."""
    lacking: int | None
    """How many more objects would show that what is lost stays within the tolerance, see
    :func:`objects_lacking`."""
    box_px: float
    score: float
    """Largest differences of matched pairs."""
    passed: bool
    """Whether it stays within its tolerance."""
    panoptic_quality: float
    """Agreement with PyTorch, see :func:`parity.comparison.agreement.panoptic_quality`."""
    images_per_second: float | None
    """On one thread; None if it was not timed."""
    accuracy: float | None
    """How accurate it is; None without labels."""
    cost: AccuracyLoss | None
    """What it loses of that."""
    quality: float | None
    """``accuracy`` with labels, else ``panoptic_quality``."""
    pareto: bool
    """Whether it is Pareto-optimal: no other export is at least as good in every respect and better
    in one."""
    flipped: int
    """Objects of another class, which count as missing and as extra, too."""
    task: str
    """Of the model, a key of :data:`parity.tasks.task.TASKS`."""
    measures: dict[str, float]
    """Largest of each further difference, see :func:`parity.comparison.measures.measure`."""
    reference: str
    """What the reference is called."""
    metric: str
    """What ``accuracy`` is, such as mAP50-95; empty without labels."""

    @property
    def words(self) -> TaskWording:
        """What its detections are called."""
        return words_of(self.task)

    @property
    def proven(self) -> bool:
        """Whether it may be recommended: it is within its tolerance, shown by enough objects."""
        return self.passed and self.lacking == 0


@dataclass(frozen=True)
class ExportChoices:
    """All exports of a model, and advice."""

    SCHEMA: ClassVar[str] = "choices/5"

    rows: tuple[ExportChoice, ...]
    """In the order of the configuration."""
    quality: str
    """What the quality of an export is measured by: a metric of accuracy, or panoptic quality."""
    advice: str
    """Which to ship and why, or what is lacking to say so."""


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
    quality = accuracy.metric if accuracy else "panoptic quality"
    return ExportChoices(tuple(optimal), quality, recommend_export(optimal))


def facts_of(
    export: str, results: Results, accuracy: Accuracy | None, speed: float | None
) -> ExportChoice:
    """Return what is known of an export, not compared with others yet."""
    found = results.comparisons[f"runtime-{export}"]
    agreement = panoptic_quality(found)
    value = cost = None
    if accuracy:
        value = accuracy.arms[f"onnx-{export}"].metrics[accuracy.metric].value
        cost = accuracy.comparisons[f"runtime-{export}"].losses[accuracy.metric]
    return ExportChoice(
        export=export,
        bytes=results.exports[export].bytes,
        objects=found.matched + found.missing,
        missing=found.missing,
        extra=found.extra,
        lacking=objects_lacking(found),
        box_px=found.box_px,
        score=found.score,
        passed=found.passed,
        panoptic_quality=agreement,
        reference=reference_name(found.reference),
        images_per_second=speed,
        accuracy=value,
        cost=cost,
        quality=value if accuracy else agreement,
        pareto=False,
        flipped=found.flipped,
        task=found.task,
        measures=found.measures,
        metric=accuracy.metric if accuracy else "",
    )


def objects_lacking(found: ComparisonResults) -> int | None:
    """Return how many more objects would show that what is lost stays within the tolerance.

    The shares that are missing and extra elsewhere must stay within the tolerance, with a
    confidence of 95 % (:func:`parity.comparison.proportions.largest_share`). The tolerance counts
    as a share of the objects of this run, and as ``RESOLUTION`` where it is less. However wide it
    is, there must be enough objects to show a loss of ``RESOLUTION``.

    Returns
    -------
    int or None
        0 if there are enough; None if no number is, because the tolerance is used up.
    """
    more = draws_needed(0.0, RESOLUTION) or 0
    lacking = more - found.matched - found.missing
    for seen, allowed in (
        (found.missing, found.tolerance.missing),
        (found.extra, found.tolerance.extra),
    ):
        detections = found.matched + seen
        if not detections:
            continue
        share = min(max(allowed / detections, RESOLUTION), 1.0)
        needed = draws_needed(seen / detections, share)
        if needed is None:
            return None
        lacking = max(lacking, needed - detections)
    return max(lacking, 0)


def dominates(one: ExportChoice, other: ExportChoice) -> bool:
    """Return whether one export is at least as good in every respect and better in one.

    Sizes within :data:`ALIKE` are equal. This leaves an export that no other dominates: along a
    circle, nothing else could get worse, and sizes would shrink all the way round.
    """
    alike = max(one.bytes, other.bytes) <= ALIKE * min(one.bytes, other.bytes)
    pairs: list[tuple[float, float]] = [(one.proven, other.proven)]
    pairs += [] if alike else [(-one.bytes, -other.bytes)]
    measured = (
        (one.quality, other.quality),
        (one.panoptic_quality, other.panoptic_quality),
        (one.images_per_second, other.images_per_second),
    )
    pairs += [(a, b) for a, b in measured if a is not None and b is not None]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def recommend_export(rows: Sequence[ExportChoice]) -> str:
    """Return which export to ship, or what is lacking to say so.

    Of the Pareto-optimal exports within their tolerance that were compared on enough objects, the
    fastest is named if they were all timed; otherwise the smallest.
    """
    fit = [row for row in rows if row.passed]
    if not fit:
        closest = max(rows, key=lambda row: (row.panoptic_quality, -row.box_px))
        return (
            f"No export stays within its tolerance. {closest.export} comes closest: "
            f"{described(closest)}."
        )
    proven = [row for row in fit if row.proven]
    timed = all(row.images_per_second for row in rows)
    if not proven:
        return " ".join([*too_early(fit, timed=timed), *([] if timed else [TO_TIME])])
    best = best_of(proven, timed=timed)
    gains = "".join(f"{gain}, " for gain in gains_in_words(best, rows))
    said = [f"Ship {best.export}: {gains}{described(best)}.", elsewhere(best)]
    preferred = best_of(fit, timed=timed)
    if not preferred.proven:
        said.append(
            f"{preferred.export} is {'faster' if timed else 'smaller'}, but {doubt(preferred)}."
        )
    if not timed:
        said.append(TO_TIME)
    beyond = [row.export for row in rows if not row.passed]
    if beyond:
        verb = "is" if len(beyond) == 1 else "are"
        said.append(f"{listing(beyond)} {verb} beyond the tolerance.")
    return " ".join(said)


TO_TIME = "To choose by speed, time the exports: set latency.in_report to true."


def best_of(rows: Sequence[ExportChoice], *, timed: bool) -> ExportChoice:
    """Return the fastest export, or the first of the smallest if they were not all timed.

    No other of them is at least as good in every respect and better in one.
    """
    rows = [row for row in rows if not any(dominates(other, row) for other in rows)]
    if timed:
        return max(rows, key=lambda row: (row.images_per_second or 0, -row.bytes))
    least_bytes = min(row.bytes for row in rows)
    return next(row for row in rows if row.bytes <= ALIKE * least_bytes)


def too_early(fit: Sequence[ExportChoice], *, timed: bool) -> list[str]:
    """Return why none of the exports within their tolerance is recommended."""
    objects = max(row.objects for row in fit)
    least = min((row.lacking for row in fit if row.lacking is not None), default=None)
    best = best_of(fit, timed=timed)
    known = f"No export can be recommended from {count(objects, best.words.noun)}"
    said = f"So far, the choice would be {best.export}: {described(best)}."
    if least is None:
        return [f"{known}: every export uses up its tolerance, and may exceed it elsewhere.", said]
    more = f"about {rounded_up(least)} more {are(least)} needed"
    return [f"{known}: {more} to show how much is lost elsewhere.", said]


def rounded_up(many: int) -> str:
    """Return a count rounded up to two significant digits."""
    step: int = 10 ** max(len(str(many)) - 2, 0)
    return f"{math.ceil(many / step) * step:,}"


def are(many: int) -> str:
    """Return the verb of so many things."""
    return "is" if many == 1 else "are"


def doubt(row: ExportChoice) -> str:
    """Return why an export within its tolerance is not recommended."""
    if row.lacking is None:
        return "uses up its tolerance, and may exceed it elsewhere"
    noun = row.words.noun if row.lacking == 1 else f"{row.words.noun}s"
    more = f"about {rounded_up(row.lacking)} more {noun}"
    return f"{more} {are(row.lacking)} needed to show that it stays within its tolerance"


def elsewhere(row: ExportChoice) -> str:
    """Return how much is lost at most in other images like these, a sentence."""
    missing = percent_ceiling(largest_share(row.missing, row.objects))
    extra = percent_ceiling(largest_share(row.extra, row.objects - row.missing + row.extra))
    return (
        f"In other images like these, at most {missing} of {row.words.noun}s are missing and "
        f"{extra} extra ({CONFIDENCE})."
    )


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
    noun = "label" if row.words.noun == "label" else "box"
    several = "labels" if noun == "label" else "boxes"
    lost, added = row.missing - row.flipped, row.extra - row.flipped
    said = [count(lost, f"missing {noun}", f"missing {several}") if lost else f"no missing {noun}"]
    if added:
        said.append(f"{added:,} extra")
    if row.flipped:
        said.append(f"{row.flipped:,} of another class")
    largest = {"box_px": row.box_px, "score": row.score} | row.measures
    owner = " of PyTorch's" if row.reference == "PyTorch" else f" of {row.reference}'s"
    for name in row.words.answered:
        if name in largest:
            within = f"{ceiling(largest[name])}{QUANTITIES[name].unit}"
            said.append(f"{row.words.subject(name)} within {within}{owner}")
            owner = ""
    if "box_px" in row.words.answered:
        said.append(f"panoptic quality {four_decimals(row.panoptic_quality)}")
    if row.cost and row.cost.percent_interval:
        low, high = row.cost.percent_interval
        if not (row.cost.percent or low or high):
            return ", ".join([*said, f"no loss of {row.metric} on these images"])
        shown = "a loss" if low > 0 else "a gain" if high < 0 else "no significant loss"
        said.append(
            f"{shown} of {row.metric} on these images ({number(row.cost.percent)} % lost, 95 % "
            f"interval {number(low)} to {number(high)} %)"
        )
    return ", ".join(said)
