"""The table of failures in docs/failures.md: the tests write it, or hold it against what they saw.

``WRITE_FAILURES=1 make test-cluster`` writes it anew.
"""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from filelock import FileLock

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "failures.md"
HEAD = "| what happens | jobs run | what is said | what you do |"
RULE = "|---|---|---|---|"
PLACES = {"local": "here", "slurm": "on SLURM"}


@dataclass(frozen=True)
class Table:
    """Rows of the table, by what happens and where jobs run."""

    before: str
    after: str
    """The document around the table."""
    written: dict[tuple[str, str], str]
    """Rows in the document."""
    seen: dict[tuple[str, str], str] = field(default_factory=dict)
    """Rows of the tests that have run."""

    @classmethod
    def load(cls) -> Self:
        """Read the document."""
        before, _, rest = DOCUMENT.read_text().partition(HEAD + "\n" + RULE + "\n")
        lines = rest.splitlines(keepends=True)
        rows = [line.strip() for line in lines if line.startswith("|")]
        after = "".join(line for line in lines if not line.startswith("|"))
        cells = [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in rows]
        return cls(before, after, dict(zip(cells, rows, strict=True)))  # type: ignore[arg-type]

    def add(self, what: str, executor: str, said: str, cure: str) -> None:
        """Add what a test saw, or hold the document against it.

        Parameters
        ----------
        what, said, cure : str
            What happens, what the user is told, what they do.
        executor : str
            ``local`` or ``slurm``.
        """
        key = (what, PLACES[executor])
        row = f"| {what} | {PLACES[executor]} | {said} | {cure} |"
        self.seen[key] = row
        if "WRITE_FAILURES" not in os.environ:
            assert self.written.get(key) == row, f"{DOCUMENT.name} should say: {row}"

    def finish(self) -> None:
        """Write what was seen into the document if that was asked for, beside what others wrote."""
        if "WRITE_FAILURES" in os.environ:
            with FileLock(Path(tempfile.gettempdir()) / "failures.lock"):
                current = self.load()
                rows = sorted((current.written | self.seen).values())
                table = "\n".join([HEAD, RULE, *rows])
                DOCUMENT.write_text(f"{current.before}{table}\n{current.after}")
