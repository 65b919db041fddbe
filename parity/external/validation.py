"""Recognising boxes that Ultralytics' ``val`` saved: it detects otherwise than ``predict``."""

import numpy as np

from parity.detection.detection_files import Printed

VAL_CONF = 0.001
"""Confidence threshold of ``val`` (Ultralytics 8.4, ``DetectionValidator``)."""

BOX_DECIMALS, SCORE_DECIMALS = 3, 5
"""Decimals with which ``val`` prints boxes, in px, and scores (``pred_to_json``)."""

NEAR_THRESHOLD = 1.5
"""Factor on the threshold below which the lowest of many scores lies; chosen."""

LEAST_BOXES = 50
"""Boxes of which the lowest score tells; chosen: ``val`` writes hundreds for an image."""

FROM_VAL = (
    "These look like boxes that Ultralytics' val saved: scores from 0.001 on, boxes with 3 and "
    "scores with 5 decimals. With rect=True, its default, val pads each batch to a rectangle of "
    "its own, so no single input size reproduces them. Compare the boxes of predict instead, or of "
    "val with rect=False."
)
"""What is said of them."""


def looks_like_val(scores: np.ndarray, printed: Printed | None) -> bool:
    """Return whether boxes have the thresholds and the decimals of Ultralytics' ``val``.

    Parameters
    ----------
    scores : (N,) float64
        Of all boxes.
    printed : Printed or None
        How they were printed.
    """
    scores = scores[np.isfinite(scores)]
    if printed is None or len(scores) < LEAST_BOXES:
        return False
    decimals = printed.box_unit, printed.box_decimals, printed.score_decimals
    near = VAL_CONF <= scores.min() <= NEAR_THRESHOLD * VAL_CONF
    return bool(near) and decimals == ("px", BOX_DECIMALS, SCORE_DECIMALS)
