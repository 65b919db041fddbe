"""The verdict of a run, from what ``summarise`` judged of each comparison, and its sentences."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from parity.comparison.differences import Differences
from parity.comparison.results import ComparisonResults, Distribution, ImageResults, Results
from parity.comparison.rounding import UNROUNDED, Rounding
from parity.comparison.tolerances import FLOAT32_ROUNDING, Quantity, Tolerance
from parity.reporting.task_wording import (
    FURTHER,
    MEASURED,
    QUANTITIES,
    MeasuredQuantity,
    TaskWording,
    words_of,
)
from parity.reporting.wording import ceiling, count, number
from parity.sentences import listing

FAIL, PASS, NOTHING = "fail", "pass", "nothing compared"

KIND_TITLES = {
    "matched": "matched",
    "missing": "missing",
    "extra": "extra",
    "flipped": "class-flipped",
}
"""Kinds of objects in words; what is flipped was detected by both arms, as different classes."""


@dataclass(frozen=True)
class Amounts:
    """The quantities that a tolerance limits.

    None where a number is not finite, and where the task has no such quantity.
    """

    missing: int
    extra: int
    unread: int
    box_px: float | None
    score: float | None
    mask: float | None = None
    keypoint_px: float | None = None
    visibility: float | None = None


def amounts_of(tolerance: Tolerance, task: str) -> Amounts:
    """Return the quantities of a tolerance that limits a task."""
    own = dict.fromkeys(MEASURED, math.nan)
    finite = own | {name: getattr(tolerance, name) for name in words_of(task).quantities}
    return Amounts(
        missing=tolerance.missing,
        extra=tolerance.extra,
        unread=tolerance.unread,
        **{name: value if math.isfinite(value) else None for name, value in finite.items()},
    )


@dataclass(frozen=True)
class Gate:
    """What a comparison that decides the verdict came to."""

    model: str
    comparison: str
    verdict: str
    """``fail``, ``pass`` or ``nothing compared``."""
    exceeded: tuple[Quantity, ...]
    """Quantities beyond the tolerance."""
    sentence: str
    """The same in words, without a full stop."""
    images: int
    matched: int
    """Images that both arms can read, and pairs of detections in them."""
    measured: Amounts
    tolerance: Amounts
    """What was measured beyond the rounding of printed numbers, and what is allowed of it."""

    @property
    def line(self) -> str:
        """All of it, such as ``FAIL yolo11n, runtime-fp32: …``."""
        return f"{self.verdict.upper()} {self.model}, {self.comparison}: {self.sentence}."


def outcome(comparison: ComparisonResults) -> str:
    """Return ``fail``, ``pass``, or ``nothing compared`` where there was nothing, or only ties."""
    if not comparison.passed:
        return FAIL
    return NOTHING if object_count(comparison) == 0 else PASS


def outcome_in_words(comparison: ComparisonResults) -> str:
    """Return the outcome; of a comparison that does not decide, ``same`` or ``differs``."""
    found = outcome(comparison)
    return found if comparison.gated else {FAIL: "differs", PASS: "same"}.get(found, found)


def objects_by_kind(measured: Differences) -> dict[str, int]:
    """Return how many objects are ``matched``, ``missing``, ``extra`` and ``flipped``, apart."""
    flipped = measured.flipped  # counted as missing and as extra, too
    return {
        "matched": measured.matched,
        "missing": measured.missing - flipped,
        "extra": measured.extra - flipped,
        "flipped": flipped,
    }


def object_count(comparison: ComparisonResults) -> int:
    """Return how many objects either arm detected; the two detections of a pair are one object."""
    return sum(objects_by_kind(comparison).values())


def spread_of(comparison: ComparisonResults, quantity: MeasuredQuantity) -> Distribution | None:
    """Return how a difference of the matched pairs is distributed; None without any pair."""
    spreads = comparison.distributions
    return vars(spreads).get(quantity, spreads.measures.get(quantity))


def wording_of(comparison: ComparisonResults) -> TaskWording:
    """Return what the detections of a comparison are called."""
    return words_of(comparison.task)


def quantities_of(comparison: ComparisonResults) -> tuple[MeasuredQuantity, ...]:
    """Return the differences that a comparison measured and a tolerance limits."""
    spreads = comparison.distributions
    known = {*vars(spreads), *spreads.measures} if comparison.matched else MEASURED
    return tuple(name for name in wording_of(comparison).quantities if name in known)


def subject(comparison: ComparisonResults, name: Quantity) -> str:
    """Return what differs by a quantity, such as ``boxes`` or ``probabilities``."""
    return wording_of(comparison).subject(name)


def image_verdict(image: ImageResults, gates: Iterable[str]) -> str:
    """Return ``unreadable``, ``fail`` (in a gate), ``differs`` (elsewhere) or ``same``."""
    if len(image.reasons) + len(image.not_stated) == len(image.arms):
        return "unreadable"
    failed = {name for name, measured in image.comparisons.items() if not measured.passed}
    if not failed.isdisjoint(gates):
        return "fail"
    return "differs" if failed else "same"


def quantity(name: Quantity, value: float, task: str, *, required: bool = False) -> str:
    """Return a quantity of a tolerance in words, such as ``2 extra detections`` or ``0.1 px``.

    Parameters
    ----------
    name : str
        A field of :class:`parity.comparison.tolerances.Tolerance`.
    value : float
        Its value.
    task : str
        What is compared.
    required : bool
        Whether a tolerance is to be set to it: then it is never rounded down.
    """
    if name == "unread":
        return count(int(value), "image read by one arm only", "images read by one arm only")
    words = words_of(task)
    if name not in QUANTITIES:
        return count(int(value), f"{name} {words.detection}")
    said = ceiling(value) if required else number(value)
    return f"{said}{f' in {words.score}' if name == 'score' else QUANTITIES[name].amount}"


def tolerance_in_words(tolerance: Tolerance, task: str, rounding: Rounding = UNROUNDED) -> str:
    """Return a tolerance in words, such as ``0.01 px + 0.05 px of rounding and 0.0001 in score``.

    Counts of zero go without saying, and so does rounding that there is not.
    """
    measured = words_of(task).quantities
    stated: tuple[Quantity, ...] = ("missing", "extra", *measured, "unread")
    said = []
    for name in stated:
        value = getattr(tolerance, name)
        if value or name in measured:
            unit = " px" if name == "box_px" else ""
            words = quantity(name, value, task, required=True)
            said.append(words + _rounding(rounding, name, unit))
    return listing(said)


def allowed_in_words(comparison: ComparisonResults, name: Quantity, unit: str = "") -> str:
    """Return what a comparison allows of a quantity, such as ``0.01 + 0.05 of rounding``.

    Parameters
    ----------
    comparison : ComparisonResults
        Its tolerance, and what printing may have changed.
    name : str
        A field of :class:`parity.comparison.tolerances.Tolerance`.
    unit : str
        Of the quantity, after a blank, such as " px"; it follows each number.
    """
    value = getattr(comparison.tolerance, name)
    return f"{number(value)}{unit}{_rounding(comparison.rounding, name, unit)}"


def _rounding(rounding: Rounding, name: Quantity, unit: str) -> str:
    value = getattr(rounding, name, 0.0)
    return f" + {number(value)}{unit} of rounding" if value else ""


def excess_in_words(comparison: ComparisonResults) -> str:
    """Return in words which quantities exceed the tolerance, and what it allows."""
    return listing([_excess(comparison, name) for name in comparison.exceeded])


def _excess(comparison: ComparisonResults, name: Quantity) -> str:
    if name not in QUANTITIES:
        said = quantity(name, getattr(comparison, name), comparison.task)
        renamed = comparison.flipped if name in ("missing", "extra") else 0
        also = f", {renamed:,} of them of another class" if renamed else ""
        return f"{said}{also} (allowed {allowed_in_words(comparison, name)})"
    return f"{subject(comparison, name)} differ by up to {_with_allowed(comparison, name)}"


def _with_allowed(comparison: ComparisonResults, name: Quantity) -> str:
    """Return the largest difference of a quantity, and what is allowed of it."""
    unit, allowed = QUANTITIES[name].unit, f"allowed {allowed_in_words(comparison, name)})"
    said = f"{number(comparison.amount(name))}{unit}"
    return f"{said[:-1]}; {allowed}" if said.endswith(")") else f"{said} ({allowed}"


def sentence(comparison: ComparisonResults) -> str:
    """Return what a comparison found, with the numbers behind it and no full stop."""
    reference, candidate = comparison.reference, comparison.candidate
    images = count(comparison.images_read, "image")
    found, words = outcome(comparison), wording_of(comparison)
    if found == NOTHING:
        because = f"neither {reference} nor {candidate} {words.past} anything in {images}"
        if comparison.tied:
            because = (
                f"rounding can decide whether the {comparison.tied:,} in {images} are reported"
            )
        return f"no {words.noun}s were compared, because {because}; whether they agree is unknown"
    objects = f"{comparison.matched:,} of {count(object_count(comparison), words.noun)} matched"
    if found == PASS:
        return (
            f"{candidate} agrees with {reference} within the tolerance: {objects} in {images}, "
            f"{_within(comparison)}"
        )
    if {"missing", "extra", "unread"} & set(comparison.exceeded):
        does = f"{candidate} does not agree with {reference}"
    else:
        same = f"the same {words.noun}s as {reference}, but with other numbers"
        does = f"{candidate} {words.verbs} {same}"
    ties = ties_in_words(comparison)
    return f"{does}: {excess_in_words(comparison)}; {objects} in {images}{ties}"


def _within(comparison: ComparisonResults) -> str:
    allowed = comparison.tolerance
    counts: list[Quantity] = ["missing", "extra"]
    said = [
        f"{quantity(name, getattr(comparison, name), comparison.task)} "
        f"(allowed {getattr(allowed, name):,})"
        for name in counts
        if getattr(comparison, name)
    ]
    verb = " differ"
    for name in quantities_of(comparison):
        by = _with_allowed(comparison, name)
        said.append(f"{subject(comparison, name)}{verb} by up to {by}")
        verb = ""
    return listing(said) + ranks_in_words(comparison) + ties_in_words(comparison)


def ranks_in_words(comparison: ComparisonResults) -> str:
    """Return what became of the order of labels, as the end of a sentence; of boxes nothing."""
    moved = comparison.measures.get("rank")
    if moved is None:
        return ""
    return f"; a label moves by up to {count(int(moved), 'rank')}" if moved else "; no rank changed"


def ties_in_words(comparison: ComparisonResults) -> str:
    """Return what rounding alone decides, as the end of a sentence; of nothing, nothing."""
    if not comparison.tied:
        return ""
    more = count(comparison.tied, f"more {wording_of(comparison).noun}")
    near = f"within {number(FLOAT32_ROUNDING.score)} of the last score that counts"
    return f"; one arm alone reports {more} {near}, where rounding can decide which are reported"


def further_spreads(comparison: ComparisonResults) -> dict[str, Distribution]:
    """Return the differences that no tolerance limits, by their title."""
    measured = comparison.distributions.measures
    return {title: measured[name] for name, title in FURTHER.items() if name in measured}


def gates_of(results: Iterable[Results]) -> tuple[Gate, ...]:
    """Return what each gate of some models came to, failures first."""
    found = [
        Gate(
            model=result.model,
            comparison=name,
            verdict=outcome(comparison),
            exceeded=tuple(comparison.exceeded),
            sentence=sentence(comparison),
            images=comparison.images_read,
            matched=comparison.matched,
            measured=amounts_of(comparison.required, comparison.task),
            tolerance=amounts_of(comparison.tolerance, comparison.task),
        )
        for result in results
        for name, comparison in result.comparisons.items()
        if comparison.gated
    ]
    return tuple(sorted(found, key=lambda gate: gate.verdict != FAIL))


def overall(gates: Iterable[Gate]) -> str:
    """Return ``fail`` if any gate fails, ``pass`` if any passes, else ``nothing compared``."""
    verdicts = {gate.verdict for gate in gates}
    return next((verdict for verdict in (FAIL, PASS) if verdict in verdicts), NOTHING)
