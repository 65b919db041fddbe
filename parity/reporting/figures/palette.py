"""The colours of figures and pictures, which colour-blind readers tell apart."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """The colours of a scheme, which are those of the page in that scheme."""

    paper: str
    ink: str
    faint: str
    grid: str
    """Ground, text, lesser text and axes, and grid lines."""
    effects: Mapping[str, str]
    """By effect; after M. Okabe and K. Ito, "Color universal design", 2008."""
    arms: tuple[str, ...]
    """Of the arms of a model, in their order."""


KIND_COLOURS = {
    "matched": "#56b4e9",
    "missing": "#d55e00",
    "extra": "#f0e442",
    "flipped": "#cc79a7",
}
"""By kind of detection, in figures and pictures of both schemes; from the same set."""

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
    arms=("#56b4e9", "#e69f00", "#2fc79a", "#f0e442", "#ff8a5b", "#e7a3c9", "#a9d1ff"),
)
"""The arms have the colours that the image browser of the page gives them."""

_CURRENT = ContextVar("palette", default=LIGHT)


def palette() -> Palette:
    """Return the colours of the scheme that is drawn, see :func:`scheme`."""
    return _CURRENT.get()


def arm_colours(arms: Iterable[str]) -> dict[str, str]:
    """Return the colour of each arm of a model, given in their order."""
    colours = palette().arms
    return {arm: colours[place % len(colours)] for place, arm in enumerate(arms)}


@contextmanager
def scheme(colours: Palette) -> Iterator[None]:
    """Draw in the colours of a scheme within the block."""
    token = _CURRENT.set(colours)
    try:
        yield
    finally:
        _CURRENT.reset(token)
