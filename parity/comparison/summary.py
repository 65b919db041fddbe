"""Gathering the comparisons of all images into the numbers of a run."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from parity.comparison.checks import failed_checks
from parity.comparison.differences import COMPARISON, worst
from parity.comparison.tolerances import Tolerance, judge
from parity.detection.detections import load_detections
from parity.files import read_json

RESULTS = "results/1"


def summarise(
    exports: list[str],
    detections: list[str],
    comparisons: list[str],
    settings: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Gather all files of a model into one set of results.

    Parameters
    ----------
    exports : list of str
        Descriptions of the exports.
    detections : list of str
        Detections files; the folder that holds one is named after its arm.
    comparisons : list of str
        Comparison files; the folder that holds one is named after its comparison.
    settings : dict
        By comparison, the fields of :class:`parity.plan.Comparison`.

    Returns
    -------
    dict
        ``names``, ``thresholds``, ``arms``, ``exports``, ``comparisons``, and ``images`` with
        the worst first.
    """
    arms: dict[str, Any] = {}
    images: dict[str, Any] = {}
    for arm, paths in by_folder(detections).items():
        first = load_detections(paths[0])["made_by"]
        names = {int(class_id): name for class_id, name in first["names"].items()}
        records = (record for path in paths for record in load_detections(path)["images"])
        totals, of_arm = summarise_arm(_noting(images, arm, records), names)
        arms[arm] = {"made_by": first, **totals}
        for name, row in of_arm.items():
            images[name]["arms"][arm] = row
    measured = {}
    for comparison, paths in by_folder(comparisons).items():
        own = dict(settings[comparison])
        tolerance = Tolerance(**own.pop("tolerance"))
        records = (r for path in paths for r in read_json(path, COMPARISON)["images"])
        totals, of_comparison = summarise_comparison(records, tolerance)
        measured[comparison] = {**own, **totals}
        for name, row in of_comparison.items():
            images[name]["comparisons"][comparison] = row
    reference = next(iter(arms.values()))["made_by"]
    return {
        "names": reference["names"],
        "thresholds": reference["thresholds"],
        "arms": arms,
        "exports": {Path(path).stem: read_json(path, "export/1") for path in exports},
        "comparisons": measured,
        "images": list(rank(images.values())),
    }


def by_folder(paths: list[str]) -> dict[str, list[str]]:
    """Group paths by the name of the folder that holds them, in the order given."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(Path(path).parent.name, []).append(path)
    return groups


def _noting(
    images: dict[str, dict[str, Any]], arm: str, records: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for record in records:
        row = images.setdefault(
            record["name"],
            {
                "name": record["name"],
                "sha256": record["sha256"],
                "height": record["height"],
                "width": record["width"],
                "reasons": {},
                "arms": {},
                "comparisons": {},
            },
        )
        if record["reason"]:
            row["reasons"][arm] = record["reason"]
        yield record


def summarise_arm(
    images: Iterable[dict[str, Any]], names: dict[int, str]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Count the detections of an arm.

    Parameters
    ----------
    images : iterable of dict
        Records of its detections files.
    names : dict of int to str
        Class names by id.

    Returns
    -------
    totals : dict
        ``images``, ``unreadable``, ``detections``, ``mean_score`` (None without detections),
        ``classes`` (detections by class name) and ``failed_checks`` (detections by check, but
        images of "non-finite output").
    images : dict of str to dict
        Per image ``detections`` and ``failed_checks`` (indices by check).
    """
    by_image: dict[str, dict[str, Any]] = {}
    classes: dict[str, int] = {}
    checks: dict[str, int] = {}
    unreadable, scores = 0, []
    for record in images:
        failed = failed_checks(record, len(names))
        by_image[record["name"]] = {
            "detections": len(record["scores"]),
            "failed_checks": failed,
        }
        unreadable += bool(record["reason"])
        scores += record["scores"]
        for class_id in record["class_ids"]:
            name = names.get(class_id, f"class {class_id}")
            classes[name] = classes.get(name, 0) + 1
        for check, indices in failed.items():
            checks[check] = checks.get(check, 0) + (len(indices) or 1)
    totals = {
        "images": len(by_image),
        "unreadable": unreadable,
        "detections": len(scores),
        "mean_score": float(np.mean(scores, dtype=np.float64)) if scores else None,
        "classes": dict(sorted(classes.items(), key=lambda item: (-item[1], item[0]))),
        "failed_checks": checks,
    }
    return totals, by_image


def summarise_comparison(
    records: Iterable[dict[str, Any]], tolerance: Tolerance
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Reduce the comparisons of all images to one set of numbers and a verdict.

    Parameters
    ----------
    records : iterable of dict
        What :func:`parity.comparison.differences.compare_image` returned.
    tolerance : Tolerance
        What is still called equal.

    Returns
    -------
    totals : dict
        ``images`` and ``images_differing``; counts ``matched``, ``missing``, ``extra``,
        ``flipped``, ``unread``; ``box_px``, ``score`` and ``iou`` (the worst); distributions
        of the matched pairs under ``distributions``; ``tolerance``; ``passed``, ``required`` and
        ``exceeded``, see :class:`parity.comparison.tolerances.Verdict`.
    images : dict of str to dict
        Per image what :func:`parity.comparison.differences.worst` returns, with ``passed``.

    Raises
    ------
    ValueError
        If there is nothing to compare.
    """
    by_image: dict[str, dict[str, Any]] = {}
    box_px: list[float] = []
    scores: list[float] = []
    ious: list[float] = []
    for record in records:
        measured = worst(record)
        verdict = judge(measured, tolerance)
        by_image[record["name"]] = {**measured, "passed": bool(verdict)}
        for pair in record["matched"]:
            box_px.append(pair["box_px"])
            scores.append(abs(pair["scores"][0] - pair["scores"][1]))
            ious.append(pair["iou"])
    if not by_image:
        raise ValueError("there is nothing to compare")
    rows = by_image.values()
    totals: dict[str, Any] = {
        "images": len(by_image),
        "images_differing": sum(not row["passed"] for row in rows),
    }
    for count in ("matched", "missing", "extra", "flipped", "unread"):
        totals[count] = sum(row[count] for row in rows)
    totals["box_px"] = float(np.max([row["box_px"] for row in rows]))
    totals["score"] = float(np.max([row["score"] for row in rows]))
    totals["iou"] = float(np.min([row["iou"] for row in rows]))
    totals["distributions"] = {
        "box_px": distribution(box_px),
        "score": distribution(scores),
        "iou": distribution(ious),
    }
    verdict = judge(totals, tolerance)
    return {**totals, "tolerance": asdict(tolerance), **verdict.as_json()}, by_image


def distribution(values: list[float]) -> dict[str, float] | None:
    """Return mean, median, 95th percentile, least and largest of values; None without any."""
    if not values:
        return None
    array = np.array(values, np.float64)
    return {
        "mean": float(array.mean()),
        "median": float(np.median(array)),
        "p95": float(np.percentile(array, 95)),
        "min": float(array.min()),
        "max": float(array.max()),
    }


def rank(images: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the images worst first.

    Lost and added detections and images read by one arm only weigh most, over all comparisons;
    then the largest difference of a box, then of a score, a difference that is no number first;
    equal images are in the order of their names.
    """

    def rank_of(image: dict[str, Any]) -> tuple[float, float, float, str]:
        rows = image["comparisons"].values()
        return (
            -sum(row["missing"] + row["extra"] + row["unread"] for row in rows),
            -_worst([row["box_px"] for row in rows]),
            -_worst([row["score"] for row in rows]),
            image["name"],
        )

    yield from sorted(images, key=rank_of)


def _worst(differences: list[float]) -> float:
    return max((math.inf if math.isnan(d) else d for d in differences), default=0.0)
