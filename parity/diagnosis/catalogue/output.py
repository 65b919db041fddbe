"""Faults of the output format: units, clipping, rounding and the four numbers of a box."""

from dataclasses import replace
from functools import partial

from parity.deployment.box_layout import Corners
from parity.diagnosis.catalogue.fault import (
    CHOICE_COST,
    COMMON_COST,
    FAULTS,
    RARE_COST,
    Fault,
    add_fault,
    known,
)
from parity.diagnosis.catalogue.rescaling import cost_of_shift, describe_shift

ON_A_CANVAS = COMMON_COST + 0.5
"""Cost of boxes in px of a canvas, nats; chosen: more than of boxes in px of the input, which are
the same where the image is stretched."""

Y_FIRST = COMMON_COST - 0.25
"""Cost of :data:`FRACTIONS_Y_FIRST`, nats; chosen: less than of reading x for y, which is the same
where the image is stretched to a square."""

CANVAS_TITLES = {
    "canvas": "stretched",
    "canvas_fitted": "scaled to fit",
    "canvas_contained": "scaled to fit and centred",
    "canvas_covered": "scaled to fill it and centred",
}
"""How the image is brought onto the canvas, by the value of ``unit``."""

FURTHER_INTEGERS = {
    "floored": "Coordinates rounded down",
    "outward": "Left and top rounded down, right and bottom up,",
    "centre_truncated": "Centre, width and height truncated separately",
    "centre_truncated_halves_kept": "Centre, width and height, but not their halves, truncated",
    "centre_rounded": "Centre, width and height rounded separately",
}
"""Rare ways of making whole px, by the value of ``integers``."""

fault = partial(add_fault, stage="output")
integers = partial(
    fault,
    fix="Keep coordinates as floats; round only for drawing.",
    subjects=("fractions",),
)

fault(
    "normalised",
    title="Boxes normalised to the image size",
    changes={"unit": "image_fraction"},
    wrong="Coordinates are fractions of the image's width and height instead of px.",
    fix="Multiply x by the image's width and y by its height, or declare the unit.",
    subjects=("units",),
)
fault(
    "normalised_by_input",
    title="Boxes divided by the input size",
    changes={"unit": "input_fraction"},
    wrong="Coordinates are divided by the width and height of the input.",
    fix="Do not divide by the input size after rescaling.",
    subjects=("rescaling",),
)
fault(
    "times_input",
    title="Boxes multiplied by the input size",
    changes={"unit": "times_input"},
    wrong="Coordinates in px are multiplied by the input size, as if they were normalised.",
    fix="Use the network's coordinates as they are; they are px already.",
    subjects=("rescaling",),
)
fault(
    "not_clipped",
    title="Boxes not clipped to the image",
    changes={"clip": "no"},
    wrong="Boxes are not clipped to the image.",
    fix="Clip x to [0, width] and y to [0, height] of the image.",
    subjects=("clipping",),
)
clipping = partial(
    fault,
    fix="Clip x to [0, width] and y to [0, height], and nothing else.",
    subjects=("clipping",),
)
clipping(
    "clipped_to_last_px",
    title="Boxes clipped to side - 1",
    changes={"clip_limit": "last_px"},
    wrong="Boxes are clipped to [0, width - 1] and [0, height - 1].",
)
clipping(
    "clipped_left_top",
    title="Boxes clipped at the left and top only",
    changes={"clip": "left_top"},
    wrong="Boxes are clipped at 0, but not to the width and height of the image.",
)
clipping(
    "clipped_right_bottom",
    title="Boxes clipped at the right and bottom only",
    changes={"clip": "right_bottom"},
    wrong="Boxes are clipped to the width and height of the image, but not at 0.",
)
clipping(
    "clipped_in_input",
    title="Boxes clipped to the input instead of the image",
    changes={"clip_frame": "input"},
    wrong="Boxes are clipped to the input before they are rescaled, so they can reach out of the "
    "image where it is padded.",
)
clipping(
    "corner_clipped_sides_kept",
    title="Width and height not reduced when the corner is clipped",
    changes={"clip_keeps_sides": True},
    wrong="Width and height are computed before left and top are clipped at 0, so right and bottom "
    "move.",
)
clipping(
    "left_top_clipped_sides_kept",
    title="Left and top clipped, width and height unchanged",
    changes={"clip": "left_top", "clip_keeps_sides": True},
    wrong="Left and top are clipped at 0, and width and height stay as they were.",
)
clipping(
    "clipped_after_rounding",
    title="Boxes clipped after rounding",
    changes={"clip_frame": "whole_px"},
    wrong="Boxes are clipped after their coordinates became whole px.",
    cost=CHOICE_COST,
)
integers(
    "rounded",
    title="Coordinates rounded to whole pixels",
    changes={"integers": "rounded"},
    wrong="Coordinates are rounded to whole px.",
)
integers(
    "truncated",
    title="Coordinates truncated to whole pixels",
    changes={"integers": "truncated"},
    wrong="Coordinates are truncated to whole px.",
)
integers(
    "sides_truncated",
    title="Corner, width and height truncated separately",
    changes={"integers": "sides_truncated"},
    wrong="The top-left corner, the width and the height are truncated separately to whole px.",
)
integers(
    "sides_rounded",
    title="Corner, width and height rounded separately",
    changes={"integers": "sides_rounded"},
    wrong="The top-left corner, the width and the height are rounded separately to whole px.",
)
for rule, words in FURTHER_INTEGERS.items():
    integers(
        rule,
        title=f"{words} to whole pixels",
        changes={"integers": rule},
        wrong=f"{words} to whole px.",
        cost=RARE_COST,
    )
fault(
    "y_from_below",
    title="Boxes counted from the bottom of the image (y points up)",
    changes={"origin": "bottom_left"},
    wrong="Coordinates are counted from the bottom left of the image, as Apple's Vision does.",
    fix="Count y from the top: height - y2 for y1, and height - y1 for y2.",
    subjects=("origin",),
)
fault(
    "origin_in_centre",
    title="Boxes relative to the centre of the image",
    changes={"origin": "centre"},
    wrong="Coordinates are counted from the centre of the image, as in user interfaces of Unity.",
    fix="Add half the image's width to x and half its height to y.",
    subjects=("centre",),
    cost=RARE_COST,
)
for corners in ("xywh", "cxcywh", "yxyx"):
    fault(
        f"given_as_{corners}",
        title=f"Boxes returned as {corners} instead of xyxy",
        changes={"corners": corners},
        wrong=f"The four numbers of a box are {corners} where x1, y1, x2, y2 are expected.",
        fix="Return x1, y1, x2, y2, or declare the format.",
        subjects=("corners",),
    )


FRACTIONS_Y_FIRST = Fault(
    "fractions_y_first",
    "output",
    "Fractions returned as y, x, y, x",
    (("unit", "fractions_y_first"),),
    "The four fractions of a box are y1, x1, y2, x2, as TensorFlow writes them, where x1, y1, x2, "
    "y2 are expected.",
    "Return x1, y1, x2, y2.",
    ("corners",),
    cost=Y_FIRST,
)
"""Considered only where boxes are given as fractions of the image."""


def output_shift(shift: Corners) -> Fault:
    """Return the fault of moving boxes in the image.

    Parameters
    ----------
    shift : tuple of float
        What is added to x1, y1, x2, y2, px of the image.
    """
    words = describe_shift(shift)
    fitted = Fault(
        "output_shift",
        "output",
        f"Boxes moved in the image ({words} px)",
        (("output_shift", shift),),
        f"A constant is added to boxes in px of the image: {words}.",
        "Return the rescaled coordinates as they are; width is x2 - x1.",
        ("rescaling",),
        cost=cost_of_shift(shift),
    )
    return known(fitted)


def on_canvas(unit: str, size: tuple[int, int] | None) -> Fault:
    """Return the fault of returning boxes in px of a canvas.

    Parameters
    ----------
    unit : str
        A key of :data:`CANVAS_TITLES`: how the image is brought onto the canvas.
    size : tuple of int or None
        Height and width of the canvas, px; None for those of the input.
    """
    words = f"{size[1]}x{size[0]}" if size else "the input's size"
    changes = (("unit", unit), *((("canvas", size),) if size else ()))
    fitted = Fault(
        unit,
        "output",
        f"Boxes in px of a canvas of {words} ({CANVAS_TITLES[unit]})",
        changes,
        f"Boxes are returned in px of a canvas of {words}, onto which the image is "
        f"{CANVAS_TITLES[unit]} for display.",
        "Return px of the image; scale boxes for display only.",
        ("rescaling",),
        cost=ON_A_CANVAS,
    )
    return known(fitted)


def as_parts(count: int, words: str) -> Fault:
    """Return the fault of returning boxes as hundredths, say, of the image's width and height.

    Parameters
    ----------
    count : int
        Parts of a whole side.
    words : str
        What they are called.
    """
    return Fault(
        words,
        "output",
        f"Boxes in {words} of the image size",
        (("unit", "canvas"), ("canvas", (count, count))),
        f"Coordinates are {words} of the image's width and height instead of px.",
        f"Multiply x by the image's width and y by its height, and divide by {count}.",
        ("units",),
        cost=ON_A_CANVAS,
    )


STATIC = {
    "px_of_canvas": on_canvas("canvas", None),
    "px_of_letterboxed_canvas": on_canvas("canvas_contained", None),
    "per_cent": as_parts(100, "per cent"),
    "thousandths": as_parts(1000, "thousandths"),
    "one_px_added_to_sides": output_shift((0.0, 0.0, 1.0, 1.0)),
    "one_px_taken_from_sides": output_shift((0.0, 0.0, -1.0, -1.0)),
    "one_px_taken_from_all": output_shift((-1.0, -1.0, -1.0, -1.0)),
}
"""Those with usual parameters, by name."""

for name, usual in STATIC.items():
    FAULTS.add(name, replace(usual, name=name))
