"""What the page says about a model, section by section.

A section is a line of :data:`SECTIONS` and a function that makes of a model's files what the page
shows. One that returns None is left out, so a section of a rule that did not run costs nothing.
The function may return what ``sections/blocks.html.j2`` can show, any of ``about``, ``sentences``,
``figures``, ``tables`` and ``notes``; a section that needs more brings a template of its own,
``sections/<key>.html.j2``. To hook in what another rule found, add its files as a named input to
the rule ``write_report`` and a line here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from parity.comparison.tuning import SWEEP_RESULTS
from parity.files import read_json
from parity.reporting.html.charts import effect_chart
from parity.reporting.views import exports as side_by_side
from parity.reporting.views import findings
from parity.reporting.views.diagnosis import (
    CURE_HEADER,
    DIAGNOSIS,
    WATERFALL_HEADER,
    advice,
)
from parity.reporting.views.diagnosis import section as told_of
from parity.reporting.views.tables import (
    ARM_HEADER,
    CHECK_HEADER,
    EFFECT_HEADER,
    EXPORT_HEADER,
    UNREADABLE_HEADER,
    arm_rows,
    check_rows,
    effect_tables,
    export_rows,
    unreadable_rows,
)
from parity.reporting.views.thresholds import section as sweep_blocks
from parity.reporting.views.waterfall import ABOUT, HEADER, waterfall_rows
from parity.reporting.wording import count

MOST_ROWS = 200
HEAT_STEPS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
DIGESTS = (
    "Digests are SHA-256. That of an ONNX file leaves its metadata out, in which the date of "
    "export stands."
)


@dataclass(frozen=True)
class Model:
    """What there is of a model.

    Attributes
    ----------
    results : dict
        What ``summarise`` wrote.
    browser : dict
        What ``browse`` lists.
    inputs : dict of str to list of str
        The model's files by the name of the input of the rule ``write_report``.
    addresses : dict of str to list of str
        Where copies of pictures among them are, as seen from the page.
    files : str
        Address of the folder that holds what the browser shows.
    """

    results: dict[str, Any]
    browser: dict[str, Any]
    inputs: dict[str, list[str]] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    files: str = ""

    def document(self, name: str, schema: str) -> dict[str, Any] | None:
        """Return the first file of an input as JSON, or None where there is none."""
        paths = self.inputs.get(name)
        return read_json(paths[0], schema) if paths else None


Blocks = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    key : str
        Part of its anchor, and the name of its template if it has one.
    title : str
        Its heading.
    prepare : callable
        Returns what it shows of a model; None leaves it out.
    """

    key: str
    title: str
    prepare: Callable[[Model], Blocks | None]


def table(caption: str, header: list[str], rows: list[list[str]]) -> Blocks:
    """Return a table of a section; what is beyond the first rows is counted."""
    left = len(rows) - MOST_ROWS
    note = f"{count(left, 'more row')} in comparison_results.json." if left > 0 else ""
    return {"caption": caption, "header": header, "rows": rows[:MOST_ROWS], "note": note}


def effects(model: Model) -> Blocks:
    """Return the figure of the effects and their numbers."""
    tables = effect_tables(model.results)
    return {
        "chart": effect_chart(model.results),
        "abouts": {each["name"].lower(): each["about"] for each in tables},
        "sentences": findings.summary(model.results),
        "table": table("Every number", EFFECT_HEADER, [r for each in tables for r in each["rows"]]),
        "plots": model.addresses.get("plots", []),
    }


def causes(model: Model) -> Blocks:
    """Return causes with their evidence, consequences and what to do."""
    rows = waterfall_rows(model.results)
    return {
        "causes": findings.causes(model.results),
        "steps": [table("From the reference to each export", HEADER, rows)] if rows else [],
        "about_steps": ABOUT,
        "consequences": findings.consequences(model.results),
        "recommendations": [*_mending(model), *findings.recommendations(model.results)],
    }


def _mending(model: Model) -> Iterator[str]:
    for path in model.inputs.get("diagnoses", []):
        yield from advice(read_json(path, DIAGNOSIS))


def diagnosis(model: Model) -> Blocks | None:
    """Return what the diagnoses of boxes from elsewhere say."""
    paths, plots = model.inputs.get("diagnoses", []), model.addresses.get("diagnosis_plots", [])
    views = []
    for path, plot in zip(paths, plots, strict=True):
        told = told_of(read_json(path, DIAGNOSIS), plot)
        for fault in told["faults"]:
            fault["lines"] = code_lines(fault["code"])
        told["tables"] = [
            table("Before and after", CURE_HEADER, told["cure"]),
            *(
                [table("From PyTorch to these boxes", WATERFALL_HEADER, told["waterfall"])]
                if told["waterfall"]
                else []
            ),
        ]
        views.append(told)
    return {"diagnoses": views} if views else None


def code_lines(code: str) -> Markup:
    """Return code on the lines that it has; other text of the page is brought onto one."""
    return escape(code)


def thresholds(model: Model) -> Blocks | None:
    """Return how far the arms agree at other thresholds."""
    swept = model.document("sweeps", SWEEP_RESULTS)
    if swept is None:
        return None
    plots = model.addresses.get("sweep_plots", [""])[0]
    return sweep_blocks(swept, plots) | {"maps": heat_maps(swept)}


def heat_maps(swept: dict[str, Any]) -> list[Blocks]:
    """Return per comparison the agreement at every pair of thresholds, a row per overlap."""
    axes = swept["axes"]
    maps = []
    for name, comparison in swept["comparisons"].items():
        cells = {(cell["conf"], cell["iou"]): cell for cell in comparison["cells"]}
        rows = [
            {"iou": iou, "cells": [_heat(cells[conf, iou], axes) for conf in axes["conf"]]}
            for iou in reversed(axes["iou"])
        ]
        maps.append({"name": name, "conf": axes["conf"], "rows": rows})
    return maps


def _heat(cell: dict[str, Any], axes: dict[str, Any]) -> Blocks:
    f1 = cell["f1"]
    here = (cell["conf"], cell["iou"]) == (axes["operating_conf"], axes["operating_iou"])
    text = "–" if f1 is None else ("1" if f1 == 1 else f"{min(f1, 0.999):.3f}".lstrip("0"))
    return {"text": text, "level": heat_level(f1), "operating": here}


def heat_level(f1: float | None) -> int:
    """Return a shade: 9 for full agreement, one less for each step that is missed, 0 for none."""
    return 0 if f1 is None else sum(f1 >= least for least in HEAT_STEPS)


def exports(model: Model) -> Blocks:
    """Return the exports side by side and what their files are."""
    accuracy = model.document("accuracies", "accuracy/1")
    latency = {
        Path(path).stem: read_json(path, "latency/1") for path in model.inputs.get("latencies", [])
    }
    header = side_by_side.header(accuracy=accuracy is not None, latency=bool(latency))
    rows = side_by_side.rows(model.results, accuracy=accuracy, latency=latency)
    return {
        "tables": [
            table("Side by side", header, rows),
            table("What each ONNX file is", EXPORT_HEADER, export_rows(model.results)),
        ],
        "notes": [DIGESTS],
    }


def images(model: Model) -> Blocks:
    """Return what the image browser says before it shows anything."""
    shown, total = len(model.browser["images"]), model.browser["total"]
    if shown < total:
        said = (
            f"The {shown:,} worst of {count(total, 'image')}, as many as browse in the "
            "configuration asks for."
        )
    else:
        said = f"{count(total, 'image')}, worst first."
    return {"about": said, "files": model.files}


def checks(model: Model) -> Blocks:
    """Return the checks of the arms' outputs, unreadable images and what was run."""
    unreadable = unreadable_rows(model.results)
    tables = [table("Output checks", CHECK_HEADER, check_rows(model.results))]
    if unreadable:
        tables.append(table("Unreadable images", UNREADABLE_HEADER, unreadable))
    tables.append(table("What was run", ARM_HEADER, arm_rows(model.results)))
    about = (
        "Every detection of every arm must be finite, inside its image, of positive area, with a "
        "score in (0, 1] and of a known class."
    )
    return {"about": about, "tables": tables}


SECTIONS = (
    Section("effects", "The effects", effects),
    Section("causes", "Causes and cures", causes),
    Section("diagnosis", "Diagnosis", diagnosis),
    Section("images", "Images", images),
    Section("thresholds", "Other thresholds", thresholds),
    Section("exports", "Exports", exports),
    Section("checks", "Checks and versions", checks),
)
"""Sections in the order of the page."""
