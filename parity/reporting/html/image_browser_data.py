"""What the page knows of an image browser before its scripts load anything."""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from parity.comparison.results import Results
from parity.documents import load
from parity.errors import printable
from parity.integrity import check_whole
from parity.reporting.html.image_browser import BROWSER_INDEX, BrowserIndex
from parity.reporting.task_wording import words_of
from parity.reporting.views.images import ImagesView
from parity.reporting.wording import count


@dataclass(frozen=True)
class Browser:
    """The browser of a model: what it leaves out, and its data as JSON for a script element."""

    about: str
    data: Markup


def copy_browser(source: str | Path, destination: Path) -> None:
    """Copy what the browser shows; where the disk allows, a copy takes no space."""
    for path in sorted(Path(source).iterdir()):
        if path.name.startswith(".") or path.name == BROWSER_INDEX:
            continue
        check_whole(path)
        try:
            os.link(path, destination / path.name)
        except OSError:
            shutil.copyfile(path, destination / path.name)


def load_index(folder: str | Path) -> BrowserIndex:
    """Return what a browser shows."""
    return load(Path(folder) / BROWSER_INDEX, BrowserIndex)


def browser_of(view: ImagesView, files: str) -> Browser:
    """Return the browser of a model.

    Parameters
    ----------
    view : ImagesView
        What it shows.
    files : str
        Address of the folder of what the page shows; it holds a folder per model.
    """
    (folder,) = view.browsers
    index = load_index(folder)
    shown = len(index.images)
    if shown < index.total:
        about = (
            f"The {shown:,} worst of {count(index.total, 'image')}, as many as browse in the "
            "configuration asks for."
        )
    else:
        about = ""
    return Browser(about, as_data(browser_data(view.results, index, files)))


def browser_data(results: Results, index: BrowserIndex, files: str) -> dict[str, Any]:
    """Return what the scripts of the page know of a model before they load anything, as JSON."""
    words = words_of(results.task)
    return {
        "model": results.model,
        "files": f"{files}/{quote(results.model)}",
        "task": results.task,
        "scores": words.scores,
        "noun": words.noun,
        "quantities": [
            {
                "name": name,
                "title": words.title(name),
                "beyond": f"{words.subject(name)} beyond tolerance".capitalize(),
            }
            for name in words.quantities
        ],
        "names": {class_id: printable(name) for class_id, name in results.names.items()},
        "arms": list(results.arms),
        "comparisons": [
            {
                "name": name,
                "effect": each.effect,
                "reference": each.reference,
                "candidate": each.candidate,
                "gated": each.gated,
                "tolerance": asdict(each.allowed),
            }
            for name, each in results.comparisons.items()
        ],
        "kinds": index.kinds,
        "images_per_script": index.images_per_script,
        "rows": [
            [row.name, row.photo, row.size, row.verdict, row.classes, row.measured]
            for row in index.images
        ],
    }


def as_data(value: Any) -> Markup:
    """Return JSON for a ``script`` element of HTML; no value can close the element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped above, as JSON knows it
