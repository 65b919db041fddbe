"""Faults of rescaling boxes from the input to the image."""

from dataclasses import replace
from functools import partial
from itertools import product

from parity.deployment.box_layout import Corners
from parity.diagnosis.catalogue.fault import (
    COMMON_COST,
    FAULTS,
    RARE_COST,
    Fault,
    add_fault,
    known,
)

WIDTH_OR_HEIGHT = "https://github.com/ultralytics/ultralytics/issues/19997"

WRONG_SCALE = COMMON_COST + 0.5
"""Cost of a scale factor that misplaces boxes by more than rounding, nats; chosen."""

WRONG_PADDING = COMMON_COST + 0.25
"""Cost of a padding that misplaces boxes by more than rounding, nats; chosen."""

BORDER_SIDES = {"half": "rounded", "exact": "unrounded"}
"""Of which resized sides half the padding is computed, by the value of ``offset``."""

BORDER_ROUNDINGS = {
    "truncated": "truncated",
    "half_even": "rounded with halves to even",
    "half_up": "rounded with halves up",
    "ultralytics": "rounded as round(x - 0.1)",
}
"""Words by the value of ``offset_rounding``."""

OLDER_ULTRALYTICS = COMMON_COST + 0.5
"""Cost of the rescaling of older versions of Ultralytics, nats; chosen: less than of the two faults
that it consists of, more than of one."""

AS_PLACED = ("half", "truncated"), ("half", "ultralytics")
"""What gives the padding that Ultralytics adds."""

WHOLE_INPUT_PX = {
    "truncated": "Corners truncated",
    "rounded": "Corners rounded",
    "sides_truncated": "Corner, width and height truncated",
    "sides_rounded": "Corner, width and height rounded",
    "centre_truncated": "Centre, width and height truncated",
    "centre_truncated_halves_kept": "Centre, width and height, but not their halves, truncated",
}
"""What happens to boxes in the input, by the value of ``whole_input_px``."""

fault = partial(
    add_fault,
    stage="rescaling",
    fix="Subtract the padding that was added, then divide by the scale factor that was applied.",
    subjects=("rescaling",),
)
wrong_scale = partial(fault, cost=WRONG_SCALE)
wrong_padding = partial(fault, cost=WRONG_PADDING)

fault(
    "stretched_back",
    title="Letterboxed, but boxes rescaled as if stretched",
    changes={"gain": "stretch", "offset": "none"},
    wrong="The image is letterboxed, but boxes are rescaled as if it had been stretched.",
)
fault(
    "model_pixels",
    title="Boxes left in input coordinates",
    changes={"gain": "none", "offset": "none"},
    wrong="Boxes are returned in px of the input instead of the image.",
)
fault(
    "one_gain",
    title="One scale factor for both axes",
    changes={"gain": "single"},
    wrong="Both axes use one scale factor, which ignores that the resized sides were rounded.",
)
wrong_scale(
    "letterbox_gain",
    title="Scale factor of a letterbox used",
    changes={"gain": "letterbox"},
    wrong="Boxes are rescaled with the scale factor of a letterbox.",
)
wrong_scale(
    "stretch_gain",
    title="Each axis rescaled by its own stretch factor",
    changes={"gain": "stretch"},
    wrong="Each axis is rescaled by its own factor, as if the image had been stretched.",
)
wrong_scale(
    "gain_of_width",
    title="Scale factor of the width used for both axes",
    changes={"gain": "width"},
    wrong="Both axes are rescaled by the ratio of the widths of input and image.",
    reference=WIDTH_OR_HEIGHT,
)
wrong_scale(
    "gain_of_height",
    title="Scale factor of the height used for both axes",
    changes={"gain": "height"},
    wrong="Both axes are rescaled by the ratio of the heights of input and image.",
    reference=WIDTH_OR_HEIGHT,
)
wrong_scale(
    "largest_gain",
    title="Larger scale factor used instead of the smaller",
    changes={"gain": "largest"},
    wrong="Boxes are rescaled by the larger of the two ratios instead of the smaller.",
)
wrong_scale(
    "gains_exchanged",
    title="Scale factors of x and y swapped",
    changes={"gain": "exchanged"},
    wrong="The scale factors of x and y are swapped.",
)
fault(
    "rounded_gains_exchanged",
    title="Scale factors of the rounded width and height swapped",
    changes={"gain": "matching_exchanged"},
    wrong="The scale factor of the rounded height is applied to x, and that of the rounded width "
    "to y.",
)
wrong_scale(
    "no_gain",
    title="Padding removed, but boxes not rescaled",
    changes={"gain": "none"},
    wrong="The padding is subtracted, but coordinates are not divided by the scale factor.",
)
wrong_scale(
    "gain_inverted",
    title="Boxes multiplied by the scale factor instead of divided",
    changes={"gain": "inverse"},
    wrong="Coordinates are multiplied by the scale factor instead of divided by it.",
)
wrong_padding(
    "border_not_removed",
    title="Padding not subtracted",
    changes={"offset": "none"},
    wrong="The padding is not subtracted from the coordinates.",
)
fault(
    "fractional_border",
    title="Padding subtracted without rounding",
    changes={"offset": "half"},
    wrong="Half the padding is subtracted unrounded, but the image was placed at a whole pixel.",
)
fault(
    "exact_border",
    title="Padding computed from unrounded sides",
    changes={"offset": "exact"},
    wrong="The padding that is subtracted is computed from the unrounded resized sides.",
)
for (offset, sides), (rounding, words) in product(BORDER_SIDES.items(), BORDER_ROUNDINGS.items()):
    if (offset, rounding) not in AS_PLACED:
        fault(
            f"{offset}_border_{rounding}",
            title=f"Padding computed from the {sides} sides, {words}",
            changes={"offset": offset, "offset_rounding": rounding},
            wrong=(
                f"The padding that is subtracted is computed from the {sides} resized sides and "
                f"{words}; it can be 1 px off."
            ),
        )
fault(
    "older_ultralytics",
    title="Boxes rescaled as older versions of Ultralytics do",
    changes={"gain": "single", "offset": "exact", "offset_rounding": "ultralytics"},
    wrong=(
        "Both axes use one scale factor and the padding of the unrounded sides, as scale_boxes of "
        "older versions of Ultralytics did."
    ),
    cost=OLDER_ULTRALYTICS,
)
fault(
    "half_px_of_matrix",
    title="Half a pixel of the warp's matrix subtracted as padding",
    changes={"offset": "matrix"},
    wrong=(
        "Boxes are mapped by the inverse of the matrix that maps pixel centres, whose translation "
        "differs from the padding by half a pixel less half the scale factor."
    ),
    cost=RARE_COST,
)
fault(
    "border_in_image_truncated",
    title="Padding computed in whole pixels of the image",
    changes={"offset": "whole_image_px"},
    wrong=(
        "Half the difference of the image's sides, cut to whole px of the image, is subtracted as "
        "padding; it can be 1 px off."
    ),
    cost=RARE_COST,
)
wrong_padding(
    "centred_back",
    title="Padding of a centred image subtracted",
    changes={"offset": "letterbox"},
    wrong="Boxes are rescaled as if the image were centred in the input.",
)
wrong_padding(
    "borders_exchanged",
    title="Padding of x and y swapped",
    changes={"offset": "exchanged"},
    wrong="The padding of x is subtracted from y and vice versa.",
)
wrong_padding(
    "border_added",
    title="Padding added instead of subtracted",
    changes={"offset": "added"},
    wrong="The padding is added to the coordinates instead of subtracted.",
)
wrong_padding(
    "border_after_gain",
    title="Padding subtracted after scaling instead of before",
    changes={"offset": "unscaled"},
    wrong="The padding is subtracted after dividing by the scale factor instead of before.",
)
wrong_padding(
    "whole_border",
    title="Whole padding subtracted instead of half",
    changes={"offset": "doubled"},
    wrong="The whole padding is subtracted instead of the half that lies at the left or top.",
)
wrong_padding(
    "border_of_gain",
    title="Padding computed from another scale factor",
    changes={"offset": "from_gain"},
    wrong="The padding that is subtracted is computed from a scale factor that was not applied.",
)
fault(
    "scaled_twice",
    title="Boxes rescaled twice",
    changes={"rescaled": "gain"},
    wrong="Coordinates are divided by the scale factor twice.",
)
fault(
    "stretched_after",
    title="Boxes in image coordinates rescaled once more",
    changes={"rescaled": "stretch"},
    wrong="Boxes in image coordinates are scaled once more, from the input size to the image size.",
)
fault(
    "not_turned_back",
    title="Boxes left where they lie in the mirrored or turned image",
    changes={"turned_back": "no"},
    wrong="Boxes are returned as they lie in the image that was mirrored or turned.",
    fix="Move boxes back to where they lie in the image as it was read.",
    subjects=("turning",),
)
fault(
    "turned_back_from_last_px",
    title="Boxes moved back from the mirrored or turned image 1 px off",
    changes={"turned_back": "from_last_px"},
    wrong="Boxes are moved back by side - 1 - x instead of side - x, so they lie 1 px off.",
    fix="Subtract coordinates of boxes from the side; side - 1 - x is right for whole pixels.",
    subjects=("turning",),
)
for rule, words in WHOLE_INPUT_PX.items():
    fault(
        f"whole_input_px_{rule}",
        title=f"{words} to whole pixels of the input",
        changes={"whole_input_px": rule},
        wrong=f"{words} to whole px of the input, before boxes are rescaled to the image.",
        fix="Keep coordinates as floats until they are in px of the image.",
        subjects=("fractions", "rescaling"),
        cost=RARE_COST,
    )

HALF_PX: Corners = (0.5, 0.5, 1.0, 1.0)
"""Half a px added to left, top, width and height, input px."""


def describe_shift(shift: Corners) -> str:
    """Say what is added to left, top, width and height, of what is added to x1, y1, x2, y2."""
    added = (shift[0], shift[1], shift[2] - shift[0], shift[3] - shift[1])
    sides = zip(("left", "top", "width", "height"), added, strict=True)
    return ", ".join(f"{side} {by:+g}" for side, by in sides if by)


BETWEEN_PX = 0.25
"""Additional cost of a constant that is no whole number, nats; chosen: it decides between cutting
and rounding, which differ by a constant of half a px."""


def cost_of_shift(shift: Corners) -> float:
    """Return the cost of adding a constant, nats, of what is added to x1, y1, x2, y2."""
    return RARE_COST + (0.0 if all(float(by).is_integer() for by in shift) else BETWEEN_PX)


def input_shift(shift: Corners) -> Fault:
    """Return the fault of moving boxes in the input.

    Parameters
    ----------
    shift : tuple of float
        What is added to x1, y1, x2, y2, input px.
    """
    words = describe_shift(shift)
    fitted = Fault(
        "input_shift",
        "rescaling",
        f"Boxes moved in the input ({words} px)",
        (("input_shift", shift),),
        f"A constant is added to boxes in px of the input: {words}.",
        "Use the network's coordinates as they are.",
        ("rescaling",),
        cost=cost_of_shift(shift),
    )
    return known(fitted)


FAULTS.add("half_input_px_added", replace(input_shift(HALF_PX), name="half_input_px_added"))
