"""The figures of a choice: quality over size and speed, and the error along the network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from parity.reporting.figures.theme import EFFECTS, FAINT, INK, theme
from parity.reporting.views.export_choice import QUALITY
from parity.reporting.wording import shortened

NAME_LENGTH = 24
NAMED_LAYERS = 6


def draw_choices(found: Mapping[str, Any]) -> Figure:
    """Return quality over size, and over speed where exports were timed.

    Parameters
    ----------
    found : mapping
        What ``choose`` wrote.
    """
    rows = found["rows"]
    timed = [row for row in rows if row["images_per_second"]]
    with theme():
        figure = Figure(figsize=(11, 4.2), layout="constrained")
        panels = figure.subplots(1, 2 if timed else 1, squeeze=False)[0]
        _scatter(panels[0], rows, [row["bytes"] / 1e6 for row in rows], found["quality"])
        panels[0].set_xlabel("size (MB)")
        panels[0].set_title("Quality and size")
        if timed:
            speeds = [1000 / row["images_per_second"] for row in timed]
            _scatter(panels[1], timed, speeds, found["quality"])
            panels[1].set_xlabel("time of an image on one thread (ms)")
            panels[1].set_title("Quality and time")
    return figure


def _scatter(ax: Axes, rows: list[dict[str, Any]], across: list[float], quality: str) -> None:
    for row, x in zip(rows, across, strict=True):
        y = row[QUALITY] or 0.0
        colour = EFFECTS["runtime"] if row["passed"] else EFFECTS["geometry"]
        face = colour if row["pareto"] else "none"
        ax.plot(x, y, "o", color=colour, markerfacecolor=face, markersize=9)
        if row["cost"]:
            low, high = row["cost"]["interval"]
            base = y - row["cost"]["difference"]
            ax.vlines(x, base + low, base + high, color=colour, linewidth=1)
        name = shortened(row["export"], NAME_LENGTH)
        ax.annotate(name, (x, y), xytext=(7, 4), textcoords="offset points", color=INK)
    ax.plot([], [], "o", color=EFFECTS["runtime"], label="within its tolerance")
    ax.plot([], [], "o", color=EFFECTS["geometry"], label="beyond its tolerance")
    ax.plot(
        [],
        [],
        "o",
        color=FAINT,
        markerfacecolor="none",
        label="another is nowhere worse and somewhere better",
    )
    ax.legend(loc="best")
    ax.margins(0.15)
    ax.set_ylabel(quality)


def draw_layers(found: Mapping[str, Any], export: str) -> Figure:
    """Return signal to noise along the network, and which layers the final error comes from.

    Parameters
    ----------
    found : mapping
        What ``layers`` wrote.
    export : str
        Name of the export.
    """
    rows = found.get("layers", [])
    with theme():
        figure = Figure(figsize=(11, 5.6 if rows else 1.6), layout="constrained")
        if not rows:
            figure.text(0.02, 0.5, " ".join(found["sentences"]), color=INK)
            return figure
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        places = np.arange(len(rows))
        for key, label, colour in (
            ("snr_db", "all that came before included", EFFECTS["deployment"]),
            ("own_snr_db", "what the layer itself adds", EFFECTS["runtime"]),
        ):
            values = np.array([row[key] for row in rows], np.float64)
            upper.plot(places, values, ".-", color=colour, label=label, linewidth=1)
        if found["first"] is not None:
            upper.axvline(found["first"], color=EFFECTS["geometry"], linestyle="--")
        upper.set_ylabel("signal to noise (dB)")
        upper.set_title(f"{shortened(export, NAME_LENGTH)} against fp32, layer by layer")
        upper.legend(loc="best")
        shares = np.array([row["share"] for row in rows])
        lower.bar(places, 100 * shares, color=EFFECTS["runtime"])
        for place in np.argsort(-shares, kind="stable")[:NAMED_LAYERS]:
            if shares[place] > 0:
                name = shortened(rows[place]["node"], NAME_LENGTH)
                lower.annotate(
                    name, (place, 100 * shares[place]), rotation=30, fontsize=7, color=INK
                )
        lower.set_ylabel("share of the error (%)")
        lower.set_xlabel("layers in the order of the network")
        lower.margins(y=0.3)
    return figure
