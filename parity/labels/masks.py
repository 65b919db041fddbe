"""Labels of masks: in text an outline, in COCO polygons or run lengths."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from parity.detection.run_length import decode_runs
from parity.errors import UserError
from parity.foreign import as_kind, shorten
from parity.labels.boxes import SHORTEST_OUTLINE
from parity.labels.coco_document import CocoAnnotation
from parity.labels.label_format import (
    ObjectFormat,
    box_around,
    box_of_annotation,
    points_of_fractions,
)
from parity.labels.truth import LabelledObject, Rle

FARTHEST = 10.0
"""Longer sides of the image by which a polygon may lie outside of it; chosen."""


class CocoRuns(msgspec.Struct):
    """A mask as run lengths, compressed or not; ``size`` is height and width in px."""

    size: tuple[int, int]
    counts: str | list[int]


def mask_of_line(values: Sequence[float], shape: tuple[int, int], where: str) -> LabelledObject:
    """Return the mask within the outline of a line."""
    points = points_of_fractions(values, shape, where)
    mask = fill_polygons([[number for point in points for number in point]], shape)
    return LabelledObject(box_around(points), area_of_mask(mask), mask=mask)


def mask_of_annotation(
    annotation: CocoAnnotation, shape: tuple[int, int], where: str
) -> LabelledObject:
    """Return the mask of an annotation."""
    box = box_of_annotation(annotation, where)
    if isinstance(annotation.segmentation, dict):
        mask = mask_of_runs(annotation.segmentation, shape, f"{where}.segmentation")
    else:
        polygons = polygons_of(annotation.segmentation, shape, f"{where}.segmentation")
        mask = fill_polygons(polygons, shape)
    area = area_of_mask(mask) if annotation.area is None else annotation.area
    return LabelledObject(box, area, mask=mask)


def fill_polygons(polygons: list[list[float]], shape: tuple[int, int]) -> Rle:
    """Return the mask within polygons of an object, x1, y1, x2, y2 and so on in px."""
    from hotcoco import mask as coco  # noqa: PLC0415  only needed where masks are

    return coco.merge(coco.frPyObjects(polygons, *shape))


def area_of_mask(mask: Rle) -> float:
    """Return the area of a mask, px²."""
    from hotcoco import mask as coco  # noqa: PLC0415

    return float(coco.area(mask))


def polygons_of(segmentation: Any, shape: tuple[int, int], where: str) -> list[list[float]]:
    """Return the polygons of an annotation.

    Raises
    ------
    UserError
        If it has none, or a number in them cannot be.
    """
    try:
        polygons = as_kind(segmentation, list[list[float]])
    except msgspec.ValidationError:
        polygons = []
    if not polygons or any(len(p) < SHORTEST_OUTLINE or len(p) % 2 for p in polygons):
        raise UserError(
            f"{where} is {shorten(segmentation)}; it should be polygons of at least three points, "
            "or run lengths."
        )
    farthest = FARTHEST * max(shape)
    for number in (n for polygon in polygons for n in polygon):
        if not (math.isfinite(number) and abs(number) <= farthest):
            raise UserError(f"{where} holds {number:g}, which is far outside of the image.")
    return polygons


def mask_of_runs(segmentation: dict[str, Any], shape: tuple[int, int], where: str) -> Rle:
    """Return the mask that run lengths stand for.

    Raises
    ------
    UserError
        If they are none, or of another size than the image.
    """
    from hotcoco import mask as coco  # noqa: PLC0415

    try:
        runs = as_kind(segmentation, CocoRuns)
        if tuple(runs.size) != tuple(shape):
            raise UserError(
                f"{where} is {runs.size[0]} × {runs.size[1]} px, and the image {shape[0]} × "
                f"{shape[1]} px (height × width)."
            )
        mask: Rle = coco.encode(np.asfortranarray(decode_runs(runs.counts, shape)))
    except (msgspec.ValidationError, ValueError) as error:
        raise UserError(f"{where} is not a mask in run lengths ({error}).") from None
    return mask


MASK_LABELS = ObjectFormat(
    "class and the points of an outline, at least three",
    lambda count: count >= SHORTEST_OUTLINE and count % 2 == 0,
    mask_of_line,
    mask_of_annotation,
)
"""Masks, which outlines are filled to as COCO fills polygons."""
