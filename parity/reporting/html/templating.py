"""From templates to HTML: what every page of ours shares."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from parity.errors import printable
from parity.reporting.wording import is_web_address, relative_address

TEMPLATES = Path(__file__).parent / "templates"
CODE_SPAN = re.compile("`([^`]+)`")
MOST_INDENTED = 8
"""Indentation of code, in characters, for which ``base.css`` has a rule (``in0`` to ``in8``)."""


def environment_in(folder: Path) -> Environment:
    """Return a Jinja environment for HTML: every text is made printable and escaped.

    Parameters
    ----------
    folder : Path
        Folder of the page, from which its addresses start.
    """

    def finish(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            return printable(value)
        return value

    def address(path: str) -> Markup:
        return Markup(relative_address(path, folder))  # noqa: S704 - quoted as an address

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=finish,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "address": address,
        "spans": spans,
        "lines": code_lines,
        "slug": slug_of,
    }
    made.tests |= {"web_address": is_web_address}
    return made


def spans(text: str) -> Markup:
    """Return text in which what stands between backticks is code."""
    shown = str(escape(printable(text)))
    return Markup(CODE_SPAN.sub(r"<code>\1</code>", shown))  # noqa: S704 - escaped above


def code_lines(code: str) -> Markup:
    """Return lines of code, each of which keeps its indentation where it has to be broken.

    What is selected or copied is the code itself, with one line break after each line.
    """
    rows = [
        Markup('<span class="line in{}">{}</span>').format(
            min(len(line) - len(line.lstrip()), MOST_INDENTED) // 2 * 2, line
        )
        if line
        else Markup("")
        for line in code.split("\n")
    ]
    return Markup("\n").join(rows)


def slug_of(title: str) -> str:
    """Return a heading of ours as an anchor."""
    return title.lower().replace(" ", "-")


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
