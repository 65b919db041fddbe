"""The catalogue of faults after the network."""

from parity.diagnosis.catalogue.fault import CHOICE, FAULT, RARE, WAY_BACK, Changes, Fault

_DECODE = """rows = output[0].T  # (8400, 84): cx, cy, w, h, 80 scores that are final
class_ids = rows[:, 4:].argmax(1)
scores = rows[:, 4:].max(1)"""
_CORNERS = "x1, y1, x2, y2 = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2"
_NMS = """# cv2.dnn.NMSBoxesBatched keeps classes apart and wants x, y, width, height
xywh = np.column_stack([x1, y1, x2 - x1, y2 - y1])
kept = cv2.dnn.NMSBoxesBatched(xywh, scores, class_ids, conf, iou)"""
_NAMES = 'names = ast.literal_eval(session.get_modelmeta().custom_metadata_map["names"])'
_ISSUES = "https://github.com/ultralytics/ultralytics/issues"


def _decoding(  # noqa: PLR0917
    name: str, changes: Changes, wrong: str, mend: str, reference: str = "", cost: float = FAULT
) -> Fault:
    return Fault(name, "decoding", changes, wrong, mend, _DECODE, reference, cost)


def _format(name: str, value: str, wrong: str) -> Fault:
    mend = "The four numbers are centre x, centre y, width and height."
    return Fault(name, "decoding", (("box_format", value),), wrong, mend, _CORNERS)


def _suppression(  # noqa: PLR0917
    name: str, changes: Changes, wrong: str, mend: str, reference: str = "", cost: float = FAULT
) -> Fault:
    return Fault(name, "suppression", changes, wrong, mend, _NMS, reference, cost)


def _mapping(
    name: str, changes: Changes, wrong: str, cost: float = FAULT, reference: str = ""
) -> Fault:
    mend = "Subtract the border that was added, then divide by the gain that was applied."
    return Fault(name, "mapping", changes, wrong, mend, WAY_BACK, reference, cost)


def _output(  # noqa: PLR0917
    name: str, changes: Changes, wrong: str, mend: str, code: str = "", cost: float = FAULT
) -> Fault:
    return Fault(name, "output", changes, wrong, mend, code, "", cost)


def _classes(name: str, value: str, wrong: str) -> Fault:
    mend = "Hand out the index of the best score, and name it from the model's metadata."
    return Fault(name, "classes", (("class_ids", value),), wrong, mend, _NAMES)


_V8 = "Since YOLOv8 there is no objectness: columns 4 and later are the classes' scores."
_FINAL = "Take the scores as they are; the graph has activated them already."

DECODING = [
    _decoding(
        "not_transposed",
        (("output_axes", "rows"),),
        "The raw output (84, 8400) is read row by row, as if its rows were boxes.",
        "Transpose the raw output to (8400, 84).",
        f"{_ISSUES}/751",
    ),
    _decoding(
        "reshaped",
        (("output_axes", "reshaped"),),
        "The raw output (84, 8400) is reshaped to (8400, 84), which mixes everything.",
        "Transpose it; a reshape only renumbers.",
        f"{_ISSUES}/221",
    ),
    _decoding(
        "v5_layout",
        (("head", "v5"),),
        "The output is read as YOLOv5's: column 4 as objectness that multiplies the classes.",
        _V8,
        f"{_ISSUES}/284",
    ),
    _decoding(
        "v5_classes",
        (("head", "v5_classes"),),
        "The classes are taken from column 5 on, as in YOLOv5, so ids are one too low.",
        _V8,
        f"{_ISSUES}/284",
    ),
    _decoding(
        "v5_objectness",
        (("head", "v5_objectness"),),
        "Column 4 is taken for the confidence and the class from column 5 on, as in YOLOv5.",
        _V8,
        f"{_ISSUES}/284",
    ),
    _decoding(
        "column_4_confidence",
        (("head", "column4"),),
        "Column 4, the score of class 0, is taken for the confidence.",
        _V8,
    ),
    _decoding(
        "sigmoid",
        (("activation", "sigmoid"),),
        "A sigmoid is applied to scores that are activated already.",
        _FINAL,
    ),
    _decoding(
        "softmax",
        (("activation", "softmax"),),
        "A softmax over the classes is applied to scores that are activated already.",
        _FINAL,
    ),
    _decoding(
        "sigmoid_boxes",
        (("box_activation", "sigmoid"),),
        "A sigmoid is applied to the coordinates.",
        "Take the coordinates as they are, in px of the input.",
    ),
    _decoding(
        "multi_label",
        (("multi_label", True),),
        "An anchor gives a box for each class above the threshold, not for its best one only.",
        "Take the best class of each anchor, as predict does.",
    ),
    _format("read_as_xyxy", "xyxy", "Centre and sides are taken for two corners."),
    _format("centre_as_corner", "xywh", "The centre is taken for the top left corner."),
    _format("sides_not_halved", "full_sides", "Whole sides are used where half sides are due."),
    _format("x_y_exchanged", "cycxhw", "x and y are exchanged in the boxes."),
]

SUPPRESSION = [
    _suppression(
        "agnostic",
        (("suppression", "agnostic"),),
        "Suppression does not keep classes apart.",
        "Suppress within each class.",
        "https://github.com/opencv/opencv/issues/22851",
    ),
    _suppression(
        "no_suppression",
        (("suppression", "none"),),
        "There is no suppression of overlapping boxes.",
        "Apply non-maximum suppression within each class.",
    ),
    _suppression(
        "best_only",
        (("suppression", "best"),),
        "Only the best box of an image is kept.",
        "Keep all boxes that survive suppression.",
    ),
    _suppression(
        "best_per_class",
        (("suppression", "best_per_class"),),
        "Only the best box of each class is kept.",
        "Keep all boxes that survive suppression.",
    ),
    _suppression(
        "unclamped_overlap",
        (("overlap", "unclamped"),),
        "The sides of the intersection are not clamped at 0: boxes far apart suppress each other.",
        "Clamp the sides of the intersection at 0 before multiplying.",
    ),
    _suppression(
        "overlap_plus_one",
        (("overlap", "plus_one"),),
        "Sides are counted as x2 - x1 + 1 in suppression.",
        "Sides are x2 - x1.",
        cost=RARE,
    ),
    _suppression(
        "nmsboxes_given_xyxy",
        (("overlap", "nmsboxes_xyxy"),),
        "cv2.dnn.NMSBoxes is given two corners where it wants a corner, width and height.",
        "Hand it x, y, width and height.",
        "https://github.com/opencv/opencv_zoo/pull/296",
    ),
    _suppression(
        "agnostic_nmsboxes_given_xyxy",
        (("overlap", "nmsboxes_xyxy"), ("suppression", "agnostic")),
        "cv2.dnn.NMSBoxes, which knows no classes, is given two corners where it wants sides.",
        "Hand it x, y, width and height, within each class.",
        "https://github.com/opencv/opencv_zoo/pull/296",
        cost=FAULT + 2,
    ),
    _suppression(
        "nmsboxes",
        (("overlap", "nmsboxes"),),
        "cv2.dnn.NMSBoxes suppresses; it takes two boxes without area for full overlap.",
        "Make sure that boxes have an area before suppression.",
        cost=CHOICE,
    ),
    _suppression(
        "suppressed_in_image",
        (("suppressed_in", "image"),),
        "Suppression comes after mapping back.",
        "Nothing is wrong with it while the boxes are right.",
        cost=CHOICE,
    ),
    _suppression(
        "suppressed_as_integers",
        (("suppressed_in", "integers"),),
        "Suppression is given boxes cut to integers.",
        "Suppress before rounding.",
    ),
    _suppression(
        "not_sorted",
        (("sorted", False),),
        "Suppression goes through the boxes in the order of the output, not by score.",
        "Sort by falling score first.",
    ),
    _suppression(
        "merged",
        (("merging", True),),
        "A box takes the mean of those that it suppresses.",
        "Keep the best box as it is.",
    ),
    _suppression(
        "conf_inclusive",
        (("conf_inclusive", True),),
        "A score equal to the threshold passes.",
        "Compare strictly.",
        cost=RARE,
    ),
]

ZERO_SIZE_NMSBOXES = _suppression(
    "zero_size_nmsboxes",
    (("suppression", "agnostic"), ("overlap", "nmsboxes"), ("suppressed_in", "image")),
    "cv2.dnn.NMSBoxes, which knows no classes, is given boxes without area; it takes two of them "
    "for full overlap, so that one is left.",
    "Find out why boxes have no area; suppress within each class, before clipping.",
    cost=FAULT - 0.5,
)
"""Only looked for where boxes without area were observed."""

_GAINS = {
    "single": ("one_gain", "One gain is used for both axes, without the rounding of the sides."),
    "letterbox": ("letterbox_gain", "The gain of a letterbox is used on the way back."),
    "stretch": ("stretch_gain", "Each axis is divided by its own stretch."),
    "width": ("gain_of_width", "The gain of the width is used for both axes."),
    "height": ("gain_of_height", "The gain of the height is used for both axes."),
    "largest": ("largest_gain", "The larger of two gains is used where the smaller one is due."),
    "exchanged": ("gains_exchanged", "The gains of x and y are exchanged."),
    "none": ("no_gain", "The border is removed, but coordinates are not divided by the gain."),
    "inverse": ("gain_inverted", "Coordinates are multiplied by the gain, not divided by it."),
}
_OFFSETS = {
    "none": ("border_not_removed", "The border is not subtracted."),
    "half": ("fractional_border", "Half the border is not rounded on the way back."),
    "exact": ("exact_border", "The border of the unrounded sides is subtracted."),
    "letterbox": ("centred_back", "The border of a centred image is subtracted."),
    "exchanged": ("borders_exchanged", "The borders of x and y are exchanged."),
    "added": ("border_added", "The border is added, not subtracted."),
    "unscaled": ("border_after_gain", "The border is subtracted after dividing by the gain."),
    "doubled": ("whole_border", "The whole border is subtracted, not half of it."),
    "from_gain": ("border_of_gain", "The border is computed from another gain."),
}

_MILD = {"one_gain", "fractional_border", "exact_border"}

MAPPING = [
    _mapping(
        "stretched_back",
        (("gain", "stretch"), ("offset", "none")),
        "The image is letterboxed, but boxes are mapped back as if it was stretched.",
    ),
    _mapping(
        "model_pixels",
        (("gain", "none"), ("offset", "none")),
        "Boxes are left in px of the input.",
    ),
    *(
        _mapping(
            name,
            (("gain", value),),
            words,
            reference=f"{_ISSUES}/19997" if value in ("width", "height") else "",
            cost=FAULT if name in _MILD else FAULT + 0.5,
        )
        for value, (name, words) in _GAINS.items()
    ),
    *(
        _mapping(name, (("offset", value),), words, FAULT if name in _MILD else FAULT + 0.25)
        for value, (name, words) in _OFFSETS.items()
    ),
    _mapping("scaled_twice", (("rescaled", "gain"),), "Boxes are divided by the gain twice."),
    _mapping(
        "stretched_after",
        (("rescaled", "stretch"),),
        "Boxes in px of the image are scaled once more, from the input's size to the image's.",
    ),
]

OUTPUT = [
    _output(
        "normalised",
        (("unit", "image_fraction"),),
        "Boxes are fractions of the image's sides.",
        "Multiply by the image's width and height.",
        "boxes *= [w0, h0, w0, h0]",
    ),
    _output(
        "normalised_by_input",
        (("unit", "input_fraction"),),
        "Boxes are divided by the input's size.",
        "Do not divide by the input's size after mapping back.",
        WAY_BACK,
    ),
    _output(
        "times_input",
        (("unit", "times_input"),),
        "Boxes in px are multiplied by the input's size, as if they were fractions.",
        "The network's coordinates are px already.",
        WAY_BACK,
    ),
    _output(
        "not_clipped",
        (("clip", False),),
        "Boxes are not clipped to the image.",
        "Clip to [0, width] and [0, height].",
        WAY_BACK,
    ),
    *(
        _output(
            name,
            (("integers", value),),
            words,
            "Keep coordinates as floats; round only for drawing.",
            "box = [float(v) for v in box]",
        )
        for name, value, words in (
            ("rounded", "rounded", "Coordinates are rounded to whole px."),
            ("truncated", "truncated", "Coordinates are cut to whole px."),
            ("sides_truncated", "sides_truncated", "Corner, width and height are cut one by one."),
            ("sides_rounded", "sides_rounded", "Corner, width and height are rounded one by one."),
        )
    ),
    *(
        _output(
            f"given_as_{value}",
            (("corners", value),),
            f"The four numbers of a box are {value} where x1, y1, x2, y2 are expected.",
            "Hand out x1, y1, x2, y2, or declare the format.",
            "box = [x1, y1, x2, y2]",
        )
        for value in ("xywh", "cxcywh", "yxyx")
    ),
]

CLASSES = [
    _classes("class_plus_one", "plus_one", "Class ids are one too high."),
    _classes("class_minus_one", "minus_one", "Class ids are one too low."),
    _classes("coco_91_ids", "coco91", "Class ids are those of COCO's annotations, with gaps."),
    _classes("class_is_rank", "rank", "The place of a box in the list is taken for its class."),
    _classes("class_is_zero", "zero", "Every box has class 0."),
]

AFTER = [*DECODING, *SUPPRESSION, *MAPPING, *OUTPUT, *CLASSES]
