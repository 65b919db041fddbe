"""The report of a run as a page that opens from disk: one HTML file and a folder of pictures.

The page asks for nothing outside its own folder, and its policy forbids it to: only the two
scripts written here may run, beside those of the folder, so that no name of a file or a class can
become code. Nothing in it depends on the time.
"""

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from parity.comparison.summary import RESULTS
from parity.files import atomic, read_json
from parity.reporting.figures.gallery import atomic_folder
from parity.reporting.html.browser import BROWSER, INDEX
from parity.reporting.verdict import FAIL, NOUNS, UNITS, gated, overall
from parity.reporting.views.sections import SECTIONS, Model
from parity.reporting.wording import number, printable

TEMPLATES = Path(__file__).parent / "templates"
STYLES = ("base.css", "sections.css", "browser.css", "viewer.css")
FIRST_SCRIPT = "theme.js"
SCRIPTS = ("tools.js", "table.js", "drawing.js", "viewer.js", "start.js")

PICTURES = ("plots", "sweep_plots", "diagnosis_plots")
"""Inputs of the rule ``write_report`` that are figures; they are copied beside the page."""


def write_page(
    inputs: dict[str, list[str]], *, config: dict[str, Any], page: str | Path, files: str | Path
) -> None:
    """Write the page and the folder of what it shows.

    Parameters
    ----------
    inputs : dict of str to list of str
        Inputs of the rule by name, one file or folder per model each; ``results``, ``browsers``
        and ``plots`` must be there, what else there is feeds the optional sections.
    config : dict
        The completed configuration.
    page, files : str or Path
        The page and its folder, which is replaced as a whole.
    """
    results = [read_json(path, RESULTS) for path in inputs["results"]]
    names = [result["model"] for result in results]
    address = os.path.relpath(files, Path(page).parent)
    models = []
    with atomic_folder(files) as folder:
        for result in results:
            name = result["model"]
            own = {key: of_model(paths, name, names) for key, paths in inputs.items()}
            models.append(model_of(result, own, folder / name, f"{address}/{name}"))
    with atomic(page) as temporary:
        temporary.write_text(render(models, config=config), encoding="utf-8")


def model_of(
    results: dict[str, Any], inputs: dict[str, list[str]], folder: Path, address: str
) -> Model:
    """Copy what the page shows of a model into a folder and return what there is of it."""
    (browser,) = inputs["browsers"]
    copy_files(browser, folder)
    figures = {key: copy_figures(inputs.get(key, []), folder, address) for key in PICTURES}
    return Model(
        results=results,
        browser=read_json(Path(browser) / INDEX, BROWSER),
        inputs=inputs,
        addresses={key: list(addresses) for key, addresses in figures.items()},
        files=quote(address),
    )


def of_model(paths: list[str], model: str, models: list[str]) -> list[str]:
    """Return the paths that belong to a model, ``…/{model}`` or ``…/{model}/<file>``."""

    def owner(path: str) -> str:
        last = reversed(Path(path).parts[-2:])
        return next((part for part in last if part in models), "")

    return [path for path in paths if owner(path) == model]


def copy_files(source: str | Path, destination: Path) -> None:
    """Copy the files of a folder; where the disk allows, a copy takes no space."""
    destination.mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(source).iterdir()):
        if path.name.startswith(".") or path.name == INDEX:
            continue
        try:
            os.link(path, destination / path.name)
        except OSError:
            shutil.copyfile(path, destination / path.name)


def copy_figures(paths: list[str], folder: Path, address: str) -> Iterator[str]:
    """Copy figures into a folder and yield the address of each copy."""
    for path in map(Path, paths):
        shutil.copyfile(path, folder / path.name)
        yield quote(f"{address}/{path.name}")


def render(models: list[Model], *, config: dict[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    models : list of Model
        What there is of each model.
    config : dict
        The completed configuration.
    """
    results = [model.results for model in models]
    gates = sorted(gated(results), key=lambda gate: gate["verdict"] != FAIL)
    by_model = {result["model"]: result["comparisons"] for result in results}
    first, last = source(FIRST_SCRIPT), source(*SCRIPTS)
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            verdict=overall(gates),
            gates=[
                gate | {"facts": facts(by_model[gate["model"]][gate["comparison"]])}
                for gate in gates
            ],
            notes=sorted({result["images_note"] for result in results} - {""}),
            models=[section_views(index, model) for index, model in enumerate(models)],
            config=escape(yaml.safe_dump(config, sort_keys=False, default_flow_style=False)),
            style=verbatim(source(*STYLES)),
            first_script=verbatim(first),
            last_script=verbatim(last),
            digests=[digest(first), digest(last)],
            style_digest=digest(source(*STYLES)),
        )
    )


def environment() -> Environment:
    """Return a Jinja environment for HTML: every text is made printable and escaped."""

    def finish(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            return printable(value)
        return value

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=finish,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def section_views(index: int, model: Model) -> dict[str, Any]:
    """Return what the template shows of a model."""
    views = []
    for section in SECTIONS:
        blocks = section.prepare(model)
        if blocks is None:
            continue
        template = f"sections/{section.key}.html.j2"
        if not (TEMPLATES / template).is_file():
            template = "sections/blocks.html.j2"
        anchor = f"model-{index}-{section.key}"
        views.append(
            {"anchor": anchor, "title": section.title, "template": template, "blocks": blocks}
        )
    name = model.results["model"]
    return {"index": index, "name": name, "sections": views, "data": as_data(browser_data(model))}


def browser_data(model: Model) -> dict[str, Any]:
    """Return what the scripts of the page know of a model before they load anything."""
    results, browser = model.results, model.browser
    keys = ("effect", "reference", "candidate", "gated", "tolerance")
    return {
        "model": results["model"],
        "files": model.files,
        "names": {class_id: printable(name) for class_id, name in results["names"].items()},
        "arms": list(results["arms"]),
        "comparisons": [
            {"name": name} | {key: each[key] for key in keys}
            for name, each in results["comparisons"].items()
        ],
        "kinds": browser["kinds"],
        "images_per_script": browser["images_per_script"],
        "rows": [
            [image[key] for key in ("name", "photo", "size", "verdict", "classes", "measured")]
            for image in browser["images"]
        ],
    }


def as_data(value: Any) -> Markup:
    """Return JSON that can stand in an element ``script`` of HTML, whatever it holds."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped above, as JSON knows it


def facts(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the numbers behind a verdict: ``name``, ``value``, ``allowed`` and ``within``."""
    labels = {name: nouns[1] for name, nouns in NOUNS.items()}
    labels |= {"box_px": "largest box difference", "score": "largest score difference"}
    stated = []
    for name, value in comparison["required"].items():
        unit = f" {UNITS[name]}" if name == "box_px" else ""
        stated.append(
            {
                "name": labels[name],
                "value": f"{number(value)}{unit}",
                "allowed": f"{number(comparison['tolerance'][name])}{unit}",
                "within": name not in comparison["exceeded"],
            }
        )
    return [fact for fact in stated if fact["name"] != labels["unread"] or not fact["within"]]


def source(*names: str) -> str:
    """Return the text of files of the page, one after the other."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def verbatim(text: str) -> Markup:
    """Return a style or script of ours as it is; it must not close its own element."""
    if "</" in text:
        raise ValueError("a style or script of the page holds '</'")
    return Markup(text)  # noqa: S704 - written here, no data in it


def digest(text: str) -> str:
    """Return what a content security policy calls a text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
