"""The answers of all parts as a table: plain text, and Markdown for the README."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np

from parity.diagnosis.evaluation.scoring import ScoredAnswer, as_line

HEADINGS = (
    "deployments",
    "number",
    "right",
    "named and true",
    "named and false",
    "missed",
    "explained",
    "median s",
    "most s",
    "runs",
)

SHOWN = HEADINGS.index("missed") + 1
"""Columns in the README, the first; what comes after them depends on the machine."""


@dataclass(frozen=True)
class EvaluationRow:
    """The answers of one kind of deployment."""

    kind: str
    """Heading of the row."""
    answers: tuple[ScoredAnswer, ...]
    """One for each deployment."""

    @classmethod
    def joined(cls, rows: Sequence[Self]) -> Self:
        """Return rows of one kind as one."""
        return cls(rows[0].kind, tuple(chain.from_iterable(row.answers for row in rows)))

    def cells(self) -> list[str]:
        """Return what the columns of :data:`HEADINGS` say."""
        own = self.answers
        explained = [min(j.answer.exact, j.answer.predicted) for j in own]
        seconds = [j.answer.seconds for j in own]
        return [
            self.kind,
            str(len(own)),
            str(sum(j.right for j in own)),
            str(sum(len(j.true) for j in own)),
            str(sum(len(j.false) for j in own)),
            str(sum(len(j.missed) for j in own)),
            f"{np.median(explained or [0]):.0%}",
            f"{np.median(seconds or [0]):.1f}",
            f"{max(seconds, default=0):.1f}",
            f"{np.median([j.answer.runs for j in own] or [0]):.0f}",
        ]

    def halves(self) -> list["EvaluationRow"]:
        """Return the row of those that everybody looks at, and of those that are held out."""
        seen = tuple(j for j in self.answers if not j.truth.held_out)
        held = tuple(j for j in self.answers if j.truth.held_out)
        return [EvaluationRow(self.kind, seen), EvaluationRow(f"{self.kind}, held out", held)]


def as_text(rows: Sequence[EvaluationRow], *, show_held_out: bool = False) -> str:
    """Return the rows, their verdicts, and what is wrong with each answer that is not right.

    Parameters
    ----------
    rows : sequence of EvaluationRow
        Of all parts.
    show_held_out : bool
        Whether answers on deployments that are held out are listed, too.
    """
    table = [list(HEADINGS), *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in table
    ]
    for row in rows:
        said = Counter(j.answer.verdict for j in row.answers)
        lines.append("")
        lines.append(f"{row.kind}: " + ", ".join(f"{n} {v}" for v, n in sorted(said.items())))
        wrong = [j for j in row.answers if not j.right]
        if row.kind.endswith("held out") and not show_held_out:
            lines.append(f"  {len(wrong)} not right; --show-held-out lists them")
        else:
            lines += [f"  {as_line(j)}" for j in sorted(wrong, key=lambda j: -j.penalty)]
    return "\n".join(lines)


def as_markdown(rows: Sequence[EvaluationRow]) -> str:
    """Return the rows as the README shows them."""
    lines = [HEADINGS, ["---"] + ["---:"] * (len(HEADINGS) - 1), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line[:SHOWN]) + " |" for line in lines)
