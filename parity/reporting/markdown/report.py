"""The report as Markdown. Nothing in it depends on the time."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from parity.files import write_text
from parity.reporting.markdown.escaping import escape_markdown, escape_sentence, fence
from parity.reporting.report import Report
from parity.reporting.views.blocks import Code, CodeTab
from parity.reporting.wording import is_web_address, relative_address

TEMPLATES = Path(__file__).parent / "templates"


def write_markdown(report: Report, destination: str | Path, *, page: str | Path) -> None:
    """Write the report.

    Parameters
    ----------
    report : Report
        What it says.
    destination : str or Path
        The file.
    page : str or Path
        The page that says the same.
    """
    write_text(destination, render_markdown(report, Path(destination).parent, page=page))


def render_markdown(report: Report, folder: Path, *, page: str | Path) -> str:
    """Return the text of a report in a folder."""
    template = environment(folder).get_template("analysis_report.md.j2")
    return template.render(report=report, page=str(page))


def environment(folder: Path) -> Environment:
    """Return a Jinja environment that escapes every text it is given, for Markdown.

    Parameters
    ----------
    folder : Path
        Where the report stands, from which its links start.
    """

    def escape(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            return Markup(escape_markdown(value))  # noqa: S704 - escaped here
        return value

    def address(path: str) -> Markup:
        return Markup(relative_address(path, folder))  # noqa: S704 - quoted as an address

    def code(block: Code | CodeTab) -> Markup:
        return Markup(fence(block.text, block.language))  # noqa: S704 - nothing in it can close it

    def sentence(text: str) -> Markup:
        return Markup(escape_sentence(text))  # noqa: S704 - escaped here

    def link(text: str) -> Markup:
        return Markup(f"<{text}>")  # noqa: S704 - only of what is_web_address finds harmless

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,  # leaves alone what escape() returns; without it, nothing is Markup
        finalize=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"address": address, "fence": code, "link": link, "sentence": sentence}
    made.tests |= {"web_address": is_web_address}
    return made
