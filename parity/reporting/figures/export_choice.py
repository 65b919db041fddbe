"""The figure of a choice among exports: quality, size and time of each."""

from collections.abc import Sequence
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from parity.reporting.export_choice import ExportChoice, ExportChoices
from parity.reporting.figures.palette import KIND_COLOURS, palette
from parity.reporting.figures.theme import theme
from parity.reporting.wording import count, four_decimals, number, shortened

NAME_LENGTH = 24
MOST_DRAWN = 40


def draw_choices(found: ExportChoices) -> Figure:
    """Return quality, size and, where exports were timed, time of each export, a row each.

    Parameters
    ----------
    found : ExportChoices
        What ``choose`` wrote.
    """
    rows = found.rows[:MOST_DRAWN]
    left_out = len(found.rows) - len(rows)
    timed = any(row.images_per_second for row in rows)
    with theme():
        figure = Figure(figsize=(11, 1.7 + 0.3 * len(rows)), layout="constrained")
        panels = figure.subplots(1, 3 if timed else 2, sharey=True, squeeze=False)[0]
        draw_quality(panels[0], rows, found.quality)
        draw_values(panels[1], rows, [row.bytes / 1e6 for row in rows], "Size (MB)")
        if timed:
            speeds = [row.images_per_second for row in rows]
            times = [1000 / speed if speed else None for speed in speeds]
            draw_values(panels[2], rows, times, "Time of an image on one thread (ms)")
        panels[0].set_yticks(range(len(rows)), [shortened(row.export, NAME_LENGTH) for row in rows])
        panels[0].set_ylim(len(rows) - 0.5, -0.5)
        figure.legend(
            handles=legend(),
            loc="outside lower left",
            ncols=3,
            title=f"{count(left_out, 'export')} not drawn" if left_out else None,
        )
    return figure


def draw_quality(ax: Axes, rows: Sequence[ExportChoice], quality: str) -> None:
    """Draw the quality of each export, which ends at 1, and what is known of its loss."""
    for place, row in enumerate(rows):
        if row.quality is None:
            continue
        mark(ax, row, (row.quality, place), four_decimals(row.quality), side="right")
        if row.cost:
            low, high = row.cost.interval
            base = row.quality - row.cost.difference
            ax.hlines(place, base + low, min(base + high, 1), color=colour_of(row), linewidth=1.4)
    known = [row.quality for row in rows if row.quality is not None]
    lows = [
        row.quality + row.cost.interval[0] - row.cost.difference
        for row in rows
        if row.quality is not None and row.cost
    ]
    least = min([*known, *lows], default=0.0)
    ax.set_xlim(max(0.0, least - 0.25 * (1 - least) - 0.001), 1)
    ax.set_title(f"{quality[:1].upper()}{quality[1:]}")
    ax.tick_params(axis="y", length=0)


def draw_values(
    ax: Axes, rows: Sequence[ExportChoice], values: Sequence[float | None], title: str
) -> None:
    """Draw a value of each export, from zero on."""
    for place, (row, value) in enumerate(zip(rows, values, strict=True)):
        if value is not None:
            mark(ax, row, (value, place), number(value), side="left")
    ax.set_xlim(0, 1.2 * max((value for value in values if value is not None), default=1.0))
    ax.set_title(title)
    ax.tick_params(axis="y", length=0)


def mark(
    ax: Axes,
    row: ExportChoice,
    place: tuple[float, float],
    text: str,
    *,
    side: Literal["left", "right"],
) -> None:
    """Draw an export at a place, and beside it a text of which this side is at the mark."""
    colour = colour_of(row)
    face = colour if row.pareto else palette().paper
    ax.plot(*place, "o", color=colour, markerfacecolor=face, markersize=8, clip_on=False, zorder=3)
    shift = (8 if side == "left" else -8, 0)
    ax.annotate(text, place, xytext=shift, textcoords="offset points", ha=side, va="center")


def colour_of(row: ExportChoice) -> str:
    """Return the colour of an export: of what is matched, or of what is missing."""
    return palette().effects["runtime"] if row.passed else KIND_COLOURS["missing"]


def legend() -> list[Line2D]:
    """Return what colours and fillings mean."""
    good, bad, faint = palette().effects["runtime"], KIND_COLOURS["missing"], palette().faint
    kinds = ((good, good, "within its tolerance"), (bad, bad, "beyond its tolerance"))
    return [
        Line2D([], [], ls="", marker="o", color=colour, markerfacecolor=face, label=label)
        for colour, face, label in (*kinds, (faint, palette().paper, "not Pareto-optimal"))
    ]
