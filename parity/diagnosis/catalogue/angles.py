"""Faults of oriented boxes: their angle, their sides, and how they are suppressed."""

from functools import partial

from parity.diagnosis.catalogue.fault import RARE_COST, add_fault

RADIANS = "Return the angle in radians, from the x axis towards the y axis (which points down)."
FAST_NMS = "Suppress oriented boxes by their probabilistic IoU, as Ultralytics does."

fault = partial(add_fault, stage="angles", subjects=("angles",))
nms = partial(add_fault, stage="nms", subjects=("angles",), fix=FAST_NMS)

fault(
    "angle_in_degrees",
    title="Angles in degrees",
    changes={"angle_unit": "degrees"},
    wrong="Angles are returned in degrees where radians are expected.",
    fix=RADIANS,
)
fault(
    "angle_taken_for_degrees",
    title="Angles in radians taken for degrees",
    changes={"angle_unit": "taken_for_degrees"},
    wrong=(
        "Angles in radians are passed to code that expects degrees, as RotatedRect of OpenCV "
        "does, so boxes are hardly turned."
    ),
    fix="Convert angles to degrees where degrees are expected.",
)
fault(
    "angle_reversed",
    title="Angles turned the other way",
    changes={"angle_sign": "reversed"},
    wrong="Angles have the wrong sign: boxes are turned the other way.",
    fix=RADIANS,
)
fault(
    "angle_modulo_quarter",
    title="Angles reduced to [0, 90) degrees without swapping the sides",
    changes={"angle": "modulo_quarter"},
    wrong="Angles are taken modulo 90 degrees, but width and height are not swapped.",
    fix="Swap width and height whenever an angle changes by 90 degrees.",
)
fault(
    "angle_dropped",
    title="Angles left out",
    changes={"angle": "dropped"},
    wrong="Angles are left out: boxes are parallel to the edges of the image.",
    fix="Read the angle from the last row of the output.",
)
fault(
    "oriented_sides_exchanged",
    title="Width and height of oriented boxes swapped",
    changes={"sides": "exchanged"},
    wrong="Width and height of oriented boxes are swapped.",
    fix="Read width first, along the angle, then height.",
)
fault(
    "oriented_corners_clipped",
    title="Corners of oriented boxes clipped one by one",
    changes={"corners_clipped": True},
    wrong=(
        "Each corner outside the image is moved to its edge by itself, so a box there is no "
        "rectangle any more."
    ),
    fix="Leave the corners where they are: Ultralytics clips no oriented box.",
)
nms(
    "upright_nms",
    title="NMS ignores the angles",
    changes={"oriented_overlap": "upright"},
    wrong="NMS compares boxes without their angle.",
)
nms(
    "nms_of_hulls",
    title="NMS on the upright boxes around oriented ones",
    changes={"oriented_overlap": "hulls"},
    wrong="NMS compares the upright boxes around oriented ones, which overlap more.",
)
nms(
    "rotated_nms",
    title="NMS by the exact overlap of oriented boxes",
    changes={"oriented_overlap": "exact"},
    wrong="NMS compares the exact overlap of oriented boxes instead of the probabilistic IoU.",
    cost=RARE_COST,
)
nms(
    "only_kept_suppress",
    title="Suppressed oriented boxes suppress no others",
    changes={"oriented_suppressors": "kept"},
    wrong=(
        "A box stays though it overlaps a better one, where that one is suppressed itself. This is "
        "how NMS usually works, but of oriented boxes, Ultralytics drops such a box, too."
    ),
)
