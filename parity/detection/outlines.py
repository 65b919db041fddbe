"""What is drawn of a detection: the outline of its mask, its rotated box, its skeleton."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parity.detection.detection_files import ImageDetections
from parity.detection.oriented_boxes import corners_of

COARSE_PX = 1000
"""Outlines deviate from a mask by at most the image's longer side over this number (chosen): a
pixel of the page's copies of images. Every number is measured on the masks themselves."""

LEAST_VISIBLE = 0.25
"""Visibility from which keypoints are joined, that of Ultralytics' ``Annotator.kpts``."""

COCO_LIMBS = (
    *((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8)),
    *((7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6)),
)
"""Keypoints of COCO that are joined, as Ultralytics' ``Annotator.skeleton`` joins them."""

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class DetectionOutline:
    """What is drawn of a detection, in px of the image."""

    contours: list[list[list[float]]] = field(default_factory=list)
    """Borders of its mask; what lies within an even number of them is outside, as holes are."""
    corners: list[list[float]] = field(default_factory=list)
    """Of its rotated box; empty without one."""
    keypoints: list[list[float]] = field(default_factory=list)
    """x, y and visibility, if it is known; empty without any."""


NOTHING = DetectionOutline()
"""What is drawn of a detection that is a box alone."""


def outlines_of(found: ImageDetections) -> list[DetectionOutline]:
    """Return what is drawn of the detections of an image, one of each."""
    outlines = [DetectionOutline() for _ in found.scores]
    masks = found.arrays().masks
    if masks is not None:
        for place, mask in enumerate(masks):
            contours = mask_contours(mask, (found.height, found.width))
            outlines[place] = DetectionOutline(contours=[each.tolist() for each in contours])
    if found.oriented is not None:
        corners = corners_of(np.array(found.oriented, np.float64).reshape(-1, 5))
        for place, each in enumerate(corners.round(2).tolist()):
            outlines[place] = replace(outlines[place], corners=each)
    for place, points in enumerate(found.keypoints or ()):
        outlines[place] = replace(outlines[place], keypoints=points)
    return outlines


def mask_contours(mask: np.ndarray, image_shape: tuple[int, int]) -> list[np.ndarray]:
    """Return the borders of a mask, simplified.

    Parameters
    ----------
    mask : (h, w) uint8
        As large as the image, or as the network's input, which holds the image in its middle.
    image_shape : tuple of int
        Height and width of the image, px.

    Returns
    -------
    list of (K, 2) float64
        In px of the image, rounded to tenths; specks and holes too small to be seen are left out.
    """
    import cv2  # noqa: PLC0415  0.15 s, which planning need not wait for

    height, width = image_shape
    gain = min(mask.shape[0] / height, mask.shape[1] / width)
    border = (np.array(mask.shape[::-1]) - gain * np.array([width, height])) / 2
    coarse = gain * max(image_shape) / COARSE_PX
    doubled = cv2.resize(mask, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    found, _ = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    simple = [cv2.approxPolyDP(each, 2 * coarse, closed=True).reshape(-1, 2) for each in found]
    return [
        (((each + 0.5) / 2 - border) / gain).clip(0, (width, height)).round(1)
        for each in simple
        if cv2.contourArea(each) >= (2 * coarse) ** 2  # a pixel of a copy
    ]


def limbs_of(outline: DetectionOutline) -> list[tuple[Sequence[float], Sequence[float]]]:
    """Return the pairs of keypoints that a skeleton joins; only those of people are known."""
    points = outline.keypoints
    if len(points) != 17:
        return []
    shown = [len(point) < 3 or point[2] >= LEAST_VISIBLE for point in points]
    return [(points[i], points[j]) for i, j in COCO_LIMBS if shown[i] and shown[j]]
