"""The figure of a choice among exports: quality over size and time."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from parity.reporting.export_choice import ExportChoice, ExportChoices
from parity.reporting.figures.theme import EFFECT_COLOURS, FAINT, INK, theme
from parity.reporting.wording import shortened

NAME_LENGTH = 24


def draw_choices(found: ExportChoices) -> Figure:
    """Return quality over size, and over speed where exports were timed.

    Parameters
    ----------
    found : ExportChoices
        What ``choose`` wrote.
    """
    rows = found.rows
    timed = [(row, row.images_per_second) for row in rows if row.images_per_second]
    with theme():
        figure = Figure(figsize=(11, 4.2), layout="constrained")
        panels = figure.subplots(1, 2 if timed else 1, squeeze=False)[0]
        _scatter(panels[0], rows, [row.bytes / 1e6 for row in rows], found.quality)
        panels[0].set_xlabel("size (MB)")
        panels[0].set_title("Quality and size")
        if timed:
            times = [1000 / speed for _, speed in timed]
            _scatter(panels[1], [row for row, _ in timed], times, found.quality)
            panels[1].set_xlabel("time of an image on one thread (ms)")
            panels[1].set_title("Quality and time")
    return figure


def _scatter(ax: Axes, rows: Sequence[ExportChoice], across: list[float], quality: str) -> None:
    for row, x in zip(rows, across, strict=True):
        y = row.quality or 0.0
        colour = EFFECT_COLOURS["runtime"] if row.passed else EFFECT_COLOURS["geometry"]
        face = colour if row.pareto else "none"
        ax.plot(x, y, "o", color=colour, markerfacecolor=face, markersize=9)
        if row.cost:
            low, high = row.cost.interval
            base = y - row.cost.difference
            ax.vlines(x, base + low, base + high, color=colour, linewidth=1)
        name = shortened(row.export, NAME_LENGTH)
        ax.annotate(name, (x, y), xytext=(7, 4), textcoords="offset points", color=INK)
    ax.plot([], [], "o", color=EFFECT_COLOURS["runtime"], label="within its tolerance")
    ax.plot([], [], "o", color=EFFECT_COLOURS["geometry"], label="beyond its tolerance")
    ax.plot(
        [],
        [],
        "o",
        color=FAINT,
        markerfacecolor="none",
        label="not Pareto-optimal",
    )
    ax.legend(loc="best")
    ax.margins(0.15)
    ax.set_ylabel("F1" if quality == "f1" else quality)
