"""One look for every figure, and how it is saved."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from parity.files import atomic, write_sealed
from parity.reporting.figures.palette import DARK, LIGHT, Palette, palette, scheme
from parity.reporting.figures.variants import dark_of

DPI = 110


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
        Scheme; by default, the scheme of the enclosing block, or ``LIGHT``.
    """
    with scheme(colours or palette()), mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(rc_of(palette()))
        yield


def save_figures(draw: Callable[[], Figure], destination: str | Path) -> None:
    """Write a figure in both schemes; equal figures give equal bytes.

    Parameters
    ----------
    draw : callable
        Returns the figure in the colours of :func:`palette`.
    destination : str or Path
        The light scheme; the dark one goes where ``dark_of`` says.
    """
    laid_out: Figure | None = None
    for colours, path in ((LIGHT, Path(destination)), (DARK, dark_of(destination))):
        with theme(colours):
            figure = draw()
            if laid_out is not None and not (figure.legends or figure.subfigs):
                take_layout(figure, laid_out)
            save_figure(figure, path)
            laid_out = figure


def take_layout(figure: Figure, laid_out: Figure) -> None:
    """Put axes and texts where they are in a figure of other colours, which saves a third."""
    figure.set_layout_engine("none")
    for own, other in zip(figure.axes, laid_out.axes, strict=True):
        own.set_position(other.get_position(original=True), which="original")
    for text, same in zip(figure.texts, laid_out.texts, strict=True):
        text.set_position(same.get_position())


def save_figure(figure: Figure, destination: Path) -> None:
    """Write a figure as PNG in the scheme that is drawn."""
    with theme(), atomic(destination) as temporary:
        figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(figure)
        # Once: savefig draws a figure twice to lay it out.
        canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format="png")
        write_sealed(temporary, stream.getvalue())
