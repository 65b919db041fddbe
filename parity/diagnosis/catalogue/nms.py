"""Faults of non-maximum suppression."""

from functools import partial

from parity.diagnosis.catalogue.fault import CHOICE_COST, COMMON_COST, RARE_COST, Fault, add_fault

TWO_MISTAKES = COMMON_COST + 2
"""Cost of mistaking both the arguments of NMSBoxes and its handling of classes, nats; chosen: less
than two common faults, since one call makes both."""

ZERO_SIZE = COMMON_COST - 0.5
"""Cost of :data:`ZERO_SIZE_NMSBOXES`, nats; chosen: less than a common fault, since boxes without
area were observed."""

fault = partial(add_fault, stage="nms", subjects=("nms",))

fault(
    "agnostic",
    title="NMS across classes (class-agnostic)",
    changes={"suppression": "agnostic"},
    wrong="NMS lets boxes of one class suppress boxes of another.",
    fix="Run NMS within each class.",
    reference="https://github.com/opencv/opencv/issues/22851",
)
fault(
    "no_suppression",
    title="No NMS",
    changes={"suppression": "none"},
    wrong="Overlapping boxes are not suppressed.",
    fix="Run NMS within each class.",
)
fault(
    "best_only",
    title="Only the best box of each image kept",
    changes={"suppression": "best"},
    wrong="Only the box with the highest score is kept in each image.",
    fix="Keep all boxes that survive NMS.",
)
fault(
    "best_per_class",
    title="Only the best box of each class kept",
    changes={"suppression": "best_per_class"},
    wrong="Only the box with the highest score is kept for each class.",
    fix="Keep all boxes that survive NMS.",
)
fault(
    "unclamped_overlap",
    title="Intersection not clamped at 0 in NMS",
    changes={"overlap": "unclamped"},
    wrong=(
        "The width and height of the intersection are not clamped at 0, so boxes far apart "
        "suppress each other."
    ),
    fix="Clamp the width and height of the intersection at 0 before multiplying them.",
)
fault(
    "overlap_plus_one",
    title="IoU computed with one pixel added to each side",
    changes={"overlap": "plus_one"},
    wrong="NMS computes the sides of a box as x2 - x1 + 1.",
    fix="Compute the sides as x2 - x1.",
    cost=RARE_COST,
)
fault(
    "nmsboxes_given_xyxy",
    title="Corners passed to an NMS that expects width and height",
    changes={"overlap": "nmsboxes_xyxy"},
    wrong=(
        "An NMS that expects x, y, width, height is given x1, y1, x2, y2, as happens with "
        "OpenCV's NMSBoxes."
    ),
    fix="Pass x, y, width and height, or use an NMS that takes corners.",
    reference="https://github.com/opencv/opencv_zoo/pull/296",
)
fault(
    "agnostic_nmsboxes_given_xyxy",
    title="Corners passed to an NMS that expects width and height, across classes",
    changes={"overlap": "nmsboxes_xyxy", "suppression": "agnostic"},
    wrong=(
        "An NMS that expects x, y, width, height and ignores classes is given x1, y1, x2, y2, as "
        "happens with OpenCV's NMSBoxes."
    ),
    fix="Run NMS within each class, and pass x, y, width and height.",
    reference="https://github.com/opencv/opencv_zoo/pull/296",
    cost=TWO_MISTAKES,
)
fault(
    "nmsboxes",
    title="Boxes without area treated as identical by NMS",
    changes={"overlap": "nmsboxes"},
    wrong="NMS treats two boxes without area as identical, as OpenCV's NMSBoxes does.",
    fix="Make sure that boxes have an area before NMS.",
    cost=CHOICE_COST,
)
fault(
    "suppressed_in_image",
    title="NMS after rescaling",
    changes={"suppressed_in": "image"},
    wrong="NMS runs on boxes in image coordinates, after rescaling.",
    fix="There is nothing to fix as long as the boxes are right.",
    cost=CHOICE_COST,
)
fault(
    "suppressed_as_integers",
    title="NMS on integer boxes",
    changes={"suppressed_in": "integers"},
    wrong="Boxes are truncated to integers before NMS.",
    fix="Run NMS before rounding.",
)
fault(
    "not_sorted",
    title="Boxes not sorted by score before NMS",
    changes={"sorted": False},
    wrong="NMS processes the boxes in the order of the output instead of by score.",
    fix="Sort boxes by descending score first.",
)
fault(
    "merged",
    title="Overlapping boxes averaged instead of suppressed",
    changes={"merging": True},
    wrong="Each kept box becomes the weighted mean of itself and the boxes that it suppresses.",
    fix="Keep the box with the highest score unchanged.",
)
fault(
    "conf_inclusive",
    title="Score equal to the confidence threshold accepted",
    changes={"conf_inclusive": True},
    wrong="A score equal to the confidence threshold passes (>= instead of >).",
    fix="Keep a score only if it exceeds the threshold (>).",
    subjects=("thresholds",),
    cost=RARE_COST,
)

ZERO_SIZE_NMSBOXES = Fault(
    "zero_size_nmsboxes",
    "nms",
    "Boxes without area passed to an NMS that treats them as identical",
    (("suppression", "agnostic"), ("overlap", "nmsboxes"), ("suppressed_in", "image")),
    "NMS ignores classes and treats any two boxes without area as identical, as OpenCV's NMSBoxes "
    "does, so only one of them is left.",
    "Find out why boxes have no area; run NMS within each class, before clipping.",
    ("nms",),
    cost=ZERO_SIZE,
)
"""Considered only where boxes without area were observed."""
