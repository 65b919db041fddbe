"""Faults of the output format: units, clipping, rounding and the four numbers of a box."""

from functools import partial

from parity.diagnosis.catalogue.fault import add_fault

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
    changes={"clip": False},
    wrong="Boxes are not clipped to the image.",
    fix="Clip x to [0, width] and y to [0, height] of the image.",
    subjects=("clipping",),
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
for corners in ("xywh", "cxcywh", "yxyx"):
    fault(
        f"given_as_{corners}",
        title=f"Boxes returned as {corners} instead of xyxy",
        changes={"corners": corners},
        wrong=f"The four numbers of a box are {corners} where x1, y1, x2, y2 are expected.",
        fix="Return x1, y1, x2, y2, or declare the format.",
        subjects=("corners",),
    )
