"""Thresholds: the intended values, in one place; each is a subject of its own."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "conf",
    stage="thresholds",
    python="""
conf = $conf
passing = scores > conf
""",
    cpp="const float conf = ${conf}f;  // a candidate passes if score > conf",
    csharp="const float Conf = ${conf}f;  // a candidate passes if score > Conf",
    kotlin="const val CONF = ${conf}f  // a candidate passes if score > CONF",
    swift="let conf: Float = $conf  // a candidate passes if score > conf",
    javascript="const conf = $conf;  // a candidate passes if score > conf",
)
add_fix(
    "iou",
    stage="thresholds",
    python="iou = $iou  # a box is dropped if its IoU with a better one is > iou",
    cpp="const float iou = ${iou}f;  // a box is dropped if its IoU with a better one is > iou",
    csharp="const float Iou = ${iou}f;  // a box is dropped if its IoU with a better one is > Iou",
    kotlin="const val IOU = ${iou}f  // a box is dropped if its IoU with a better one is > IOU",
    swift="let iou: Float = $iou  // a box is dropped if its IoU with a better one is > iou",
    javascript="const iou = $iou;  // a box is dropped if its IoU with a better one is > iou",
)
add_fix(
    "max_det",
    stage="thresholds",
    python="max_det = $max_det  # the best of an image that are kept",
    cpp="const int max_det = $max_det;  // the best of an image that are kept",
    csharp="const int MaxDet = $max_det;  // the best of an image that are kept",
    kotlin="const val MAX_DET = $max_det  // the best of an image that are kept",
    swift="let maxDet = $max_det  // the best of an image that are kept",
    javascript="const maxDet = $max_det;  // the best of an image that are kept",
)
