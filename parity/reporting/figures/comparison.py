"""The figures of a run: what every arm detects and how far the arms differ."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from parity.comparison.results import ArmResults, ComparisonResults, Results
from parity.comparison.settings import Effect
from parity.reporting.figures.matched_pairs import MatchedPairs
from parity.reporting.figures.palette import KIND_COLOURS, arm_colours, palette
from parity.reporting.figures.theme import HATCHES, LINES, MARKERS, theme
from parity.reporting.task_wording import (
    QUANTITIES,
    MeasuredQuantity,
    TaskWording,
    words_of,
)
from parity.reporting.verdict import KIND_TITLES, objects_by_kind, spread_of, subject
from parity.reporting.wording import count, number, shortened
from parity.tasks.task import TASKS

Comparisons = Mapping[str, ComparisonResults]
Side = Literal["reference", "candidate"]

SCATTERED: tuple[Effect, ...] = ("runtime", "deployment")
"""Effects whose scores are drawn."""

EXTREMES = {"median": ("|", 9, "median"), "p95": ("o", 6, "95 %"), "max": ("D", 6, "largest")}
"""What is drawn of a distribution: its marker, the size of that, and its name."""

MOST_POINTS = 20_000
MOST_STEPS = 2_000
NAME_LENGTH = 30
LEGEND_ROW = 0.2  # inches
LEGEND_WIDTH = 50  # characters


def draw_comparisons(results: Results, pairs: Mapping[str, MatchedPairs]) -> Figure:
    """Return all panels of a model in one figure.

    Parameters
    ----------
    results : Results
        What ``summarise`` wrote for the model.
    pairs : mapping of str to MatchedPairs
        Matched pairs by comparison.
    """
    comparisons = results.comparisons
    bars = [max(2.4, 0.9 + 0.46 * rows) for rows in (len(results.arms), len(comparisons))]
    effects = [each.effect for each in comparisons.values()]
    points = max(effects.count("runtime"), effects.count("deployment"))
    curves = -(-len(comparisons) // _legend_columns(comparisons))
    words = words_of(results.task)
    boxes = "box_px" in words.quantities
    shares = 3.4 + LEGEND_ROW * curves
    extremes = [bars[1] if boxes else shares] * -(-len(words.quantities) // 2)
    heights = [max(bars), *extremes, 4.2 + LEGEND_ROW * points, *([shares] if boxes else [])]
    with theme():
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.14, hspace=0.02)
        figure = Figure(figsize=(12.5, sum(heights) + 0.8), layout=layout)
        figure.suptitle(_headline(results), fontsize=13, x=0.012, ha="left")
        axes = figure.subplots(len(heights), 2, height_ratios=heights)
        draw_detections(axes[0, 0], results.arms, words)
        draw_objects(axes[0, 1], comparisons, words)
        measured = axes[1 : 1 + len(extremes)].ravel()
        for ax, quantity in zip(measured, words.quantities, strict=False):
            draw_extremes(ax, comparisons, quantity)
        for ax, effect in zip(axes[1 + len(extremes)], SCATTERED, strict=True):
            draw_scores(ax, effect, comparisons, pairs, results.thresholds.conf)
        drawn = {name: pairs[name] for name in comparisons if name in pairs and len(pairs[name])}
        last = axes[-1, 1] if boxes else measured[-1]
        if boxes:
            overlap = {name: 1 - several.iou for name, several in drawn.items()}
            draw_shares(axes[-1, 0], comparisons, overlap, "Overlap of matched boxes", "1 − IoU")
            for ax in measured[len(words.quantities) :]:
                ax.set_visible(False)
        score = {name: each.score for name, each in drawn.items() if np.isfinite(each.score).any()}
        what = "boxes" if boxes else "labels"
        title = f"{words.scores.capitalize()} of matched {what}"
        draw_shares(last, comparisons, score, title, f"{words.score} difference")
        _mark_tolerances(last, comparisons, "score")
    return figure


def draw_detections(ax: Axes, arms: Mapping[str, ArmResults], words: TaskWording) -> None:
    """Draw how many objects each arm detects."""
    counts = [arm.detections for arm in arms.values()]
    y = np.arange(len(counts))
    ax.barh(y, counts, color=list(arm_colours(arms).values()), height=0.6)
    for row, value in enumerate(counts):
        ax.annotate(f" {value:,}", (value, row), va="center")
    _name_rows(ax, list(arms))
    ax.set_xlim(0, max([*counts, 1]) * 1.12)
    noun = f"{words.detection}s"
    ax.set(title=f"{noun.capitalize()} per arm", xlabel=noun)


def draw_objects(ax: Axes, comparisons: Comparisons, words: TaskWording) -> None:
    """Draw how many objects of each comparison are matched, missing, extra or class-flipped."""
    rows = [objects_by_kind(comparison) for comparison in comparisons.values()]
    left = np.zeros(len(rows))
    y = np.arange(len(rows))
    for kind, colour in KIND_COLOURS.items():
        width = np.array([row[kind] for row in rows], np.float64)
        ax.barh(
            y,
            width,
            left=left,
            height=0.6,
            color=colour,
            hatch=HATCHES[kind],
            edgecolor=palette().ink,
            linewidth=0.6,
            label=KIND_TITLES[kind],
        )
        left += width
    longest = max([*left, 1])
    for row, (end, kinds) in enumerate(zip(left, rows, strict=True)):
        said = [
            f"{many:,} {KIND_TITLES[kind]}"
            for kind, many in kinds.items()
            if many or kind == "matched"
        ]
        text = ", ".join(said) if end else f"no {words.noun}s were compared"
        ax.annotate(f" {text}", (0, row - 0.31), va="bottom", fontsize=8.5)
    _name_rows(ax, list(comparisons))
    ax.set_ylim(len(rows) - 0.5, -0.75)
    ax.set_xlim(0, longest * 1.02)
    noun = f"{words.noun}s"
    ax.set(title=f"{noun.capitalize()} of each comparison", xlabel=noun)
    _legend_below(ax, ncols=4)


def draw_extremes(ax: Axes, comparisons: Comparisons, key: MeasuredQuantity) -> None:
    """Draw median, 95th percentile, largest difference and tolerance of each comparison."""
    unit = {"box_px": "px", "keypoint_px": "px", "mask": "1 − IoU"}.get(key, "")
    first = next(iter(comparisons.values()), None)
    title = f"Difference of matched {subject(first, key) if first else QUANTITIES[key].subject}"
    least, most = _limits(comparisons, key)
    _make_logarithmic(ax, least, most)
    for row, comparison in enumerate(comparisons.values()):
        colour = palette().effects[comparison.effect]
        values = spread_of(comparison, key)
        tolerance = max(getattr(comparison.allowed, key), least)
        ax.plot(
            [tolerance] * 2, [row - 0.36, row + 0.36], color=palette().ink, linewidth=1.4, ls="--"
        )
        beside: dict[str, Any] = {
            "xycoords": ("axes fraction", "data"),
            "va": "center",
            "fontsize": 8.5,
        }
        if values is None:
            ax.annotate("no matched detections", (0.02, row), **beside)
            continue
        x = [max(getattr(values, name), least) for name in EXTREMES]
        ax.plot(x, [row] * 3, color=colour, linewidth=1.4)
        for position, (marker, size, _) in zip(x, EXTREMES.values(), strict=True):
            ax.plot(position, row, marker, color=colour, markersize=size, markeredgewidth=1.6)
        ax.annotate(
            f" {number(values.max)} {unit if unit == 'px' else ''}".rstrip(), (1, row), **beside
        )
    ax.annotate(" largest", (1, 1), xycoords="axes fraction", va="bottom", fontsize=8.5)
    _name_rows(ax, list(comparisons))
    label = f"difference ({unit}), logarithmic" if unit else "difference, logarithmic"
    ax.set(title=title, xlabel=label)
    handles = [
        Line2D([], [], color=palette().faint, marker=marker, ls="", markersize=size, label=name)
        for marker, size, name in EXTREMES.values()
    ]
    handles.append(Line2D([], [], color=palette().ink, ls="--", label="tolerance"))
    _legend_below(ax, handles=handles, ncols=4)


def _limits(comparisons: Comparisons, key: MeasuredQuantity) -> tuple[float, float]:
    """Return the ends of an axis on which every extreme and tolerance of a quantity has a place."""
    values: list[float] = []
    for comparison in comparisons.values():
        spread = spread_of(comparison, key)
        values += [getattr(spread, name) for name in EXTREMES] if spread else []
        values.append(getattr(comparison.allowed, key))
    positive = [value for value in values if np.isfinite(value) and value > 0] or [1.0]
    most = max(positive) * 4
    return min(positive) / 4, min(most, 1.0) if QUANTITIES[key].ends_at_one else most


def draw_scores(
    ax: Axes,
    effect: Effect,
    comparisons: Comparisons,
    pairs: Mapping[str, MatchedPairs],
    conf: float,
) -> None:
    """Draw the score of the candidate over the score of the reference of every matched pair."""
    words = words_of(next((each.task for each in comparisons.values()), "detect"))
    title = f"{words.scores.capitalize()} of matched {words.detection}s: {effect}"
    ax.set(title=title, aspect="equal")
    ax.plot([0, 1], [0, 1], color=palette().faint, linewidth=0.9, zorder=1)
    names = [name for name, each in comparisons.items() if each.effect == effect]
    drawn = [name for name in names if name in pairs and len(pairs[name])]
    least = conf
    for index, name in enumerate(drawn):
        several = pairs[name]
        every = -(-len(several) // MOST_POINTS)
        x, y = several.reference_scores[::every], several.candidate_scores[::every]
        least = min(least, np.nanmin(x), np.nanmin(y))
        thinned = f", every {every}th" if every > 1 else ""
        ax.plot(
            x,
            y,
            MARKERS[index % len(MARKERS)],
            color=palette().effects[effect],
            alpha=0.85 if len(x) < 500 else 0.35,
            markersize=5.5 if len(x) < 500 else 3,
            markeredgecolor=palette().paper,
            markeredgewidth=0.4,
            label=f"{shortened(name, NAME_LENGTH)} ({count(len(several), 'pair')}{thinned})",
        )
    least = max(0.0, least - 0.05)
    ax.set(xlim=(least, 1), ylim=(least, 1))
    ax.set_xlabel(f"{words.score}, {_sides(names, comparisons, 'reference')}")
    ax.set_ylabel(f"{words.score}, {_sides(names, comparisons, 'candidate')}")
    if drawn:
        _legend_below(ax, ncols=1, handlelength=1)
    else:
        _say(ax, "no matched detections")


def _sides(names: list[str], comparisons: Comparisons, side: Side) -> str:
    arms = {getattr(comparisons[name], side) for name in names}
    return shortened(arms.pop(), NAME_LENGTH) if len(arms) == 1 else side


def draw_shares(
    ax: Axes,
    comparisons: Comparisons,
    values: Mapping[str, np.ndarray],
    title: str,
    label: str,
) -> None:
    """Draw the share of matched pairs that differ by no more than x, over x."""
    ax.set(title=title, xlabel=f"{label}, logarithmic", ylabel="share of pairs that differ no more")
    ax.set_ylim(0, 1)
    finite = {name: np.sort(array[np.isfinite(array)]) for name, array in values.items()}
    positive = np.concatenate([[1.0], *(array[array > 0] for array in finite.values())])
    least = positive.min() / 3
    _make_logarithmic(ax, least, 1.0)
    seen: dict[str, int] = {}
    for name, array in finite.items():
        effect = comparisons[name].effect
        index = seen[effect] = seen.get(effect, -1) + 1
        share = np.arange(1, len(array) + 1) / max(len(values[name]), 1)
        kept = np.unique(np.linspace(0, len(array) - 1, MOST_STEPS).astype(int))
        kept = kept[: len(array)]
        x = np.concatenate([[least], np.maximum(array[kept], least), [1.0]])
        y = np.concatenate([[0.0], share[kept], share[-1:]])
        ax.step(
            x,
            y[: len(x)],
            where="post",
            color=palette().effects[effect],
            linestyle=LINES[index % len(LINES)],
            linewidth=4 if effect == "geometry" else 1.8,  # deployment often lies on geometry
            alpha=0.55 if effect == "geometry" else 1.0,
            label=shortened(name, NAME_LENGTH),
        )
    if values:
        _legend_below(ax, ncols=_legend_columns(values))
    else:
        _say(ax, "no matched detections")


def _mark_tolerances(ax: Axes, comparisons: Comparisons, key: MeasuredQuantity) -> None:
    """Draw a line at each tolerance; the outermost are named, on their outer sides."""
    least = ax.get_xlim()[0]
    allowed = sorted({getattr(comparison.allowed, key) for comparison in comparisons.values()})
    shown = [value for value in allowed if value >= least]
    for value in shown:
        ax.axvline(value, color=palette().ink, linewidth=1.2, linestyle="--")
    sides: tuple[Literal["right", "left"], ...] = ("right", "left")
    for value, side in zip(dict.fromkeys((*shown[:1], *shown[-1:])), sides, strict=False):
        ax.annotate(
            f" tolerance {number(value)} ",
            (value, 0.93),
            ha=side,
            rotation=90,
            va="top",
            fontsize=8.5,
        )


def _headline(results: Results) -> str:
    thresholds = results.thresholds
    images = count(results.images_total, "image")
    unreadable = results.images_unreadable
    unread = f" ({unreadable:,} unreadable)" if unreadable else ""
    iou = f", IoU {number(thresholds.iou)}" if TASKS[results.task].has_boxes else ""
    return f"{shortened(results.model, 60)}: {images}{unread}, conf {number(thresholds.conf)}{iou}"


def _make_logarithmic(ax: Axes, least: float, most: float) -> None:
    ax.set_xscale("log")
    ax.set_xlim(least, most)
    ax.xaxis.set_major_locator(LogLocator(numticks=7))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _legend_columns(names: Iterable[str]) -> int:
    longest = max((len(shortened(name, NAME_LENGTH)) for name in names), default=0)
    return max(1, LEGEND_WIDTH // (longest + 5))


def _legend_below(ax: Axes, *, ncols: int, **options: Any) -> None:
    below_label = ScaledTranslation(0, -0.52, ax.get_figure().dpi_scale_trans)  # type: ignore[union-attr]
    ax.legend(
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=ax.transAxes + below_label,
        ncols=ncols,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.2,
        **{"handlelength": 1.6, **options},
    )


def _name_rows(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), [shortened(name, NAME_LENGTH) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)


def _say(ax: Axes, text: str) -> None:
    ax.annotate(
        text, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color=palette().ink
    )
