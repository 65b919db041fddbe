"""What the report says of the model files: contract, accuracy, layers and choice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from parity.accuracy.error_types import FATES, KINDS
from parity.comparison.summary import RESULTS
from parity.files import read_json
from parity.reporting.markdown.report import address
from parity.reporting.views.export_choice import CHOICES
from parity.reporting.wording import ceiling, count, listing, number

ACCURACY, INSPECTION, LAYERS = "accuracy/1", "inspection/1", "layers/1"
FALLBACKS = "fallbacks/1"


def export_sections(
    inputs: Mapping[str, list[str]], destination: str | Path
) -> dict[str, dict[str, Any]]:
    """Return by model what the template says of its model files.

    Parameters
    ----------
    inputs : mapping of str to list of str
        ``inspections``, ``layers`` and ``fallbacks``, ``…/{model}/{export}.json``;
        ``layer_plots`` likewise;
        ``results``, ``accuracies``, ``choices`` and ``choice_plots``, ``…/{model}/<file>``.
    destination : str or Path
        The report.
    """
    here = Path(destination).parent
    models = dict.fromkeys(Path(path).parent.name for path in inputs.get("inspections", []))
    return {model: _section(model, inputs, here) for model in models}


def _section(model: str, inputs: Mapping[str, list[str]], here: Path) -> dict[str, Any]:
    def mine(name: str) -> list[str]:
        return [path for path in inputs.get(name, []) if Path(path).parent.name == model]

    accuracies = [read_json(path, ACCURACY) for path in mine("accuracies")]
    choices = [read_json(path, CHOICES) for path in mine("choices")]
    plots = {Path(path).stem: address(path, here) for path in mine("layer_plots")}
    return {
        "contract": [
            *(row for path in mine("inspections") for row in contract_rows(path)),
            *(row for path in mine("results") for row in fallen_providers(path)),
        ],
        "accuracy": accuracy_section(accuracies[0]) if accuracies else None,
        "layers": [
            {
                "export": Path(path).stem,
                "sentences": read_json(path, LAYERS)["sentences"],
                "plot": Markup(plots[Path(path).stem]),  # noqa: S704 - quoted as an address
            }
            for path in mine("layers")
        ],
        "fallbacks": [fallback_row(path) for path in mine("fallbacks")],
        "choice": choice_section(choices[0], address(mine("choice_plots")[0], here))
        if choices
        else None,
    }


def contract_rows(path: str) -> list[list[str]]:
    """Return the rows of an inspection: what was found, or that all is as it should be."""
    found = read_json(path, INSPECTION)
    export, weights = Path(path).stem, found["weights_compared"]
    if not found["sentences"]:
        same = count(weights["compared"], "weight")
        return [[export, "fine", f"As configured; all {same} are the checkpoint's."]]
    return [[export, each["level"], each["sentence"]] for each in found["sentences"]]


def fallen_providers(path: str) -> list[list[str]]:
    """Return a row for each export that did not run on the provider asked for first."""
    rows = []
    for arm, each in read_json(path, RESULTS)["arms"].items():
        made_by = each["made_by"]
        asked, used = made_by.get("providers", [""])[0], made_by.get("provider")
        if made_by.get("runtime") == "onnxruntime" and used != asked:
            said = f"{asked} was asked for but is not to be had; it ran on {used}."
            rows.append([arm.removeprefix("onnx-"), "warn", said])
    return rows


def accuracy_section(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template says of accuracy."""
    labels, protocol = found["labels"], found["protocol"]
    floor = max(arm["floor"] for arm in found["arms"].values())
    return {
        "about": (
            f"{count(labels['objects'], 'object')} are labelled in "
            f"{count(labels['images'], 'image')}. Candidates above {number(floor)} went through "
            f"suppression at an overlap of {number(protocol['iou'])}, one label a box; COCO's "
            "rules do the rest. val of Ultralytics takes candidates from 0.001, several labels a "
            "box and other rectangles, so its values differ a little."
        ),
        "notes": labels["notes"],
        "arms": [arm_row(name, arm) for name, arm in found["arms"].items()],
        "costs": [cost_row(name, each) for name, each in found["comparisons"].items()],
        "mistakes": [mistake_row(name, arm) for name, arm in found["arms"].items()],
        "moves": [move_row(name, each["moved"]) for name, each in found["comparisons"].items()],
        "draws": protocol["draws"],
    }


def arm_row(name: str, arm: Mapping[str, Any]) -> list[str]:
    """Return the accuracy of an arm."""
    low, high = arm["interval"]["map"]
    point = arm["operating_point"]
    return [
        name,
        fraction(arm["map"]),
        f"{fraction(low)} to {fraction(high)}",
        fraction(arm["map50"]),
        *(fraction(arm["sizes"][size]) for size in ("small", "medium", "large")),
        fraction(point["precision"]),
        fraction(point["recall"]),
    ]


def cost_row(name: str, each: Mapping[str, Any]) -> list[str]:
    """Return what the candidate of a comparison loses."""
    cells = [name]
    for measure in ("map", "map50"):
        low, high = each[measure]["percent_interval"]
        cells += [number(each[measure]["percent"]), f"{number(low)} to {number(high)}"]
    return cells


def mistake_row(name: str, arm: Mapping[str, Any]) -> list[str]:
    """Return the mistakes of an arm by kind, and what it missed."""
    point = arm["operating_point"]
    kinds = [f"{point['mistakes'][kind]:,}" for kind in KINDS]
    return [name, *kinds, f"{point['fates'][FATES[-1]]:,}"]


def move_row(name: str, moved: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return how many objects changed their fate, and how."""
    changes = [
        f"{number} {before} → {after}"
        for before, row in moved.items()
        for after, number in row.items()
        if number and before != after
    ]
    return [name, "; ".join(changes) or "none"]


def fallback_row(path: str) -> list[str]:
    """Return how often and why an export needed its fallback."""
    found = read_json(path, FALLBACKS)
    why = [f"{reason}: {number}" for reason, number in found["reasons"].items()]
    named = [each["name"] for each in found["named"]]
    cells = [f"{found['fallen_back']:,} of {found['images']:,}", "; ".join(why), listing(named)]
    return [Path(path).stem, *(cell or "–" for cell in cells)]


def choice_section(found: Mapping[str, Any], plot: str) -> dict[str, Any]:
    """Return what the template says of the choice."""
    return {
        "advice": found["advice"],
        "rows": [choice_row(row) for row in found["rows"]],
        "plot": Markup(plot),  # noqa: S704 - quoted as an address
    }


def choice_row(row: Mapping[str, Any]) -> list[str]:
    """Return what is known of an export."""
    return [
        row["export"],
        f"{row['bytes'] / 1e6:.2f}",
        number(row["images_per_second"]),
        f"{row['missing']:,}",
        f"{row['extra']:,}",
        ceiling(row["box_px"]),
        ceiling(row["score"]),
        fraction(row["map"]),
        number(row["cost"]["percent"]) if row["cost"] else "–",
        "within" if row["passed"] else "beyond",
        "yes" if row["pareto"] else "no",
    ]


def fraction(value: float | None) -> str:
    """Return a share with three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"
