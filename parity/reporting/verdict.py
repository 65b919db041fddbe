"""Saying in sentences what the gated comparisons came to.

Nothing is judged here: ``summarise`` wrote the verdicts down, this only reads them.
"""

from collections.abc import Mapping
from typing import Any

from parity.reporting.wording import ceiling, count, listing, number

VERDICT = "verdict/1"
FAIL, PASS, NOTHING = "fail", "pass", "nothing compared"

UNITS = {"box_px": "px", "score": "in score"}
NOUNS = {
    "missing": ("missing detection", "missing detections"),
    "extra": ("extra detection", "extra detections"),
    "unread": ("image read by one arm only", "images read by one arm only"),
}


def outcome(comparison: dict[str, Any]) -> str:
    """Return ``fail``, ``pass``, or ``nothing compared`` where neither arm detected anything."""
    if not comparison["passed"]:
        return FAIL
    return NOTHING if objects(comparison) == 0 else PASS


def objects(comparison: dict[str, Any]) -> int:
    """Return how many objects either arm detected; the two of a pair are one."""
    flipped = comparison["flipped"]  # counted as missing and as extra
    return comparison["matched"] + comparison["missing"] + comparison["extra"] - flipped


def objects_by_kind(comparison: Mapping[str, Any]) -> dict[str, int]:
    """Return how many objects are ``matched``, ``missing``, ``extra`` and ``flipped``, apart."""
    flipped = comparison["flipped"]  # counted as missing and as extra, too
    return {
        "matched": comparison["matched"],
        "missing": comparison["missing"] - flipped,
        "extra": comparison["extra"] - flipped,
        "flipped": flipped,
    }


def quantity(name: str, value: float, *, required: bool = False) -> str:
    """Return a quantity of a tolerance in words, such as ``2 extra detections`` or ``0.1 px``.

    Parameters
    ----------
    name : str
        A field of :class:`parity.comparison.tolerances.Tolerance`.
    value : float
        Its value.
    required : bool
        Whether a tolerance is to be set to it: then it is never rounded down.
    """
    if name in NOUNS:
        return count(value, *NOUNS[name])  # type: ignore[arg-type]
    return f"{ceiling(value) if required else number(value)} {UNITS[name]}"


def tolerance(values: dict[str, float]) -> str:
    """Return a tolerance in words; what is zero and would be a matter of course is left out."""
    stated = [
        quantity(name, value, required=True)
        for name, value in values.items()
        if value or name in UNITS
    ]
    return listing(stated)


def excess(comparison: dict[str, Any]) -> str:
    """Return in words which quantities exceed the tolerance and what would be allowed."""
    leads = {"box_px": "boxes differ by up to ", "score": "scores differ by up to "}
    return listing(
        [
            f"{leads.get(name, '')}{_measured(name, comparison['required'][name])} "
            f"(allowed {number(comparison['tolerance'][name])})"
            for name in comparison["exceeded"]
        ]
    )


def _measured(name: str, value: float) -> str:
    return number(value) if name == "score" else quantity(name, value)


def sentence(results: dict[str, Any], name: str) -> str:
    """Return what a comparison found, with the numbers behind it and no full stop.

    Parameters
    ----------
    results : dict
        The results of a model.
    name : str
        A comparison.
    """
    comparison = results["comparisons"][name]
    reference, candidate = comparison["reference"], comparison["candidate"]
    images = count(comparison["images_read"], "image")
    found = outcome(comparison)
    if found == NOTHING:
        return (
            f"no objects were compared, because neither {reference} nor {candidate} detected "
            f"anything in {images}; that says nothing about whether they agree"
        )
    matched = f"{comparison['matched']:,} of {count(objects(comparison), 'object')} matched"
    if found == PASS:
        allowed = comparison["tolerance"]
        return (
            f"{candidate} sees what {reference} sees: {matched} in {images}, boxes within "
            f"{ceiling(comparison['box_px'])} px (allowed {number(allowed['box_px'])}) and scores "
            f"within {ceiling(comparison['score'])} (allowed {number(allowed['score'])})"
        )
    if {"missing", "extra", "unread"} & set(comparison["exceeded"]):
        does = f"{candidate} does not see what {reference} sees"
    else:
        does = f"{candidate} sees objects where {reference} does, but not with the same numbers"
    return f"{does}: {excess(comparison)}; {matched} in {images}"


def gated(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ``model``, ``comparison``, ``verdict``, ``exceeded`` and ``sentence`` of each gate.

    Parameters
    ----------
    results : list of dict
        The results of each model, as ``summarise`` wrote them.
    """
    return [
        {
            "model": result["model"],
            "comparison": name,
            "verdict": outcome(comparison),
            "exceeded": comparison["exceeded"],
            "sentence": sentence(result, name),
        }
        for result in results
        for name, comparison in result["comparisons"].items()
        if comparison["gated"]
    ]


def overall(gates: list[dict[str, Any]]) -> str:
    """Return ``fail`` if any gate fails, ``pass`` if any passes, else ``nothing compared``."""
    verdicts = {gate["verdict"] for gate in gates}
    return next((verdict for verdict in (FAIL, PASS) if verdict in verdicts), NOTHING)


def lines(gates: list[dict[str, Any]]) -> list[str]:
    """Return one line per gate, failures first, such as ``FAIL yolo11n, runtime-fp32: …``."""
    failures_first = sorted(gates, key=lambda gate: gate["verdict"] != FAIL)
    return [
        f"{gate['verdict'].upper()} {gate['model']}, {gate['comparison']}: {gate['sentence']}."
        for gate in failures_first
    ]
