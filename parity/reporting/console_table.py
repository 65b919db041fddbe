"""A short table of all comparisons for the end of a run."""

from collections.abc import Iterator, Sequence

from parity.comparison.results import Results
from parity.reporting.task_wording import MEASURED, QUANTITIES, MeasuredQuantity
from parity.reporting.verdict import (
    objects_by_kind,
    outcome_in_words,
    quantities_of,
    spread_of,
)
from parity.reporting.wording import number, shortened

HEADER = ("comparison", "matched", "missing", "extra", "flipped")
MOST_LINES = 30
NAME_LENGTH = 28


def comparison_lines(results: Sequence[Results]) -> list[str]:
    """Return the lines of a table with a row per comparison; capitals decide the verdict.

    It has a column for each difference that some comparison measured.
    """
    several = len(results) > 1
    every = [each for result in results for each in result.comparisons.values()]
    known = {name for each in every for name in quantities_of(each)}
    measured = [name for name in MEASURED if name in known]
    rows = [row for result in results for row in _rows(result, measured, several=several)]
    titles = (QUANTITIES[name].short for name in measured)
    shown = [(*HEADER, *titles, "result"), *rows[:MOST_LINES]]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    left = len(rows) - MOST_LINES
    more = [f"and {left:,} more in the report"] if left > 0 else []
    return [_line(row, widths) for row in shown] + more


def _rows(
    results: Results, measured: Sequence[MeasuredQuantity], *, several: bool
) -> Iterator[tuple[str, ...]]:
    for name, comparison in results.comparisons.items():
        own = quantities_of(comparison)
        spreads = [spread_of(comparison, name) if name in own else None for name in measured]
        full = f"{results.model}, {name}" if several else name
        outcome = outcome_in_words(comparison)
        yield (
            shortened(full, NAME_LENGTH),
            *(f"{many:,}" for many in objects_by_kind(comparison).values()),
            *(number(each.max if each else None) for each in spreads),
            outcome.upper() if comparison.gated else outcome,
        )


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, *numbers, outcome = row
    cells = [text.rjust(width) for text, width in zip(numbers, widths[1:-1], strict=True)]
    return "  ".join([name.ljust(widths[0]), *cells, outcome])
