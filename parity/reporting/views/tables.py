"""Rows of the report's tables, as plain text; nothing here knows Markdown."""

from itertools import islice
from typing import Any

from parity.reporting.verdict import FAIL, PASS, objects, outcome, tolerance
from parity.reporting.wording import count, listing, number

UNREADABLE = "unreadable"
NOT_STATED = "not stated"

EFFECTS = {
    "geometry": "PyTorch against PyTorch: predict's minimal rectangle against the fixed input. "
    "No ONNX is involved.",
    "runtime": "An export against PyTorch on the same input: what ONNX itself changes.",
    "deployment": "An export against what predict gives by default: what a user would notice.",
    "external": "Boxes from elsewhere against PyTorch.",
}

EFFECT_HEADER = [
    "comparison",
    "images that differ",
    "matched",
    "missing",
    "extra",
    "class-flipped",
    "read by one arm only",
    "boxes: largest / 95 % (px)",
    "scores: largest / 95 %",
    "mean IoU",
    "smallest tolerance that would have passed",
    "tolerance",
    "result",
]
CHECK_HEADER = [
    "arm",
    "images",
    "unreadable",
    "detections",
    "mean score",
    "classes",
    "failed checks",
]
UNREADABLE_HEADER = ["image", "reason", "arm"]
ARM_HEADER = ["arm", "model", "input", "suppression", "runs on", "versions"]
EXPORT_HEADER = [
    "export",
    "digest",
    "size",
    "opset",
    "made by",
    "inputs",
    "outputs",
    "operators",
]


def effect_tables(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return ``name``, ``about`` and ``rows`` of every effect that was measured."""
    tables = []
    for effect, about in EFFECTS.items():
        rows = [
            effect_row(name, comparison)
            for name, comparison in results["comparisons"].items()
            if comparison["effect"] == effect
        ]
        if rows:
            tables.append({"name": effect.capitalize(), "about": about, "rows": rows})
    return tables


def effect_row(name: str, comparison: dict[str, Any]) -> list[str]:
    """Return the cells of a comparison: the columns that the template heads."""
    counts = ("missing", "extra", "flipped", "unread")
    spread = comparison["distributions"]
    return [
        f"{name}: {comparison['candidate']} against {comparison['reference']}",
        f"{comparison['images_differing']:,} of {comparison['images']:,}",
        f"{comparison['matched']:,}",
        *(f"{comparison[key]:,}" for key in counts),
        _largest_and_p95(spread["box_px"]),
        _largest_and_p95(spread["score"]),
        f"{spread['iou']['mean']:.4f}" if spread["iou"] else "–",
        tolerance(comparison["required"]) if objects(comparison) else "–",
        tolerance(comparison["tolerance"]),
        effect_result(comparison),
    ]


def effect_result(comparison: dict[str, Any]) -> str:
    """Return ``pass`` or ``fail`` of a gate, ``same`` or ``differs`` of another comparison."""
    found = outcome(comparison)
    if comparison["gated"]:
        return f"{found}, decides the verdict"
    return {FAIL: "differs", PASS: "same"}.get(found, found)


def _largest_and_p95(values: dict[str, float] | None) -> str:
    return f"{number(values['max'])} / {number(values['p95'])}" if values else "–"


def image_header(results: dict[str, Any]) -> list[str]:
    """Return the heads of the table of images."""
    return ["image", *results["arms"], *results["comparisons"], "verdict"]


def image_rows(results: dict[str, Any]) -> list[list[str]]:
    """Return per image the detections of each arm, each difference and a verdict; worst first."""
    gates = {name for name, each in results["comparisons"].items() if each["gated"]}
    rows = []
    for image in results["images"]:
        arms, comparisons = image["arms"], image["comparisons"]
        counts = [
            UNREADABLE
            if arm in image["reasons"]
            else NOT_STATED
            if arm in image["not_stated"]
            else str(arms[arm]["detections"])
            for arm in results["arms"]
        ]
        verdict = image_verdict(image, gates)
        said = [
            "–"
            if verdict == UNREADABLE or about["candidate"] in image["not_stated"]
            else image_difference(comparisons[name])
            for name, about in results["comparisons"].items()
        ]
        rows.append([image["name"], *counts, *said, verdict])
    return rows


def image_difference(measured: dict[str, Any]) -> str:
    """Return how two arms differ on an image, in a few words."""
    if measured["unread"]:
        return "read by one arm only"
    if not measured["matched"] + measured["missing"] + measured["extra"]:
        return "nothing detected"
    flipped = measured["flipped"]
    counts = {
        "missing": measured["missing"] - flipped,
        "extra": measured["extra"] - flipped,
        "class-flipped": flipped,
    }
    said = [f"{many} {kind}" for kind, many in counts.items() if many]
    if measured["matched"]:
        said += [f"{number(measured['box_px'])} px", f"{number(measured['score'])} in score"]
    return ("same: " if measured["passed"] else "") + ", ".join(said)


def image_verdict(image: dict[str, Any], gates: set[str]) -> str:
    """Return ``unreadable``, ``fail`` (in a gate), ``differs`` (elsewhere) or ``same``."""
    if len(image["reasons"]) + len(image["not_stated"]) == len(image["arms"]):
        return UNREADABLE
    failed = {name for name, measured in image["comparisons"].items() if not measured["passed"]}
    if failed & gates:
        return "fail"
    return "differs" if failed else "same"


def check_rows(results: dict[str, Any]) -> list[list[str]]:
    """Return per arm its images, detections, mean score, commonest classes, failed checks."""
    return [
        [
            arm,
            f"{totals['images']:,}",
            f"{totals['unreadable']:,}",
            f"{totals['detections']:,}",
            number(totals["mean_score"]),
            _classes(totals["classes"]),
            listing([f"{many:,} × {check}" for check, many in totals["failed_checks"].items()])
            or "none",
        ]
        for arm, totals in results["arms"].items()
    ]


def _classes(classes: dict[str, int], shown: int = 5) -> str:
    said = [f"{many:,} {name}" for name, many in islice(classes.items(), shown)]
    left = len(classes) - shown
    return ", ".join([*said, count(left, "more class", "more classes")] if left > 0 else said)


def unreadable_rows(results: dict[str, Any]) -> list[list[str]]:
    """Return image, reason and the arms that give it."""
    rows = []
    for image in results["unreadable"]:
        arms: dict[str, list[str]] = {}
        for arm, reason in image["reasons"].items():
            arms.setdefault(reason, []).append(arm)
        for reason, names in arms.items():
            every = len(names) == len(image["arms"])
            rows.append([image["name"], reason, "every arm" if every else listing(names)])
    return rows


def arm_rows(results: dict[str, Any]) -> list[list[str]]:
    """Return per arm what made its detections."""
    rows = []
    for arm, totals in results["arms"].items():
        made_by = totals["made_by"]
        if "source" in made_by:  # somebody's boxes: nothing is known of what made them
            rows.append([arm, f"unknown; boxes of {made_by['source']}", *["–"] * 4])
            continue
        height, width = made_by["imgsz"]
        fitted = "minimal rectangle within" if made_by["rect"] else "whole of"
        runs_on = made_by.get("provider") or made_by.get("device", "–")
        versions = [f"{package} {version}" for package, version in made_by["versions"].items()]
        rows.append(
            [
                arm,
                made_by["model_sha256"],
                f"{fitted} {height}×{width}",
                "in the graph" if made_by["end2end"] else "after it",
                f"{runs_on}, {count(made_by['threads'], 'thread')}",
                ", ".join(versions),
            ]
        )
    return rows


def export_rows(results: dict[str, Any]) -> list[list[str]]:
    """Return per export what its ONNX file is."""
    return [
        [
            name,
            export["sha256"],
            f"{export['bytes'] / 1e6:.1f} MB",
            str(export["opset"]),
            f"{export['producer']}, IR {export['ir_version']}",
            ", ".join(map(_value, export["inputs"])),
            ", ".join(map(_value, export["outputs"])),
            f"{sum(export['operators'].values()):,} of {count(len(export['operators']), 'type')}",
        ]
        for name, export in results["exports"].items()
    ]


def _value(value: dict[str, Any]) -> str:
    return f"{value['name']} {'×'.join(map(str, value['shape']))} {value['dtype']}"
