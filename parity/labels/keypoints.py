"""Labels of keypoints: a box, and x, y and visibility of each point."""

import math
from collections.abc import Sequence
from functools import partial

import msgspec
import numpy as np

from parity.errors import UserError
from parity.foreign import as_kind, shorten
from parity.labels.boxes import BOX
from parity.labels.coco_document import LARGEST_PX, CocoAnnotation
from parity.labels.label_format import (
    ObjectFormat,
    area_of,
    box_of_annotation,
    box_of_fractions,
    check_fractions,
)
from parity.labels.truth import LabelledObject

AREA_OF_BOX = 0.53
"""Area of an object as a share of its box, where only the box is known: that of ``val``
(``ultralytics.models.yolo.pose.val``, 8.4.190)."""

VISIBILITIES = (0, 1, 2)
"""Not labelled, labelled but hidden, and visible, as in COCO."""


def keypoints_of_line(
    count: int, values: Sequence[float], shape: tuple[int, int], where: str
) -> LabelledObject:
    """Return box and keypoints of a line; one of two numbers is labelled unless negative."""
    box = box_of_fractions(values[:BOX], shape, where)
    points = np.array(values[BOX:]).reshape(count, -1)
    check_fractions(points[:, :2].ravel().tolist(), where)
    if points.shape[1] == 2:
        labelled = (points >= 0).all(axis=1, keepdims=True)
        points = np.concatenate([points, labelled], axis=1)
    check_visibilities(points, where)
    points[:, :2] *= shape[::-1]
    return LabelledObject(box, area_of(box) * AREA_OF_BOX, keypoints=points)


def keypoints_of_annotation(
    count: int,
    annotation: CocoAnnotation,
    shape: tuple[int, int],  # noqa: ARG001
    where: str,
) -> LabelledObject:
    """Return box and keypoints of an annotation."""
    box = box_of_annotation(annotation, where)
    try:
        numbers = as_kind(annotation.keypoints, list[float])
    except msgspec.ValidationError:
        numbers = []
    if len(numbers) != 3 * count:
        raise UserError(
            f"{where}.keypoints is {shorten(annotation.keypoints)}; it should be x, y and "
            f"visibility of {count} keypoints."
        )
    wrong = next((n for n in numbers if not (math.isfinite(n) and abs(n) <= LARGEST_PX)), None)
    if wrong is not None:
        raise UserError(f"{where}.keypoints holds {wrong:g}, which is not a number of px.")
    points = np.array(numbers).reshape(-1, 3)
    check_visibilities(points, where)
    area = area_of(box) * AREA_OF_BOX if annotation.area is None else annotation.area
    return LabelledObject(box, area, keypoints=points)


def check_visibilities(points: np.ndarray, where: str) -> None:
    """Check that the third number of each keypoint is 0, 1 or 2."""
    wrong = points[~np.isin(points[:, 2], VISIBILITIES), 2]
    if wrong.size:
        raise UserError(f"{where} holds the visibility {wrong[0]:g}; it should be 0, 1 or 2.")


def keypoint_labels(count: int) -> ObjectFormat:
    """Return how boxes with so many keypoints are written."""
    return ObjectFormat(
        f"class, cx, cy, width, height and {count} keypoints of 2 or 3 numbers each",
        lambda numbers: numbers - BOX in (2 * count, 3 * count),
        partial(keypoints_of_line, count),
        partial(keypoints_of_annotation, count),
    )
