"""How far printing moves numbers: what it adds to a tolerance."""

from dataclasses import dataclass

from parity.detection.detection_files import NOT_ROUNDED, Printed

FLOAT32_PX = 6.1e-5
"""Largest error of a coordinate in float32, px: half the distance of float32 numbers between 1,024
and 2,048. Rounding that moves coordinates no further is none."""


@dataclass(frozen=True)
class Rounding:
    """The largest differences that printing alone may cause."""

    box_px: float = 0.0
    """Of a coordinate, image px."""
    score: float = 0.0
    """Of a score."""


UNROUNDED = Rounding()


def rounding_of(printed: Printed | None, height: int, width: int) -> Rounding:
    """Return what printing may have changed in an image.

    Parameters
    ----------
    printed : Printed or None
        How the numbers were printed; None if they were not.
    height, width : int
        Of the image, px.

    Returns
    -------
    Rounding
        Half a unit of the last decimal, times :attr:`Printed.corner_error` for a coordinate. Whole
        px may have been cut off instead, so they are wrong by up to 1 px. Fractions count at the
        longer side of the image.
    """
    if printed is None:
        return UNROUNDED
    units = 1.0 if printed.box_unit == "px" and printed.box_decimals == 0 else 0.5
    box_px = units * max(printed.box_px(height, width))
    if printed.box_decimals >= NOT_ROUNDED or box_px < FLOAT32_PX:
        box_px = 0.0
    # Without decimals no score was printed.
    is_rounded = 0 < printed.score_decimals < NOT_ROUNDED
    score = 0.5 * 10.0**-printed.score_decimals if is_rounded else 0.0
    return Rounding(box_px * printed.corner_error, score)
