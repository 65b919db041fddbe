"""The page that leads to the last report of each configuration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parity.files import atomic
from parity.reporting.hooks.history import KEPT, PastRun, changes_since
from parity.reporting.hooks.kept_report import page_of
from parity.reporting.html.templating import digest, environment_in, source, verbatim

INDEX = KEPT / "index.html"
STYLES = ("base.css", "index_of_reports.css")


@dataclass(frozen=True)
class LastReport:
    """The last run of a configuration, the address of its report, and what has changed."""

    run: PastRun
    address: str
    changes: str


def write_index(runs: Sequence[PastRun]) -> None:
    """Write the page.

    Parameters
    ----------
    runs : sequence of PastRun
        All runs, the latest last.
    """
    style = source(*STYLES)
    page = environment_in(INDEX.parent).get_template("index_of_reports.html.j2")
    text = page.render(entries=list(_entries(runs)), style=verbatim(style), digest=digest(style))
    with atomic(INDEX) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _entries(runs: Sequence[PastRun]) -> Iterator[LastReport]:
    """Yield the last run of each name whose report is still there, the latest first."""
    last = {run.name: number for number, run in enumerate(runs) if page_of(run.name).is_file()}
    for name, number in sorted(last.items(), key=lambda each: -each[1]):
        changes = changes_since(runs[: number + 1])
        yield LastReport(runs[number], str(page_of(name)), changes.sentence if changes else "")
