"""The figure of an export's layers: its error along the network."""

import numpy as np
from matplotlib.figure import Figure

from parity.layers.results import LayerResults
from parity.reporting.figures.theme import EFFECT_COLOURS, INK, theme
from parity.reporting.wording import shortened

NAME_LENGTH = 24
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
            figure.text(0.02, 0.5, " ".join(found.sentences), color=INK)
            return figure
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        places = np.arange(len(rows))
        for ratios, label, colour in (
            ([row.snr_db for row in rows], "with all earlier layers", EFFECT_COLOURS["deployment"]),
            ([row.own_snr_db for row in rows], "the layer alone", EFFECT_COLOURS["runtime"]),
        ):
            values = np.array(ratios, np.float64)
            upper.plot(places, values, ".-", color=colour, label=label, linewidth=1)
        if found.first is not None:
            upper.axvline(found.first, color=EFFECT_COLOURS["geometry"], linestyle="--")
        upper.set_ylabel("signal-to-noise ratio (dB)")
        upper.set_title(f"{shortened(export, NAME_LENGTH)} compared with fp32, layer by layer")
        upper.legend(loc="best")
        shares = np.array([row.share for row in rows])
        lower.bar(places, 100 * shares, color=EFFECT_COLOURS["runtime"])
        for place in np.argsort(-shares, kind="stable")[:NAMED_LAYERS]:
            if shares[place] > 0:
                name = shortened(rows[place].node, NAME_LENGTH)
                lower.annotate(
                    name, (place, 100 * shares[place]), rotation=30, fontsize=7, color=INK
                )
        lower.set_ylabel("share of the error (%)")
        lower.set_xlabel("layers in the order of the network")
        lower.margins(y=0.3)
    return figure
