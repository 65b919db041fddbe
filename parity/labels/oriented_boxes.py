"""Labels of oriented boxes: four corners."""

import math
from collections.abc import Sequence

import numpy as np

from parity.errors import UserError
from parity.foreign import shorten
from parity.labels.coco_document import CocoAnnotation
from parity.labels.label_format import ObjectFormat, box_around, points_of_fractions
from parity.labels.masks import polygons_of
from parity.labels.truth import LabelledObject

CORNERS = 8
"""Numbers of four corners."""


def oriented_of_line(values: Sequence[float], shape: tuple[int, int], where: str) -> LabelledObject:
    """Return the box of a line."""
    return oriented_box(points_of_fractions(values, shape, where))


def oriented_of_annotation(
    annotation: CocoAnnotation, shape: tuple[int, int], where: str
) -> LabelledObject:
    """Return the box of an annotation, whose segmentation is one polygon of four corners."""
    polygons = polygons_of(annotation.segmentation, shape, f"{where}.segmentation")
    if len(polygons) != 1 or len(polygons[0]) != CORNERS:
        raise UserError(
            f"{where}.segmentation is {shorten(annotation.segmentation)}; it should be one "
            "polygon, of four corners."
        )
    return oriented_box([*zip(polygons[0][::2], polygons[0][1::2], strict=True)])


def oriented_box(corners: Sequence[tuple[float, float]]) -> LabelledObject:
    """Return the least rectangle that holds corners.

    References
    ----------
    ``ultralytics.utils.ops.xyxyxyxy2xywhr`` (8.4.190) takes the same rectangle.
    """
    import cv2  # noqa: PLC0415  0.15 s, which planning need not wait for

    (cx, cy), (width, height), degrees = cv2.minAreaRect(np.array(corners, np.float32))
    oriented = np.array([cx, cy, width, height, math.radians(degrees)])
    return LabelledObject(box_around(corners), width * height, oriented=oriented)


ORIENTED_LABELS = ObjectFormat(
    "class and x and y of four corners",
    lambda count: count == CORNERS,
    oriented_of_line,
    oriented_of_annotation,
)
"""Oriented boxes; four corners that are no rectangle mean the least one that holds them."""
