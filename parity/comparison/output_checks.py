"""Checks that the output of any arm must pass, no matter what it is compared with."""

from typing import Literal

import numpy as np

from parity.detection.detection_files import ImageDetections

Check = Literal[
    "non-finite output",
    "non-finite",
    "no area",
    "outside the image",
    "score outside (0, 1]",
    "unknown class",
    "empty mask",
    "keypoint outside the image",
    "visibility outside [0, 1]",
]
"""What a detection can fail; the first is about the network's output, without a detection."""


def failed_checks(
    image: ImageDetections, classes: int, *, clips: bool = True
) -> dict[Check, list[int]]:
    """Return the detections of an image that cannot be right.

    Parameters
    ----------
    image : ImageDetections
        What an arm reports.
    classes : int
        How many classes the model has.
    clips : bool
        Whether boxes end at the edges of the image, see
        :attr:`parity.detection.head.NetworkHead.clips`.

    Returns
    -------
    dict of Check to list of int
        Indices of the offending detections by the name of the check; checks passed are left out.
        "non-finite output", NaN or infinite numbers in the raw output of the network, has no
        indices: most of those predictions become no detection.
    """
    detections = image.arrays()
    masks, keypoints, oriented = detections.masks, detections.keypoints, detections.oriented
    x1, y1, x2, y2 = detections.boxes.T
    scores, class_ids = detections.scores, detections.class_ids
    stated = np.array([score is not None for score in image.scores], bool)
    finite = np.isfinite(detections.boxes).all(axis=1) & (np.isfinite(scores) | ~stated)
    for each in (keypoints, oriented):
        if each is not None:
            finite &= np.isfinite(each).all(axis=tuple(range(1, each.ndim)))
    inside = (x1 >= 0) & (y1 >= 0) & (x2 <= image.width) & (y2 <= image.height)
    flat = (x2 <= x1) | (y2 <= y1)
    if oriented is not None:
        flat = (oriented[:, 2:4] <= 0).any(axis=1)
    failures: dict[Check, np.ndarray] = {
        "non-finite": ~finite,
        "no area": finite & flat,
        "outside the image": finite & ~inside & (clips and oriented is None),
        "score outside (0, 1]": finite & stated & ((scores <= 0) | (scores > 1)),
        "unknown class": (class_ids < 0) | (class_ids >= classes),
    }
    if masks is not None:
        failures["empty mask"] = np.logical_not(masks.any(axis=(1, 2)))
    if keypoints is not None:
        size = image.width, image.height
        off = (keypoints[..., :2] < 0) | (keypoints[..., :2] > size)
        seen = keypoints[..., 2:]
        failures["keypoint outside the image"] = finite & off.any(axis=(1, 2))
        failures["visibility outside [0, 1]"] = finite & ((seen < 0) | (seen > 1)).any(axis=(1, 2))
    broken: dict[Check, list[int]] = {"non-finite output": []} if image.non_finite else {}
    return broken | {
        name: np.flatnonzero(failed).tolist() for name, failed in failures.items() if failed.any()
    }
