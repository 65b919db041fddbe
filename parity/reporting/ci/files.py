"""Writing the verdict in the formats of continuous integration."""

from pathlib import Path

from parity.files import write_text
from parity.reporting.ci.badge import badge_of
from parity.reporting.ci.junit import junit_of
from parity.reporting.ci.summary import summary_of
from parity.reporting.run_verdict import RunVerdict

FORMATS = {"junit.xml": junit_of, "summary.md": summary_of, "badge.svg": badge_of}
"""What makes each file."""


def write_ci_files(verdict: RunVerdict, folder: str | Path) -> None:
    """Write ``junit.xml``, ``summary.md`` and ``badge.svg`` into a folder."""
    for name, made in FORMATS.items():
        write_text(Path(folder) / name, made(verdict))
