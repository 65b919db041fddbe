"""The report of a run in Markdown, made from the results and a template.

Nothing in it depends on the time, so that equal results give an equal report.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from parity.reporting.verdict import gated, lines, overall
from parity.reporting.views import findings
from parity.reporting.views.image_details import image_details
from parity.reporting.views.tables import (
    arm_rows,
    check_rows,
    effect_tables,
    export_rows,
    image_header,
    image_rows,
    unreadable_rows,
)
from parity.reporting.views.waterfall import ABOUT, waterfall_rows
from parity.reporting.wording import code_block, count, markdown

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE = "analysis_report.md.j2"

MOST_ROWS = 200
MOST_DETAILS = 50


def render(
    results: list[dict[str, Any]],
    pictures: dict[str, dict[str, Any]],
    *,
    config: dict[str, Any],
    links: dict[str, dict[str, str]],
    sweeps: dict[str, dict[str, Any]] | None = None,
    files: dict[str, dict[str, Any]] | None = None,
    diagnoses: dict[str, list[dict[str, Any]]] | None = None,
) -> str:
    """Return the report.

    Parameters
    ----------
    results : list of dict
        What ``summarise`` wrote, one per model.
    pictures : dict of str to dict
        What ``annotate`` lists in ``pictures.json``, by model.
    config : dict
        The completed configuration.
    links : dict of str to dict
        By model, where ``plots`` and ``pictures`` are, relative to the report.
    sweeps : dict of str to dict, optional
        By model, what :func:`parity.reporting.views.thresholds.section` returns.
    files : dict of str to dict, optional
        By model, what :func:`parity.reporting.views.model_files.export_sections` returns.
    diagnoses : dict of str to list of dict, optional
        By model, what :func:`parity.reporting.views.diagnosis.section` returns.
    """
    gates = gated(results)
    models = [
        model_section(result, pictures[result["model"]], links[result["model"]])
        | {"sweep": (sweeps or {}).get(result["model"])}
        | {"files": (files or {}).get(result["model"])}
        | {"diagnoses": (diagnoses or {}).get(result["model"], [])}
        for result in results
    ]
    for model in models:
        advice = [line for told in model["diagnoses"] for line in told["advice"]]
        model["recommendations"] = [*advice, *model["recommendations"]]
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            verdict=overall(gates).upper(),
            lines=lines(gates),
            notes=sorted({result["images_note"] for result in results} - {""}),
            models=models,
            config=Markup(code_block(config)),  # noqa: S704 - a fence that nothing in it can close
        )
    )


def environment() -> Environment:
    """Return a Jinja environment that escapes every text it is given, for Markdown."""

    def escape(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            return Markup(markdown(value))  # noqa: S704 - escaped here
        return value

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,  # leaves alone what escape() returns; without it, nothing is Markup
        finalize=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def model_section(
    results: dict[str, Any], pictures: dict[str, Any], links: dict[str, str]
) -> dict[str, Any]:
    """Return what the template says about a model."""
    details = image_details(results, pictures, links["pictures"])
    return {
        "name": results["model"],
        "plots": Markup(links["plots"]),  # noqa: S704 - quoted as an address
        "summary": findings.summary(results),
        "effects": effect_tables(results),
        "causes": findings.causes(results),
        "steps": waterfall_rows(results),
        "about_steps": ABOUT,
        "consequences": findings.consequences(results),
        "recommendations": findings.recommendations(results),
        "image_header": image_header(results),
        "image_rows": image_rows(results)[:MOST_ROWS],
        "images_left_out": _left_out(results["images_total"], MOST_ROWS, "image"),
        "details": details[:MOST_DETAILS],
        "details_left_out": _left_out(len(details), MOST_DETAILS, "image"),
        "checks": check_rows(results),
        "unreadable": unreadable_rows(results)[:MOST_ROWS],
        "unreadable_left_out": _left_out(len(unreadable_rows(results)), MOST_ROWS, "row"),
        "arms": arm_rows(results),
        "exports": export_rows(results),
    }


def _left_out(there: int, shown: int, noun: str) -> str:
    if there <= shown:
        return ""
    return f"{count(there - shown, f'more {noun}')} in comparison_results.json."


def find_links(
    plots: list[str], pictures: dict[str, str], destination: str | Path
) -> dict[str, dict[str, str]]:
    """Return by model where its plots and pictures are, as seen from the report.

    Parameters
    ----------
    plots : list of str
        ``…/{model}/comparison_plots.png`` each.
    pictures : dict of str to str
        Folder of the pictures by model.
    destination : str or Path
        The report.
    """
    here = Path(destination).parent
    drawn = {Path(path).parent.name: path for path in plots}
    return {
        model: {"plots": address(drawn[model], here), "pictures": address(folder, here)}
        for model, folder in pictures.items()
    }


def address(path: str, start: Path) -> str:
    """Return where a file is as seen from a folder, quoted for a link."""
    return quote(Path(os.path.relpath(path, start)).as_posix())
