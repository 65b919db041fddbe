"""Faults of decoding the raw output into boxes, scores and classes."""

from functools import partial

from parity.diagnosis.catalogue.fault import add_fault

ISSUES = "https://github.com/ultralytics/ultralytics/issues"

NO_OBJECTNESS = "Read class scores from column 4 on; YOLOv8 and later have no objectness."
WHERE_CLASSES_END = "Read class scores from column 4 on, one for each class; the rest follows them."
FINAL_SCORES = "Use the scores as they are; the exported graph has already activated them."

fault = partial(add_fault, stage="decoding", subjects=("decoding",))
box_format = partial(fault, fix="Read the four numbers as centre x, centre y, width and height.")

fault(
    "not_transposed",
    title="Raw output not transposed",
    changes={"output_axes": "rows"},
    wrong="The raw output (rows, anchors) is read row by row, as if its rows were boxes.",
    fix="Transpose the raw output: each column is a box.",
    reference=f"{ISSUES}/751",
)
fault(
    "reshaped",
    title="Raw output reshaped instead of transposed",
    changes={"output_axes": "reshaped"},
    wrong=(
        "The raw output (rows, anchors) is reshaped to (anchors, rows), which scrambles "
        "coordinates and scores."
    ),
    fix="Transpose the raw output; a reshape does not swap axes.",
    reference=f"{ISSUES}/221",
)
fault(
    "v5_layout",
    title="Output decoded as YOLOv5 (objectness times class score)",
    changes={"head": "v5"},
    wrong=(
        "The output is decoded in the YOLOv5 layout: column 4 is taken as objectness and "
        "multiplied by the class scores."
    ),
    fix=NO_OBJECTNESS,
    reference=f"{ISSUES}/284",
)
fault(
    "v5_classes",
    title="Class scores read from column 5 on (YOLOv5 layout)",
    changes={"head": "v5_classes"},
    wrong="Class scores are read from column 5 on, as in YOLOv5, so class ids are one too low.",
    fix=NO_OBJECTNESS,
    reference=f"{ISSUES}/284",
)
fault(
    "v5_objectness",
    title="Column 4 used as objectness (YOLOv5 layout)",
    changes={"head": "v5_objectness"},
    wrong=(
        "Column 4 is used as the confidence and the class is read from column 5 on, as in YOLOv5."
    ),
    fix=NO_OBJECTNESS,
    reference=f"{ISSUES}/284",
)
fault(
    "column_4_confidence",
    title="Score of class 0 used as the confidence",
    changes={"head": "column4"},
    wrong="Column 4, the score of class 0, is used as the confidence of every box.",
    fix=NO_OBJECTNESS,
)
fault(
    "classes_with_extras",
    title="Best class sought among mask coefficients, keypoints or angles, too",
    changes={"class_rows": "with_extras"},
    wrong=(
        "The best class is sought among all rows that follow the box, so that mask coefficients, "
        "keypoints or angles are taken for scores, and class ids lie beyond the list."
    ),
    fix=WHERE_CLASSES_END,
)
fault(
    "classes_behind_extras",
    title="Class scores read behind mask coefficients, keypoints or the angle",
    changes={"class_rows": "behind_extras"},
    wrong=(
        "What follows the box is taken for the mask coefficients, the keypoints or the angle, and "
        "the rest for class scores, but it is the other way round."
    ),
    fix=WHERE_CLASSES_END,
)
fault(
    "sigmoid",
    title="Sigmoid applied to final scores",
    changes={"activation": "sigmoid"},
    wrong="A sigmoid is applied to scores that the network has already activated.",
    fix=FINAL_SCORES,
)
fault(
    "softmax",
    title="Softmax applied to final scores",
    changes={"activation": "softmax"},
    wrong="A softmax over the classes is applied to scores that the network has already activated.",
    fix=FINAL_SCORES,
)
fault(
    "sigmoid_boxes",
    title="Sigmoid applied to box coordinates",
    changes={"box_activation": "sigmoid"},
    wrong="A sigmoid is applied to the box coordinates.",
    fix="Use the coordinates as they are, in px of the input.",
)
fault(
    "multi_label",
    title="Several classes per anchor (multi-label)",
    changes={"multi_label": True},
    wrong="An anchor yields a box for every class above the threshold, not only for its best.",
    fix="Keep the best class of each anchor only.",
)
box_format(
    "read_as_xyxy",
    title="Centre and size read as two corners",
    changes={"box_format": "xyxy"},
    wrong="Centre x, centre y, width and height are read as x1, y1, x2, y2.",
)
box_format(
    "centre_as_corner",
    title="Box centre read as the top-left corner",
    changes={"box_format": "xywh"},
    wrong="The centre of each box is read as its top-left corner.",
)
box_format(
    "sides_not_halved",
    title="Full width and height used instead of half",
    changes={"box_format": "full_sides"},
    wrong="The full width and height instead of half are added to and subtracted from the centre.",
)
box_format(
    "x_y_exchanged",
    title="x and y swapped in the boxes",
    changes={"box_format": "cycxhw"},
    wrong="x and y of the boxes are swapped.",
)
