"""The figure of a race: speed, ratios and where the time goes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from parity.benchmarking.results import Latency, Ratio, Speed
from parity.reporting.figures.palette import palette
from parity.reporting.figures.theme import theme
from parity.reporting.wording import count

STAGE_COLOURS = {
    "decode": "#56B4E9",
    "preprocess": "#F0E442",
    "network": "#0072B2",
    "postprocess": "#D55E00",
}
"""From M. Okabe and K. Ito, "Color universal design", 2008."""


def draw_latency(latency: Latency) -> Figure:
    """Return the figure of a latency file, a row of panels for every race."""
    races = latency.races
    with theme():
        figure = Figure(figsize=(13, 3.6 * len(races)), layout="constrained")
        grid = figure.subplots(len(races), 3, squeeze=False, width_ratios=(5, 4, 4))
        for (speeds, ratios, stages), race in zip(grid, races, strict=True):
            draw_speeds(speeds, race.contestants)
            draw_ratios(ratios, race.ratios)
            draw_stages(stages, race.contestants)
        machine = latency.made_by.machine
        figure.suptitle(
            f"{machine.processor}, {machine.cores} of {machine.cores_there} cores, "
            f"{count(latency.rounds, 'round')} of {count(latency.images, 'image')}",
            fontsize=10,
            color=palette().faint,
        )
    return figure


def draw_speeds(axes: Axes, contestants: Sequence[Speed]) -> None:
    """Draw images per second, a mark a round, and the median as a number."""
    arms = palette().arms
    colours = {"PyTorch arm": arms[0], "reference arm": arms[0], "ONNX arm": arms[2]}
    for y, each in enumerate(contestants):
        rounds = each.images_per_second
        middle = float(np.median(rounds))
        axes.barh(y, middle, color=colours.get(each.kind, palette().grid))
        axes.plot(rounds, [y] * len(rounds), "|", color=palette().ink, markersize=9)
        axes.annotate(
            f"{middle:.1f}", (max(rounds), y), (5, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(contestants)), [each.name for each in contestants])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title("Images per second")
    axes.grid(visible=False, axis="y")


def draw_ratios(axes: Axes, ratios: Sequence[Ratio]) -> None:
    """Draw the ratio of speeds, from the least round to the largest."""
    for y, each in enumerate(ratios):
        axes.plot([each.min, each.max], [y, y], color=palette().ink)
        axes.plot(each.rounds, [y] * len(each.rounds), "|", color=palette().ink, markersize=8)
        axes.plot(each.median, y, "o", color=palette().effects["runtime"])
        axes.annotate(
            f"{each.median:.2f}",
            (each.median, y),
            (0, 8),
            textcoords="offset points",
            ha="center",
        )
    axes.axvline(1, color=palette().faint, linewidth=1, linestyle="--")
    axes.set_yticks(
        range(len(ratios)),
        [f"{without_threads(each.of)}\nto {without_threads(each.to)}" for each in ratios],
    )
    axes.set_ylim(len(ratios) - 0.5, -0.7)
    axes.margins(x=0.15)
    axes.set_title("Ratio of speeds")
    axes.grid(visible=False, axis="y")


def without_threads(name: str) -> str:
    """Return a contestant's name without its threads."""
    return name.partition(",")[0]


def draw_stages(axes: Axes, contestants: Sequence[Speed]) -> None:
    """Draw milliseconds of each stage; in the arms reading overlaps the network."""
    for y, each in enumerate(contestants):
        left = 0.0
        for stage, colour in STAGE_COLOURS.items():
            spent = each.stage_ms_per_image[stage]
            axes.barh(y, spent, left=left, color=colour, label=stage if y == 0 else None)
            left += spent
    axes.set_yticks(range(len(contestants)), [])
    axes.invert_yaxis()
    axes.set_title("Work per image, ms")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.32), ncols=2)
    axes.grid(visible=False, axis="y")
