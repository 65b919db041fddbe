"""The last report of each configuration, kept with what has changed since, and how long it took.

``results/report`` is what the rule writes: equal bytes for equal inputs, and the next configuration
replaces it. ``reports/<run>`` is a copy that stands alone.
"""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

from parity.errors import printable
from parity.files import atomic_folder
from parity.integrity import RESULTS
from parity.reporting.hooks.durations import finished_jobs, took
from parity.reporting.hooks.history import KEPT, Changes
from parity.reporting.html.templating import spans
from parity.reporting.markdown.escaping import escape_sentence

PAGE, TEXT = "index.html", "analysis_report.md"

SINCE = "<!-- since the last run -->"
TOOK = "<!-- how long it took -->"
"""Where the page and the Markdown report have room for what has changed, and for durations."""

NEIGHBOUR = re.compile(r'(="|\]\()\.\./(?!\.\./)([^")]+)')
"""Address of another result, as a link of the page or of the Markdown report begins it."""


def keep_report(run: str, changes: Changes | None) -> Path:
    """Copy the report of a run, and the pictures that it leads to, into the folder of the run.

    Files are linked rather than copied where the file system can.

    Parameters
    ----------
    run : str
        Name of the run; what an earlier run of this name left is replaced.
    changes : Changes or None
        What has changed, which the copy says.

    Returns
    -------
    Path
        The page.
    """
    said = {
        SINCE: printable(changes.sentence) if changes else "",
        TOOK: took(finished_jobs()),
    }
    with atomic_folder(KEPT / run) as folder:
        shutil.copytree(
            Path(RESULTS, "report"),
            folder,
            ignore=shutil.ignore_patterns(".*"),
            copy_function=_link,
            dirs_exist_ok=True,
        )
        for name, write in ((PAGE, _paragraph), (TEXT, escape_sentence)):
            text = Path(RESULTS, "report", name).read_text(encoding="utf-8")
            for _, address in NEIGHBOUR.findall(text):
                _link(Path(RESULTS, unquote(address)), folder / unquote(address))
            (folder / name).unlink()  # the original is another name of the same file
            alone = NEIGHBOUR.sub(r"\1\2", text)
            for place, sentence in said.items():
                alone = alone.replace(place, write(sentence) if sentence else "", 1)
            (folder / name).write_text(alone, encoding="utf-8")
    return page_of(run)


def page_of(run: str) -> Path:
    """Return the page of the kept report of a run."""
    return KEPT / run / PAGE


def _paragraph(sentence: str) -> str:
    return f'<p class="note">{spans(sentence)}</p>'


def _link(source: str | Path, destination: str | Path) -> None:
    destination = Path(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    if destination.exists():
        return
    try:
        os.link(source, destination)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, destination)
