"""The report as a page that opens from disk: one HTML file and a folder of pictures.

The page asks for nothing outside its own folder, and its policy forbids it to: only the two
scripts written here may run, beside those of the folder, so that no name of a file or a class can
become code. Nothing in it depends on the time.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment

from parity.errors import printable
from parity.files import atomic_folder, write_text
from parity.integrity import check_whole
from parity.reporting.figures.variants import variants_of
from parity.reporting.html.charts import effect_chart, heat_level
from parity.reporting.html.drawn_shapes import drawn_outline, edge_of
from parity.reporting.html.image_browser_data import Browser, browser_of, copy_browser, load_index
from parity.reporting.html.templating import digest, environment_in, source, verbatim
from parity.reporting.report import ModelReport, Report
from parity.reporting.views.blocks import Crop, Figure, every_block
from parity.reporting.views.images import ImagesView

STYLE_SHEETS = ("base.css", "sections.css", "tabs.css", "browser.css", "viewer.css")
FIRST_SCRIPT = "theme.js"
SCRIPTS = ("tools.js", "table.js", "drawing.js", "viewer.js", "tabs.js", "start.js")


@dataclass(frozen=True)
class Places:
    """Where things are, as seen from the page."""

    folder: Path
    """Folder of the page."""
    files: str
    """Address of the folder of what the page shows; it holds a folder per model."""
    figures: Mapping[str, Mapping[str, str]]
    """Addresses of the copies of each figure by variant, see
    :func:`parity.reporting.figures.variants.variants_of`, by its path."""
    photos: Mapping[tuple[str, str], str]
    """Addresses of copies of images, by model and printable name."""


def write_page(
    report: Report, *, page: str | Path, files: str | Path, markdown: str | Path
) -> None:
    """Write the page and the folder of what it shows.

    Parameters
    ----------
    report : Report
        What it says.
    page, files : str or Path
        The page and its folder, which is replaced as a whole.
    markdown : str or Path
        The Markdown report that says the same.
    """
    address = quote(Path(os.path.relpath(files, Path(page).parent)).as_posix())
    figures: dict[str, dict[str, str]] = {}
    photos: dict[tuple[str, str], str] = {}
    with atomic_folder(files) as folder:
        for model in report.models:
            own = f"{address}/{quote(model.name)}"
            figures |= copy_files(model, folder / model.name, own)
            photos |= photos_of(model, own)
    places = Places(Path(page).parent, address, figures, photos)
    write_text(page, render_page(report, places, markdown=markdown))


def copy_files(model: ModelReport, folder: Path, address: str) -> dict[str, dict[str, str]]:
    """Copy what the page shows of a model into a folder.

    Returns
    -------
    dict of str to dict of str to str
        The addresses of each figure's copies by variant, by the path of the figure.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, dict[str, str]] = {}
    for section in model.sections:
        if isinstance(section.view, ImagesView):
            for browser in section.view.browsers:
                copy_browser(browser, folder)
        drawn = (block for block in every_block(section.view.blocks) if isinstance(block, Figure))
        for figure in drawn:
            path = Path(figure.path)  # …/<rule>/<model>/<file>
            figures[figure.path] = {}
            for variant, file in variants_of(path).items():
                check_whole(file)
                name = f"{path.parts[-3]}_{variant}_{path.name}"
                shutil.copyfile(file, folder / name)
                figures[figure.path][variant] = f"{address}/{name}"
    return figures


def photos_of(model: ModelReport, address: str) -> dict[tuple[str, str], str]:
    """Return the addresses of the copies of a model's images, by model and printable name."""
    indices = (
        load_index(browser)
        for section in model.sections
        if isinstance(section.view, ImagesView)
        for browser in section.view.browsers
    )
    return {
        (model.name, row.name): f"{address}/photo_{quote(row.photo)}"
        for index in indices
        for row in index.images
        if row.photo
    }


def render_page(report: Report, places: Places, *, markdown: str | Path) -> str:
    """Return the page."""
    first, last, style = source(FIRST_SCRIPT), source(*SCRIPTS), source(*STYLE_SHEETS)
    return (
        environment(places)
        .get_template("index.html.j2")
        .render(
            report=report,
            markdown=str(markdown),
            style=verbatim(style),
            first_script=verbatim(first),
            last_script=verbatim(last),
            digests=[digest(first), digest(last)],
            style_digest=digest(style),
        )
    )


def environment(places: Places) -> Environment:
    """Return a Jinja environment for the page."""

    def copies(path: str) -> Mapping[str, str]:
        return places.figures[path]

    def photo(crop: Crop) -> str:
        return places.photos.get((crop.model, printable(crop.image)), "")

    def browser(view: ImagesView) -> Browser:
        return browser_of(view, places.files)

    made = environment_in(places.folder)
    made.filters |= {
        "copies": copies,
        "photo": photo,
        "edge": edge_of,
        "drawn": drawn_outline,
        "browser": browser,
        "effect_chart": effect_chart,
        "heat_level": heat_level,
    }
    return made
