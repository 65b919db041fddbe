"""One look for every figure: colours that colour-blind readers tell apart, and saving."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from parity.files import atomic
from parity.reporting.figures.variants import dark_of

DPI = 110


@dataclass(frozen=True)
class Palette:
    """The colours of a scheme, which are those of the page in that scheme.

    Attributes
    ----------
    paper, ink, faint, grid : str
        Ground, text, lesser text and axes, and grid lines.
    effects : mapping of str to str
        By effect; after M. Okabe and K. Ito, "Color universal design", 2008.
    kinds : mapping of str to str
        By kind of detection, in figures and pictures alike; from the same set.
    arms : tuple of str
        Of the arms of a model, in their order.
    """

    paper: str
    ink: str
    faint: str
    grid: str
    effects: Mapping[str, str]
    kinds: Mapping[str, str]
    arms: tuple[str, ...]


KIND_COLOURS = {
    "matched": "#56b4e9",
    "missing": "#d55e00",
    "extra": "#f0e442",
    "flipped": "#cc79a7",
}

LIGHT = Palette(
    paper="#ffffff",
    ink="#1b1f23",
    faint="#57606a",
    grid="#d8dde2",
    effects={
        "geometry": "#b87a00",
        "runtime": "#0072b2",
        "deployment": "#007f5f",
        "external": "#a9507f",
    },
    kinds=KIND_COLOURS,
    arms=("#2f8fc9", "#b87a00", "#0f8f68", "#9a8f00", "#d9541e", "#b5598f", "#5f83c9"),
)
DARK = Palette(
    paper="#14171a",
    ink="#e7eaed",
    faint="#a3adb7",
    grid="#353c43",
    effects={
        "geometry": "#e69f00",
        "runtime": "#58aee6",
        "deployment": "#2fc79a",
        "external": "#e08fbb",
    },
    kinds=KIND_COLOURS,
    arms=("#56b4e9", "#e69f00", "#2fc79a", "#f0e442", "#ff8a5b", "#e7a3c9", "#a9d1ff"),
)
"""The arms have the colours that the image browser of the page gives them."""

_CURRENT = ContextVar("palette", default=LIGHT)


def palette() -> Palette:
    """Return the colours of the scheme that is drawn, see :func:`theme`."""
    return _CURRENT.get()


def arm_colours(arms: Iterable[str]) -> dict[str, str]:
    """Return the colour of each arm of a model, given in their order."""
    colours = palette().arms
    return {arm: colours[place % len(colours)] for place, arm in enumerate(arms)}


HATCHES = {"matched": "", "missing": "///", "extra": "...", "flipped": "xxx"}
MARKERS = "osD^vP*X"
LINES = ("-", "--", "-.", ":")


def rc_of(colours: Palette) -> dict[Any, Any]:
    """Return the settings of matplotlib for a scheme."""
    return {
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 8,
        "axes.labelcolor": colours.ink,
        "axes.edgecolor": colours.faint,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": colours.grid,
        "grid.linewidth": 0.7,
        "axes.facecolor": colours.paper,
        "text.color": colours.ink,
        "text.parse_math": False,  # a class or a model may be called $x$
        "xtick.color": colours.ink,
        "ytick.color": colours.ink,
        "hatch.linewidth": 0.8,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "figure.facecolor": colours.paper,
        "savefig.facecolor": colours.paper,
    }


@contextmanager
def theme(colours: Palette | None = None) -> Iterator[None]:
    """Apply the look within the block, without the user's matplotlibrc.

    Parameters
    ----------
    colours : Palette, optional
        Scheme; by default that of the enclosing block, or ``LIGHT``.
    """
    token = _CURRENT.set(colours or palette())
    try:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(rc_of(palette()))
            yield
    finally:
        _CURRENT.reset(token)


def save_figures(draw: Callable[[], Figure], destination: str | Path) -> None:
    """Write a figure in both schemes; equal figures give equal bytes.

    Parameters
    ----------
    draw : callable
        Returns the figure in the colours of :func:`palette`.
    destination : str or Path
        The light scheme; the dark one goes where ``dark_of`` says.
    """
    for colours, path in ((LIGHT, Path(destination)), (DARK, dark_of(destination))):
        with theme(colours):
            save_figure(draw(), path)


def save_figure(figure: Figure, destination: Path) -> None:
    """Write a figure as PNG in the scheme that is drawn."""
    with theme(), atomic(destination) as temporary:
        FigureCanvasAgg(figure)
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})
