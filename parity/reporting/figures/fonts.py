"""The letters of everything that is drawn, found without OpenCV and matplotlib."""

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from PIL import ImageFont

FONTS = Path(str(distribution("matplotlib").locate_file("matplotlib/mpl-data/fonts/ttf")))
"""Found without importing matplotlib, which takes half a second."""


@cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return matplotlib's own DejaVu Sans, the same on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(FONTS / name, size)
