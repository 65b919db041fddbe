"""Which export to ship: agreement and accuracy against size and speed."""

from collections.abc import Mapping
from statistics import median
from typing import Any

from parity.reporting.wording import ceiling, count, listing, number

CHOICES = "choices/1"
QUALITY = "quality"
ALIKE = 1.02
"""Sizes within this factor are alike; of such exports the first in the configuration is named."""


def speed_of(latency: Mapping[str, Any]) -> float | None:
    """Return the images a second of the ONNX arm on one thread, if a race was run."""
    for race in latency["races"]:
        for contestant in race["contestants"]:
            one = contestant["processes"] == contestant["threads"] == 1
            if contestant["kind"] == "ONNX arm" and one:
                return float(median(contestant["images_per_second"]))
    return None


def choices(
    results: Mapping[str, Any],
    accuracy: Mapping[str, Any] | None,
    speeds: Mapping[str, float | None],
) -> dict[str, Any]:
    """Return what is known of every export of a model, which are worth a thought, and advice.

    Parameters
    ----------
    results : mapping
        What ``summarise`` wrote.
    accuracy : mapping, optional
        What ``accuracy`` wrote.
    speeds : mapping of str to float
        Images a second by export, as far as they were timed.
    """
    rows = [row_of(name, results, accuracy, speeds.get(name)) for name in results["exports"]]
    for row in rows:
        row["pareto"] = not any(dominates(other, row) for other in rows)
    return {"rows": rows, "quality": quality_name(accuracy), "advice": advice(rows)}


def quality_name(accuracy: Mapping[str, Any] | None) -> str:
    """Return what the quality of an export is measured by."""
    return "mAP50-95" if accuracy else "agreement"


def row_of(
    export: str,
    results: Mapping[str, Any],
    accuracy: Mapping[str, Any] | None,
    speed: float | None,
) -> dict[str, Any]:
    """Return what is known of an export."""
    found = results["comparisons"][f"runtime-{export}"]
    there = 2 * found["matched"] + found["missing"] + found["extra"]
    row = {
        "export": export,
        "bytes": results["exports"][export]["bytes"],
        "missing": found["missing"],
        "extra": found["extra"],
        "box_px": found["box_px"],
        "score": found["score"],
        "passed": found["passed"],
        "agreement": 2 * found["matched"] / there if there else None,
        "images_per_second": speed,
        "map": None,
        "cost": None,
    }
    if accuracy:
        row["map"] = accuracy["arms"][f"onnx-{export}"]["map"]
        row["cost"] = accuracy["comparisons"][f"runtime-{export}"]["map"]
    row[QUALITY] = row["map"] if accuracy else row["agreement"]
    return row


def dominates(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether an export is nowhere worse than another, and better somewhere."""
    pairs = [(-one["bytes"], -other["bytes"])]
    pairs += [
        (one[key], other[key])
        for key in (QUALITY, "agreement", "images_per_second")
        if one[key] is not None and other[key] is not None
    ]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def advice(rows: list[dict[str, Any]]) -> str:
    """Return which export to ship, as it follows from the tolerances.

    Of the exports within their tolerance the fastest is named, where they were all timed;
    otherwise the smallest.
    """
    fit = [row for row in rows if row["passed"]]
    if not fit:
        least = min(rows, key=lambda row: (row["missing"] + row["extra"], row["box_px"]))
        return (
            f"No export stays within its tolerance; {least['export']} comes closest with "
            f"{described(least)}."
        )
    timed = all(row["images_per_second"] for row in rows)
    if timed:
        best = max(fit, key=lambda row: (row["images_per_second"], -row["bytes"]))
    else:
        least_bytes = min(row["bytes"] for row in fit)
        best = next(row for row in fit if row["bytes"] <= ALIKE * least_bytes)
    beyond = [row["export"] for row in rows if not row["passed"]]
    said = f"Ship {best['export']}: {_gain(best, rows, timed=timed)}{described(best)}."
    if not timed:
        said += " Not all exports were timed, so the smallest was chosen."
    if beyond:
        verb = "is" if len(beyond) == 1 else "are"
        said += f" {listing(beyond)} {verb} beyond the tolerance."
    return said


def _gain(best: dict[str, Any], rows: list[dict[str, Any]], *, timed: bool) -> str:
    largest = max(rows, key=lambda row: row["bytes"])
    gains = []
    if largest["bytes"] > 1.01 * best["bytes"]:
        ratio = largest["bytes"] / best["bytes"]
        gains.append(f"{ratio:.1f} × smaller than {largest['export']}")
    slowest = min(rows, key=lambda row: row["images_per_second"] or 0)
    if timed and best["images_per_second"] > 1.01 * slowest["images_per_second"]:
        ratio = best["images_per_second"] / slowest["images_per_second"]
        gains.append(f"{ratio:.1f} × as fast as {slowest['export']}")
    return "".join(f"{gain}, " for gain in gains)


def described(row: Mapping[str, Any]) -> str:
    """Return what an export costs, in words."""
    lost = count(row["missing"], "box", "boxes") if row["missing"] else "no box"
    added = f" and {row['extra']:,} added" if row["extra"] else ""
    said = f"{lost} lost{added}, at most {ceiling(row['box_px'])} px"
    if row["cost"]:
        low, high = row["cost"]["percent_interval"]
        lost = number(row["cost"]["percent"])
        shown = "a loss" if low > 0 else "a gain" if high < 0 else "no loss"
        said += (
            f", {shown} of mAP50-95 that these images show "
            f"({lost} % lost, 95 % interval {number(low)} to {number(high)} %)"
        )
    return said
