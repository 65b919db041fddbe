"""The figure of an export's layers: its error along the network."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from parity.layers.results import LayerError, LayerResults
from parity.reporting.figures.labels import keep_apart
from parity.reporting.figures.palette import palette
from parity.reporting.figures.theme import theme
from parity.reporting.wording import shortened

NAME_LENGTH = 34
NAMED_LAYERS = 6


def draw_layers(found: LayerResults, export: str) -> Figure:
    """Return the signal-to-noise ratio along the network, and each layer's share of the error.

    Parameters
    ----------
    found : LayerResults
        What ``layers`` wrote.
    export : str
        Name of the export.
    """
    rows = found.layers
    with theme():
        figure = Figure(figsize=(11, 5.6 if rows else 1.6), layout="constrained")
        if not rows:
            figure.text(0.02, 0.5, " ".join(found.sentences), color=palette().ink)
            return figure
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        draw_ratios_of_layers(upper, found)
        upper.set_title(f"{shortened(export, NAME_LENGTH)} compared with fp32, layer by layer")
        keep_apart(figure, draw_shares_of_layers(lower, rows))
    return figure


def draw_ratios_of_layers(ax: Axes, found: LayerResults) -> None:
    """Draw the signal-to-noise ratio of each layer, with all before it and alone."""
    effects = palette().effects
    for ratios, label, colour in (
        ([row.snr_db for row in found.layers], "with all earlier layers", effects["deployment"]),
        ([row.own_snr_db for row in found.layers], "the layer alone", effects["runtime"]),
    ):
        values = np.array(ratios, np.float64)
        ax.plot(np.arange(len(values)), values, ".-", color=colour, label=label, linewidth=1)
    if found.first is not None:
        colour = effects["geometry"]
        ax.axvline(found.first, color=colour, linestyle="--", label="first that drifts")
    ax.set_ylabel("signal-to-noise ratio (dB)")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.3, ncols=2)


def draw_shares_of_layers(ax: Axes, rows: Sequence[LayerError]) -> list[Annotation]:
    """Draw each layer's share of the error, and return the numbers of the largest."""
    shares = np.array([row.share for row in rows])
    ax.bar(np.arange(len(rows)), 100 * shares, color=palette().effects["runtime"])
    largest = [
        each for each in np.argsort(-shares, kind="stable")[:NAMED_LAYERS] if shares[each] > 0
    ]
    ranks = [
        ax.annotate(
            str(rank),
            (place, 100 * shares[place]),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )
        for rank, place in enumerate(largest, start=1)
    ]
    ax.legend(
        handles=[
            Line2D([], [], ls="", label=f"{rank}  {shortened(rows[place].node, NAME_LENGTH)}")
            for rank, place in enumerate(largest, start=1)
        ],
        loc="upper left",
        bbox_to_anchor=(1, 1),
        handlelength=0,
        handletextpad=0,
    )
    ax.set_ylabel("share of the error (%)")
    ax.set_xlabel("layers in the order of the network")
    ax.margins(y=0.3)
    return ranks
