"""Faults of non-maximum suppression."""

from functools import partial

from parity.diagnosis.catalogue.fault import CHOICE_COST, COMMON_COST, RARE_COST, Fault, add_fault
from parity.sentences import listing

TWO_MISTAKES = COMMON_COST + 2
"""Cost of mistaking both the arguments of NMSBoxes and its handling of classes, nats; chosen: less
than two common faults, since one call makes both."""

ZERO_SIZE = COMMON_COST - 0.5
"""Cost of :data:`ZERO_SIZE_NMSBOXES`, nats; chosen: less than a common fault, since boxes without
area were observed."""

FILTER_COST = COMMON_COST - 0.5
"""Cost of leaving out the boxes of other classes, nats; chosen: less than of a common fault, since
programs that count people or cars do it on purpose."""

BY_SUPPRESSED = RARE_COST - 0.25
"""Cost of dividing by the area of the suppressed box, nats; chosen: less than by the smaller area,
which is mostly the same, since a popular function does it."""

DROPPED = {
    "leaving_image": "leave the image",
    "leaving_input": "leave the input",
    "reaching_padding": "reach into the padding",
}
"""Which boxes are dropped, by the value of ``dropped``."""

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
    "nmsboxes_given_cxcywh",
    title="Centres passed to an NMS that expects corners",
    changes={"overlap": "nmsboxes_cxcywh"},
    wrong=(
        "An NMS that expects x, y, width, height is given cx, cy, width, height, as happens with "
        "OpenCV's NMSBoxes."
    ),
    fix="Pass x, y, width and height, with x and y of the top-left corner.",
)
fault(
    "agnostic_nmsboxes_given_cxcywh",
    title="Centres passed to an NMS that expects corners, across classes",
    changes={"overlap": "nmsboxes_cxcywh", "suppression": "agnostic"},
    wrong=(
        "An NMS that expects x, y, width, height and ignores classes is given cx, cy, width, "
        "height, as happens with OpenCV's NMSBoxes."
    ),
    fix="Run NMS within each class, and pass x, y, width and height.",
    cost=TWO_MISTAKES,
)
fault(
    "overlap_by_smaller",
    title="Overlap divided by the smaller area instead of the union",
    changes={"overlap": "smaller"},
    wrong="NMS divides the intersection by the smaller of the two areas instead of the union.",
    fix="Divide the intersection by the union.",
    cost=RARE_COST,
)
fault(
    "overlap_by_suppressed",
    title="Overlap divided by the area of the suppressed box instead of the union",
    changes={"overlap": "suppressed"},
    wrong=(
        "NMS divides the intersection by the area of the box with the lower score, counting whole "
        "px, as Malisiewicz's function does; a large box suppresses every small one within it."
    ),
    fix="Divide the intersection by the union.",
    cost=BY_SUPPRESSED,
)
fault(
    "overlap_plus_one_of_fractions",
    title="IoU of fractions computed with one added to each side",
    changes={"overlap": "plus_one", "suppressed_in": "fractions", "class_offset": None},
    wrong=(
        "NMS computes the sides of a box as x2 - x1 + 1, as of whole px, although coordinates are "
        "fractions of the input, so boxes far apart suppress each other."
    ),
    fix="Compute the sides as x2 - x1.",
    cost=RARE_COST,
)
fault(
    "overlap_less_distance",
    title="Distance of centres subtracted from IoU in NMS (DIoU)",
    changes={"overlap": "distance"},
    wrong="NMS subtracts the distance of the centres from IoU, so it keeps more boxes.",
    fix="Compare IoU alone with the threshold.",
    cost=RARE_COST,
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
    "suppressed_as_rounded",
    title="NMS on rounded boxes",
    changes={"suppressed_in": "rounded"},
    wrong="Boxes are rounded to integers before NMS.",
    fix="Run NMS before rounding.",
)
fault(
    "suppressed_unrounded",
    title="NMS after rescaling and before rounding",
    changes={"suppressed_in": "unrounded"},
    wrong="NMS runs on boxes in image coordinates, after rescaling and before rounding.",
    fix="There is nothing to fix as long as the boxes are right.",
    cost=CHOICE_COST,
)
fault(
    "rising_scores",
    title="Boxes sorted by rising score before NMS",
    changes={"order": "rising"},
    wrong="NMS processes the box with the lowest score first, so it suppresses better boxes.",
    fix="Sort boxes by descending score first.",
)
fault(
    "lowest_edge_first",
    title="Boxes sorted by their bottom edge before NMS",
    changes={"order": "lowest_edge"},
    wrong="NMS processes the box whose bottom lies lowest first, so it suppresses better boxes, as "
    "functions do that are not given scores.",
    fix="Sort boxes by descending score first: pass the scores to the function.",
)
fault(
    "iou_inclusive",
    title="Overlap equal to the IoU threshold suppressed",
    changes={"iou_inclusive": True},
    wrong="A box whose overlap equals the IoU threshold is suppressed (>= instead of >).",
    fix="Suppress a box only if its overlap exceeds the threshold (>).",
    cost=RARE_COST,
)
fault(
    "classes_compared",
    title="Classes kept apart without moving boxes",
    changes={"class_offset": None},
    wrong="NMS runs class by class; Ultralytics moves the boxes of each class by 7680 px instead.",
    fix="There is nothing to fix; only overlaps within rounding of the threshold differ.",
    cost=CHOICE_COST,
)
fault(
    "class_offset_4096",
    title="Classes moved apart by 4096 px in NMS",
    changes={"class_offset": 4096},
    wrong="NMS moves the boxes of each class by 4096 px, as older versions of Ultralytics.",
    fix="There is nothing to fix; only overlaps within rounding of the threshold differ.",
    cost=CHOICE_COST,
)
fault(
    "class_offset_640",
    title="Classes moved apart by 640 px only in NMS",
    changes={"class_offset": 640},
    wrong="NMS moves the boxes of each class by 640 px only, so boxes that leave the input can "
    "suppress boxes of the next class.",
    fix="Run NMS within each class.",
    cost=RARE_COST,
)
for dropped, words in DROPPED.items():
    for after, when in ((False, "before"), (True, "after")):
        fault(
            f"dropped_{dropped}{'_after_nms' if after else ''}",
            title=f"Boxes that {words} thrown away {when} NMS",
            changes={"dropped": dropped} | ({"dropped_after_nms": True} if after else {}),
            wrong=f"Boxes that {words} are thrown away instead of clipped, {when} NMS.",
            fix="Keep these boxes and clip them to the image.",
            subjects=("clipping",),
        )
fault(
    "not_sorted",
    title="Boxes not sorted by score before NMS",
    changes={"order": "output"},
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
    "suppressed_suppress",
    title="Suppressed boxes suppress others",
    changes={"suppressors": "all"},
    wrong="Boxes that are suppressed themselves suppress others, as in kernels that compare all "
    "pairs of boxes at once.",
    fix="Let only boxes that are kept suppress others: go through them by falling score.",
    cost=RARE_COST,
)
fault(
    "conf_inclusive",
    title="Score equal to the confidence threshold accepted",
    changes={"conf_inclusive": True},
    wrong="A score equal to the confidence threshold passes (>= instead of >).",
    fix="Keep a score only if it exceeds the threshold (>).",
    subjects=("conf",),
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


def most_candidates(count: int) -> Fault:
    """Return the fault of letting only so many boxes, those with the best scores, into NMS."""
    return Fault(
        f"most_candidates_{count}",
        "nms",
        f"Only the best {count} boxes passed to NMS",
        (("max_candidates", count),),
        f"Only the {count} boxes with the highest scores take part in NMS.",
        "Pass all boxes above the confidence threshold, up to 30000.",
        ("nms",),
        cost=RARE_COST,
    )


def first_candidates(count: int, allowed: tuple[int, int]) -> Fault:
    """Return the fault of letting only so many boxes, the first of the output, into NMS.

    Parameters
    ----------
    count : int
        How many.
    allowed : (int, int)
        The least and the largest number that boxes allow.
    """
    many = f"{count}" if len(set(allowed)) == 1 else f"{allowed[0]} to {allowed[1]}"
    return Fault(
        f"first_candidates_{count}",
        "nms",
        f"Only the first {many} boxes passed to NMS",
        (("first_candidates", count),),
        f"Only the first {many} boxes above the confidence threshold take part in NMS, in the "
        "order of the output, as where an array has room for no more.",
        "Pass all boxes above the confidence threshold, up to 30000.",
        ("nms",),
        cost=RARE_COST,
    )


def most_per_class(count: int) -> Fault:
    """Return the fault of keeping only so many boxes of each class."""
    return Fault(
        f"most_per_class_{count}",
        "nms",
        f"At most {count} boxes of each class kept",
        (("max_per_class", count),),
        f"At most {count} boxes of each class are kept in an image.",
        "Limit the number of boxes of an image (max_det), not of a class.",
        ("nms",),
        cost=RARE_COST,
    )


def classes_left_out(given: tuple[int, ...], names: dict[int, str]) -> Fault:
    """Return the fault of giving boxes of some classes only.

    Parameters
    ----------
    given : tuple of int
        Those classes, by the model's ids.
    names : dict of int to str
        The model's class names by id.
    """
    words = listing([names.get(each, str(each)) for each in given])
    return Fault(
        "classes_left_out",
        "nms",
        "Boxes of other classes left out",
        (("given_classes", given),),
        f"Only boxes of some classes are given ({words}); those of all other classes are left out.",
        "Give the boxes of all classes, unless the others are left out on purpose.",
        cost=FILTER_COST,
    )


def own_class_confs(
    confs: tuple[tuple[int, float], ...], in_words: dict[int, str], names: dict[int, str]
) -> Fault:
    """Return the fault of confidence thresholds that some classes have for themselves.

    Parameters
    ----------
    confs : tuple of (int, float)
        The model's id of each class, and a threshold that boxes allow.
    in_words : dict of int to str
        The thresholds that they allow by the model's id.
    names : dict of int to str
        The model's class names by id.
    """
    words = listing([f"{conf} for {names.get(own, str(own))}" for own, conf in in_words.items()])
    return Fault(
        "own_class_confs",
        "nms",
        "Confidence thresholds of their own for some classes",
        (("class_confs", confs),),
        f"Some classes have a higher confidence threshold than the others: {words}.",
        "Use one confidence threshold for all classes, unless others are intended.",
        ("conf",),
        cost=FILTER_COST,
    )
