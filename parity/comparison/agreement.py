"""How far two arms agree, in one number: 1 where they report the same, 0 where nothing matches.

Both numbers count a matched pair against the detections of both arms. F1 asks only whether each
detection has a partner, panoptic quality also how well the two boxes overlap.
"""

import numpy as np

from parity.comparison.results import RunDifferences


def f1(matched: np.ndarray, reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Return F1: twice the matched pairs over the detections of both arms.

    Parameters
    ----------
    matched, reference, candidate : int arrays of one shape
        Matched pairs, and detections of each arm.

    Returns
    -------
    float64 array of that shape
        NaN where neither arm detects anything.
    """
    total = np.add(reference, candidate, dtype=np.float64)
    returned: np.ndarray = np.divide(
        2 * matched, total, out=np.full(total.shape, np.nan), where=total > 0
    )
    return returned


def panoptic_quality(found: RunDifferences) -> float:
    """Return the panoptic quality: F1 in which each matched pair counts by its IoU.

    Of masks that is the IoU of the masks, and for keypoints of COCO their similarity (OKS) counts.

    Parameters
    ----------
    found : RunDifferences
        Two arms on some images.

    Returns
    -------
    float
        1 where every detection has a partner that covers it exactly, or where there is none.

    References
    ----------
    A. Kirillov et al., "Panoptic Segmentation", CVPR 2019, equation 1.
    """
    overlap, measures = found.distributions.iou, found.distributions.measures
    objects = found.matched + (found.missing + found.extra) / 2
    if not objects:
        return 1.0
    if not overlap:
        return 0.0
    apart = next((measures[name] for name in ("mask", "oks") if name in measures), None)
    return found.matched * (1 - apart.mean if apart else overlap.mean) / objects
