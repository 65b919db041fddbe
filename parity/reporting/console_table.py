"""A short table of all comparisons for the end of a run."""

from collections.abc import Iterator, Sequence

from parity.comparison.results import Results
from parity.reporting.verdict import objects_by_kind, outcome_in_words
from parity.reporting.wording import number, shortened

HEADER = ("comparison", "candidate", "reference", "matched", "missing", "extra", "flipped")
MEASURED = ("box px", "score", "result")
MOST_LINES = 30
NAME_LENGTH = 28


def comparison_lines(results: Sequence[Results]) -> list[str]:
    """Return the lines of a table with a row per comparison; capitals decide the verdict."""
    several = len(results) > 1
    rows = [row for result in results for row in _rows(result, several=several)]
    shown = [(*HEADER, *MEASURED), *rows[:MOST_LINES]]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    left = len(rows) - MOST_LINES
    more = [f"and {left:,} more in the report"] if left > 0 else []
    return [_line(row, widths) for row in shown] + more


def _rows(results: Results, *, several: bool) -> Iterator[tuple[str, ...]]:
    for name, comparison in results.comparisons.items():
        spread = comparison.distributions
        full = f"{results.model}, {name}" if several else name
        texts = (full, comparison.candidate, comparison.reference)
        outcome = outcome_in_words(comparison)
        yield (
            *(shortened(text, NAME_LENGTH) for text in texts),
            *(f"{many:,}" for many in objects_by_kind(comparison).values()),
            *(number(each.max if each else None) for each in (spread.box_px, spread.score)),
            outcome.upper() if comparison.gated else outcome,
        )


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    names, numbers = row[:3], row[3:-1]
    cells = [text.ljust(width) for text, width in zip(names, widths[:3], strict=True)]
    cells += [text.rjust(width) for text, width in zip(numbers, widths[3:-1], strict=True)]
    return "  ".join([*cells, row[-1]])
