"""One look for every figure: colours that colour-blind readers tell apart, and saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from parity.files import atomic

DPI = 110

INK = "#222222"
FAINT = "#767676"
GRID = "#dddddd"

EFFECT_COLOURS = {
    "geometry": "#E69F00",
    "runtime": "#0072B2",
    "deployment": "#009E73",
    "external": "#CC79A7",
}
"""Colour of each effect, from M. Okabe and K. Ito, "Color universal design", 2008."""

KIND_COLOURS = {
    "matched": "#56B4E9",
    "missing": "#D55E00",
    "extra": "#F0E442",
    "flipped": "#CC79A7",
}
"""Colour of each kind of detection, in figures and pictures alike; from the same set."""

HATCHES = {"matched": "", "missing": "///", "extra": "...", "flipped": "xxx"}
MARKERS = "osD^vP*X"
LINES = ("-", "--", "-.", ":")

RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "text.parse_math": False,  # a class or a model may be called $x$
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def theme() -> Iterator[None]:
    """Apply the look within the block, without the user's matplotlibrc."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(RC)
        yield


def save_figure(figure: Figure, destination: str | Path) -> None:
    """Write a figure as PNG; equal figures give equal bytes."""
    with theme(), atomic(destination) as temporary:
        FigureCanvasAgg(figure)
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
