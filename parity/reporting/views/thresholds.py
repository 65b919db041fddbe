"""What the report says of a sweep."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from parity.comparison.tuning import SWEEP_RESULTS
from parity.files import read_json
from parity.reporting.markdown.report import address
from parity.reporting.wording import count, number


def sweep_sections(
    results: list[str], plots: list[str], destination: str | Path
) -> dict[str, dict[str, Any]]:
    """Return by model what the template says of its sweep.

    Parameters
    ----------
    results, plots : list of str
        What ``tune`` and ``plot_sweep`` wrote, ``…/{model}/<file>`` each; empty without a sweep.
    destination : str or Path
        The report.
    """
    here = Path(destination).parent
    drawn = {Path(path).parent.name: address(path, here) for path in plots}
    swept = {Path(path).parent.name: read_json(path, SWEEP_RESULTS) for path in results}
    return {model: section(each, drawn[model]) for model, each in swept.items()}


def section(results: dict[str, Any], plots: str) -> dict[str, Any]:
    """Return what the template says of the sweep of one model.

    Parameters
    ----------
    results : dict
        What ``tune`` wrote.
    plots : str
        Address of the figures, relative to the report.
    """
    axes, comparisons = results["axes"], results["comparisons"]
    pairs = count(len(axes["conf"]) * len(axes["iou"]), "pair")
    return {
        "about": (
            f"The candidates of {count(results['images'], 'image')} were cut at {pairs} of "
            "thresholds; no network ran for it. Agreement is F1, twice the matched pairs over the "
            "detections of both arms: 1 where every detection has its partner."
        ),
        "sentences": [comparison["sentence"] for comparison in comparisons.values()],
        "plots": Markup(plots),  # noqa: S704 - quoted as an address
        "tuned": [tuned_row(name, each["tuning"]) for name, each in comparisons.items()],
        "ranges": [range_row(name, each["cells"]) for name, each in comparisons.items()],
        "notes": results["notes"],
    }


def tuned_row(name: str, tuning: dict[str, dict[str, Any]]) -> list[str]:
    """Return what the candidate of a comparison gives at its own thresholds."""
    now, conf, both = tuning["operating"], tuning["best_conf"], tuning["best"]
    return [
        name,
        number(now["conf"]),
        number(now["iou"]),
        f"{now['matched']:,}",
        *_differences(now),
        number(conf["conf"]),
        *_differences(conf),
        f"{number(both['conf'])}, {number(both['iou'])}",
        *_differences(both),
    ]


def range_row(name: str, cells: list[dict[str, Any]]) -> list[str]:
    """Return between which values the agreement of a comparison lies over the grid."""
    stated = [cell for cell in cells if cell["f1"] is not None]
    if not stated:
        return [name, *["–"] * 5]
    least = min(stated, key=lambda cell: cell["f1"])
    most = max(stated, key=lambda cell: cell["f1"])
    overlaps = [cell["mean_iou"] for cell in stated if cell["mean_iou"] is not None]
    return [
        name,
        *(part for cell in (least, most) for part in (agreement(cell["f1"]), _place(cell))),
        agreement(min(overlaps, default=None)),
    ]


def agreement(value: float | None) -> str:
    """Return an agreement with four decimals; what is not exactly 1 is never shown as 1."""
    if value is None:
        return "–"
    return "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def _place(cell: dict[str, Any]) -> str:
    return f"{number(cell['conf'])}, {number(cell['iou'])}"


def _differences(point: dict[str, Any]) -> list[str]:
    return [f"{point['missing']:,}", f"{point['extra']:,}", agreement(point["f1"])]
