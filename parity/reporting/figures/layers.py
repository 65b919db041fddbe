"""The figure of an export's layers: its error along the network."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from parity.layers.results import LayerResults
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
        places = np.arange(len(rows))
        for ratios, label, colour in (
            (
                [row.snr_db for row in rows],
                "with all earlier layers",
                palette().effects["deployment"],
            ),
            ([row.own_snr_db for row in rows], "the layer alone", palette().effects["runtime"]),
        ):
            values = np.array(ratios, np.float64)
            upper.plot(places, values, ".-", color=colour, label=label, linewidth=1)
        if found.first is not None:
            upper.axvline(
                found.first,
                color=palette().effects["geometry"],
                linestyle="--",
                label="first that drifts",
            )
        upper.set_ylabel("signal-to-noise ratio (dB)")
        upper.set_title(f"{shortened(export, NAME_LENGTH)} compared with fp32, layer by layer")
        upper.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.3, ncols=2)
        shares = np.array([row.share for row in rows])
        lower.bar(places, 100 * shares, color=palette().effects["runtime"])
        largest = [
            each for each in np.argsort(-shares, kind="stable")[:NAMED_LAYERS] if shares[each] > 0
        ]
        ranks = [
            lower.annotate(
                str(rank),
                (place, 100 * shares[place]),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
            for rank, place in enumerate(largest, start=1)
        ]
        lower.legend(
            handles=[
                Line2D([], [], ls="", label=f"{rank}  {shortened(rows[place].node, NAME_LENGTH)}")
                for rank, place in enumerate(largest, start=1)
            ],
            loc="upper left",
            bbox_to_anchor=(1, 1),
            handlelength=0,
            handletextpad=0,
        )
        lower.set_ylabel("share of the error (%)")
        lower.set_xlabel("layers in the order of the network")
        lower.margins(y=0.3)
        keep_apart(figure, ranks)
    return figure
