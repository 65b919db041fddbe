"""Where the marks of the page's small figures stand, in per cent of their width.

The page draws them as SVG. Positions in per cent let a figure grow and shrink with the page while
lines and letters keep their size.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from parity.comparison.results import ComparisonResults
from parity.comparison.settings import Effect
from parity.reporting.task_wording import QUANTITIES, MeasuredQuantity, TaskWording, words_of
from parity.reporting.verdict import (
    KIND_TITLES,
    allowed_in_words,
    object_count,
    objects_by_kind,
    spread_of,
    wording_of,
)
from parity.reporting.views.effects import EqualComparisons
from parity.reporting.wording import number
from parity.sentences import listing

LEAST_DECADE = -9
MOST_TICKS = 4
MOST_DRAWN = 3
"""Differences that the figure has room for (chosen); the tables hold all."""
MARGIN_PERCENT = 2.0  # per cent, so that a mark at the end is not cut
THINNEST = 0.8  # per cent, the narrowest piece of a bar that can be seen
HEAT_STEPS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
"""Values of F1 at which the shade of a map changes (chosen)."""


@dataclass(frozen=True)
class Bar:
    """A piece of a stacked bar: its kind, where it begins and how wide it is, per cent."""

    kind: str
    start: float
    width: float


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from 10^low to 10^high; zero is at its left end."""

    low: int
    high: int

    @classmethod
    def of(cls, values: list[float], *, ends_at_one: bool = False) -> "Axis":
        """Return the whole decades that hold all values that are finite and positive.

        Parameters
        ----------
        values : list of float
            What finds a place.
        ends_at_one : bool
            Whether the quantity cannot exceed 1, where the axis then ends, too.
        """
        decades = [math.log10(v) for v in values if math.isfinite(v) and v > 0]
        if not decades:
            return cls(-4, 0)
        low = max(math.floor(min(decades)), LEAST_DECADE)
        if ends_at_one:
            return cls(min(low, -1), min(max(math.ceil(max(decades)), low + 1), 0))
        return cls(low, max(math.ceil(max(decades)), low + 1))

    def place(self, value: float) -> float:
        """Return the position of a value; what is not finite is at the right end."""
        if math.isnan(value) or value == math.inf:
            share = 1.0
        elif value <= 0:
            share = 0.0
        else:
            share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(MARGIN_PERCENT + (100 - 2 * MARGIN_PERCENT) * min(max(share, 0.0), 1.0), 2)

    @property
    def ticks(self) -> list["Tick"]:
        """A few decades."""
        step = math.ceil((self.high - self.low) / (MOST_TICKS - 1))
        decades = range(self.low, self.high + 1, step)
        return [Tick(self.place(10.0**n), _decade(n)) for n in decades]


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it stands, per cent, and what it says."""

    place: float
    text: str


@dataclass(frozen=True)
class Strip:
    """The marks of a quantity of a comparison."""

    tolerance: float
    """Where it stands, per cent."""
    median: float | None
    p95: float | None
    max: float | None
    """Where they stand; None without matched pairs."""
    within: bool
    """Whether the largest difference is within the tolerance."""
    text: str
    label: str
    """The largest difference, and all of it, in words."""


@dataclass(frozen=True)
class ChartRow:
    """Equal comparisons: their names, objects by kind, and a strip for each quantity."""

    name: str
    effect: Effect
    about: str
    bars: list[Bar]
    counts: str
    strips: dict[MeasuredQuantity, Strip]


@dataclass(frozen=True)
class Chart:
    """All comparisons on common axes."""

    noun: str
    """What is counted, such as "Objects"."""
    titles: dict[MeasuredQuantity, str]
    """The differences that are drawn, as heads of columns."""
    axes: dict[MeasuredQuantity, Axis]
    rows: list[ChartRow]


def _decade(exponent: int) -> str:
    return number(10.0**exponent) if -3 <= exponent <= 3 else f"1e{exponent}"


def effect_chart(rows: Sequence[EqualComparisons]) -> Chart:
    """Return the figure of all comparisons: objects by kind, differences of boxes and scores."""
    every = [row.numbers for row in rows]
    words = wording_of(every[0]) if every else words_of("detect")
    drawn = words.quantities[:MOST_DRAWN]
    axes = {quantity: axis_of(every, quantity) for quantity in drawn}
    most = max((object_count(each) for each in every), default=0)
    return Chart(
        f"{words.noun}s".capitalize(),
        {name: difference_title(words, name) for name in drawn},
        axes,
        [
            ChartRow(
                row.names[0],
                row.numbers.effect,
                arms_in_words(row),
                stacked(objects_by_kind(row.numbers), most),
                counts_in_words(row.numbers),
                {quantity: strip(row.numbers, quantity, axis) for quantity, axis in axes.items()},
            )
            for row in rows
        ],
    )


def difference_title(words: TaskWording, quantity: MeasuredQuantity) -> str:
    """Return the head of a column of differences, such as ``Box difference (px)``."""
    what, _, unit = words.title(quantity).partition(" ")
    return f"{what} difference {unit}".strip()


def arms_in_words(row: EqualComparisons) -> str:
    """Return what is compared, and which other exports have the same numbers."""
    candidate = row.candidates[0]
    versus = f"vs. {row.reference}"
    said = versus if candidate in row.names else f"{candidate} {versus}"
    others = row.candidates[1:]
    return f"{said}; equal results: {listing(others)}" if others else said


def axis_of(comparisons: Iterable[ComparisonResults], quantity: MeasuredQuantity) -> Axis:
    """Return an axis on which a quantity of all comparisons and its tolerances find a place."""
    values: list[float] = []
    for each in comparisons:
        spread = spread_of(each, quantity)
        values += [spread.median, spread.p95, spread.max] if spread else []
        values.append(getattr(each.allowed, quantity))
    return Axis.of(values, ends_at_one=QUANTITIES[quantity].ends_at_one)


def stacked(counts: Mapping[str, int], most: int) -> list[Bar]:
    """Return the pieces of a bar that is full at a number of objects; none is too thin to see."""
    bars, start = [], 0.0
    for kind, many in counts.items():
        if many:
            width = max(100 * many / most, THINNEST)
            bars.append(Bar(kind, round(start, 2), round(width, 2)))
            start += width
    scale = min(1.0, 100 / start) if start else 1.0
    return [Bar(b.kind, round(b.start * scale, 2), round(b.width * scale, 2)) for b in bars]


def counts_in_words(comparison: ComparisonResults) -> str:
    """Return how many objects are matched, missing, extra and class-flipped."""
    counts = objects_by_kind(comparison)
    if not sum(counts.values()):
        return f"no {wording_of(comparison).noun}s were compared"
    shown = {kind: many for kind, many in counts.items() if many or kind != "flipped"}
    return ", ".join(f"{many:,} {KIND_TITLES[kind]}" for kind, many in shown.items())


def strip(comparison: ComparisonResults, quantity: MeasuredQuantity, axis: Axis) -> Strip:
    """Return where median, 95th percentile, largest difference and tolerance stand."""
    unit = QUANTITIES[quantity].unit
    spread = spread_of(comparison, quantity)
    allowed: float = getattr(comparison.allowed, quantity)
    if spread is None:
        label = f"no matched {wording_of(comparison).detection}s"
        return Strip(axis.place(allowed), None, None, None, within=True, text=label, label=label)
    return Strip(
        axis.place(allowed),
        axis.place(spread.median),
        axis.place(spread.p95),
        axis.place(spread.max),
        within=quantity not in comparison.exceeded,
        text=f"largest {number(spread.max)}{unit}",
        label=f"median {number(spread.median)}{unit}, 95 % within {number(spread.p95)}{unit}, "
        f"largest {number(spread.max)}{unit}, "
        f"tolerance {allowed_in_words(comparison, quantity, unit)}",
    )


def heat_level(f1: float | None) -> int:
    """Return a shade: 9 for F1 of exactly 1, one less for each step that is missed, 0 for none."""
    return 0 if f1 is None else sum(f1 >= least for least in HEAT_STEPS)
