"""Thresholds: the intended values, in one place."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "thresholds",
    stage="thresholds",
    python="""
conf, iou, max_det = $conf, $iou, $max_det
passing = scores > conf  # of NMS: a box is suppressed if its IoU with a better one is > iou
""",
    cpp="""
const float conf = ${conf}f;  // a candidate passes if score > conf
const float iou = ${iou}f;  // a box is suppressed if its IoU with a better one is > iou
const int max_det = $max_det;
""",
    csharp="""
const float Conf = ${conf}f;  // a candidate passes if score > Conf
const float Iou = ${iou}f;  // a box is suppressed if its IoU with a better one is > Iou
const int MaxDet = $max_det;
""",
    kotlin="""
const val CONF = ${conf}f  // a candidate passes if score > CONF
const val IOU = ${iou}f  // a box is suppressed if its IoU with a better one is > IOU
const val MAX_DET = $max_det
""",
    swift="""
let conf: Float = $conf  // a candidate passes if score > conf
let iou: Float = $iou  // a box is suppressed if its IoU with a better one is > iou
let maxDet = $max_det
""",
    javascript="""
const conf = $conf;  // a candidate passes if score > conf
const iou = $iou;  // a box is suppressed if its IoU with a better one is > iou
const maxDet = $max_det;
""",
)
