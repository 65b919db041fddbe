"""The figures of a sweep: F1 over the candidate's thresholds, and how much each arm detects."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from parity.comparison.settings import GIVEN_ARM
from parity.comparison.sweep import ArmCounts
from parity.comparison.threshold_grid import Axes as Thresholds
from parity.comparison.tuning import SweepComparison, SweepResults
from parity.reporting.figures.palette import arm_colours, palette
from parity.reporting.figures.theme import LINES, MARKERS, theme
from parity.reporting.wording import count, number, shortened
from parity.tasks.task import TASKS

MAPS_PER_ROW = 3
MOST_MAPS = 24
MOST_TICKS = 7
MOST_NAMED = 10
LEAST_CONTRAST = 0.99
"""F1 at which the colours of a map begin at most, so that no difference is exaggerated; chosen."""
RUN_MARK: dict[str, Any] = {
    "marker": "s",
    "markersize": 12,
    "markerfacecolor": "none",
    "markeredgecolor": "#d55e00",
    "mew": 2,
}
BEST_MARK: dict[str, Any] = {
    "marker": "*",
    "markersize": 11,
    "color": "#d55e00",
    "markeredgecolor": "white",
}
NAME_LENGTH = 34


def draw_sweep(results: SweepResults) -> Figure:
    """Return all panels of a model's sweep in one figure.

    Parameters
    ----------
    results : SweepResults
        What ``tune`` wrote for the model.
    """
    labels = not TASKS[results.task].has_boxes
    comparisons = results.comparisons
    shown = [] if labels else list(comparisons)[:MOST_MAPS]
    rows = -(-len(shown) // MAPS_PER_ROW)
    height = max(2.3, 0.9 + 0.32 * len(results.axes.tuned_iou))
    curves = 4 + 0.12 * min(len(comparisons), MOST_NAMED)
    with theme():
        figure = Figure(figsize=(12.5, rows * height + curves + 0.6))
        figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.12)
        figure.suptitle(_headline(results, len(shown)), fontsize=13, x=0.012, ha="left")
        heights = [rows * height, curves] if rows else [curves]
        grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
        if rows:
            draw_maps(
                figure.add_subfigure(grid[0]), {name: comparisons[name] for name in shown}, results
            )
        left, right = figure.add_subfigure(grid[-1]).subplots(1, 2)
        draw_counts(left, results.arms, results.axes, labels=labels)
        draw_tuning(right, comparisons, results.axes)
    return figure


def draw_maps(maps: SubFigure, shown: Mapping[str, SweepComparison], results: SweepResults) -> None:
    """Draw F1 over both thresholds, a map for each comparison, on one scale."""
    rows = -(-len(shown) // MAPS_PER_ROW)
    panels = maps.subplots(rows, MAPS_PER_ROW, squeeze=False).ravel()
    for panel in panels[len(shown) :]:
        panel.set_visible(False)
    scale = _common_scale(results.comparisons)
    for panel, (name, comparison) in zip(panels, shown.items(), strict=False):
        image = draw_f1_map(panel, name, comparison, results.axes, scale)
    maps.colorbar(image, ax=list(panels), label="F1", pad=0.01, aspect=14 * rows)
    maps.legend(
        handles=[
            Line2D([], [], ls="", label=label, **style)
            for label, style in (("this run", RUN_MARK), ("best of the candidate", BEST_MARK))
        ],
        loc="outside upper right",
        ncols=2,
    )


def draw_f1_map(
    ax: Axes, name: str, comparison: SweepComparison, axes: Thresholds, scale: Normalize
) -> AxesImage:
    """Draw F1 over the thresholds of the candidate as a heat map; the reference keeps its own.

    The brightest cell is the best pair of thresholds, the one that the advice names.
    """
    conf, iou = axes.tuned_conf, axes.tuned_iou
    colours = colormaps["cividis"].with_extremes(bad=palette().paper)
    image = ax.imshow(
        np.ma.masked_invalid(np.array(comparison.tuned_f1, np.float64)),
        cmap=colours,
        norm=scale,
        aspect="auto",
        origin="lower",
    )
    best = comparison.tuning.best
    run = conf.index(axes.operating_conf), iou.index(axes.operating_iou)
    for (x, y), style in (
        (run, RUN_MARK),
        ((conf.index(best.conf), iou.index(best.iou)), BEST_MARK),
    ):
        ax.plot(x, y, ls="", clip_on=False, zorder=3, **style)
    _name_ticks(ax.set_xticks, conf)
    _name_ticks(ax.set_yticks, iou)
    ax.grid(visible=False)
    ax.set(xlabel="conf", ylabel="IoU")
    ax.set_title(shortened(name, NAME_LENGTH))
    return image


def draw_counts(ax: Axes, arms: Mapping[str, ArmCounts], axes: Thresholds, *, labels: bool) -> None:
    """Draw how much each arm detects over confidence, at the operating overlap threshold."""
    titles = ("Labels per arm", "labels")
    if not labels:
        titles = f"Detections per arm, IoU {number(axes.operating_iou)}", "detections"
    row = axes.tuned_iou.index(axes.operating_iou)
    colours = arm_colours(arms)
    for index, (name, arm) in enumerate(arms.items()):
        reference = name.startswith(("pytorch", GIVEN_ARM))
        ax.plot(
            axes.tuned_conf,
            arm.detections[row],
            color=colours[name],
            linestyle=LINES[index % len(LINES)],
            linewidth=3.5 if reference else 1.6,
            alpha=0.6 if reference else 1.0,
            marker="o" if len(axes.tuned_conf) == 1 else "",
            label=shortened(name, NAME_LENGTH),
        )
    ax.axvline(axes.operating_conf, color=palette().ink, linewidth=1, linestyle=":")
    ax.set_ylim(bottom=0)
    ax.set(
        title=titles[0],
        xlabel="conf; dotted: this run",
        ylabel=titles[1],
    )
    _name_lines(ax)


def draw_tuning(ax: Axes, comparisons: Mapping[str, SweepComparison], axes: Thresholds) -> None:
    """Draw how far each candidate agrees with a reference that keeps its thresholds."""
    seen: dict[str, int] = {}
    row = axes.tuned_iou.index(axes.operating_iou)
    for name, comparison in comparisons.items():
        effect = name.partition("-")[0]
        index = seen[effect] = seen.get(effect, -1) + 1
        best = comparison.tuning.best_conf
        colour = palette().effects.get(effect, palette().ink)
        curve = np.array(comparison.tuned_f1[row], np.float64)
        ax.plot(
            axes.tuned_conf,
            curve,
            color=colour,
            linestyle=LINES[index % len(LINES)],
            linewidth=4 if effect == "geometry" else 1.8,  # deployment often lies on geometry
            alpha=0.55 if effect == "geometry" else 1.0,
            label=f"{shortened(name, NAME_LENGTH)}, best at {number(best.conf)}",
        )
        if best.f1 is not None:
            marker = MARKERS[index % len(MARKERS)]
            edge = palette().ink
            ax.plot(best.conf, best.f1, marker, color=colour, markeredgecolor=edge, clip_on=False)
    ax.axvline(axes.operating_conf, color=palette().ink, linewidth=1, linestyle=":")
    ax.set_ylim(top=1)
    ax.set(
        title=f"F1 compared with the reference at conf {number(axes.operating_conf)}",
        xlabel="conf of the candidate; dotted: this run",
        ylabel="F1",
    )
    _name_lines(ax, loc="upper left", bbox_to_anchor=(0, -0.15), ncols=2)  # curves fill the axes


def _common_scale(comparisons: Mapping[str, SweepComparison]) -> Normalize:
    stated = [
        f1 for each in comparisons.values() for row in each.tuned_f1 for f1 in row if f1 is not None
    ]
    return Normalize(min([*stated, LEAST_CONTRAST]), 1.0)


def _name_ticks(set_ticks: Callable[[list[int], list[str]], Any], values: Sequence[float]) -> None:
    every = -(-len(values) // MOST_TICKS)
    positions = range(0, len(values), every)
    set_ticks(list(positions), [number(values[position]) for position in positions])


def _name_lines(ax: Axes, **place: Any) -> None:
    handles, _ = ax.get_legend_handles_labels()
    more = len(handles) - MOST_NAMED
    title = f"{more} more are drawn" if more > 0 else None
    ax.legend(handles=handles[:MOST_NAMED], title=title, **place)


def _headline(results: SweepResults, shown: int) -> str:
    axes, there = results.axes, len(results.comparisons)
    pairs = f"{count(len(axes.tuned_conf) * len(axes.tuned_iou), 'pair')} of thresholds"
    if not TASKS[results.task].has_boxes:
        pairs, shown = count(len(axes.tuned_conf), "threshold"), there
    images = count(results.images, "image")
    left_out = f"; {shown} of {there} comparisons" if there > shown else ""
    model = shortened(results.model, 60)
    return f"{model}: sweep of {pairs} over {images}{left_out}"
