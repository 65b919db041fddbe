"""The exports of a model side by side: size, parity, and accuracy and speed where measured."""

import statistics
from collections.abc import Iterator
from typing import Any

from parity.reporting.verdict import objects
from parity.reporting.views.tables import effect_result
from parity.reporting.wording import number

ONNX_ARM = "ONNX arm"


def header(*, accuracy: bool, latency: bool) -> list[str]:
    """Return the heads of the table's columns."""
    effects = [
        f"{effect}: {what}"
        for effect in ("runtime", "deployment")
        for what in ("missing / extra", "boxes (px) / scores", "result")
    ]
    measured = ["mAP50-95", "lost against the .pt"] if accuracy else []
    return ["export", "file", *effects, *measured, *(["images a second"] if latency else [])]


def rows(
    results: dict[str, Any],
    *,
    accuracy: dict[str, Any] | None = None,
    latency: dict[str, dict[str, Any]] | None = None,
) -> list[list[str]]:
    """Return a row per export.

    Parameters
    ----------
    results : dict
        What ``summarise`` wrote for the model.
    accuracy : dict, optional
        What ``accuracy`` wrote for it.
    latency : dict of str to dict, optional
        What ``latency`` wrote, by export.
    """
    return [
        [
            name,
            f"{export['bytes'] / 1e6:.1f} MB",
            *effect_cells(results, f"runtime-{name}"),
            *effect_cells(results, f"deployment-{name}"),
            *(accuracy_cells(accuracy, name) if accuracy else []),
            *([speed(latency.get(name))] if latency else []),
        ]
        for name, export in results["exports"].items()
    ]


def effect_cells(results: dict[str, Any], name: str) -> Iterator[str]:
    """Yield counts, differences and result of a comparison; dashes where there is none."""
    comparison = results["comparisons"].get(name)
    if comparison is None or not objects(comparison):
        yield from ("–", "–", "nothing compared")
        return
    spread = comparison["distributions"]
    largest = [number(spread[key]["max"] if spread[key] else None) for key in ("box_px", "score")]
    yield f"{comparison['missing']:,} / {comparison['extra']:,}"
    yield " / ".join(largest)
    yield effect_result(comparison)


def accuracy_cells(accuracy: dict[str, Any], export: str) -> list[str]:
    """Return the mean average precision of an export and what it loses, with its interval."""
    arm = accuracy["arms"].get(f"onnx-{export}")
    lost = accuracy["comparisons"].get(f"deployment-{export}")
    if arm is None or arm["map"] is None:
        return ["–", "–"]
    if lost is None or lost["map"]["percent"] is None:
        return [f"{arm['map']:.4f}", "–"]
    low, high = lost["map"]["percent_interval"]
    return [f"{arm['map']:.4f}", f"{lost['map']['percent']:.2f} % ({low:.2f} to {high:.2f})"]


def speed(latency: dict[str, Any] | None) -> str:
    """Return the median speed of the ONNX arm with one job of one thread."""
    for race in latency["races"] if latency else []:
        for contestant in race["contestants"]:
            if contestant["kind"] == ONNX_ARM:
                return f"{statistics.median(contestant['images_per_second']):.1f}"
    return "–"
