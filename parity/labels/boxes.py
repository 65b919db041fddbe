"""Labels of boxes: in text the box or an outline, whose hull counts."""

from collections.abc import Sequence

from parity.labels.coco_document import CocoAnnotation
from parity.labels.label_format import (
    ObjectFormat,
    area_of,
    box_around,
    box_of_annotation,
    box_of_fractions,
    points_of_fractions,
)
from parity.labels.truth import LabelledObject

BOX, SHORTEST_OUTLINE = 4, 6
"""Numbers of a box, and of the least outline, a triangle."""


def box_of_line(values: Sequence[float], shape: tuple[int, int], where: str) -> LabelledObject:
    """Return the box of a line."""
    if len(values) == BOX:
        box = box_of_fractions(values, shape, where)
    else:
        box = box_around(points_of_fractions(values, shape, where))
    return LabelledObject(box, area_of(box))


def labelled_box(
    annotation: CocoAnnotation,
    shape: tuple[int, int],  # noqa: ARG001
    where: str,
) -> LabelledObject:
    """Return the box of an annotation."""
    box = box_of_annotation(annotation, where)
    return LabelledObject(box, area_of(box) if annotation.area is None else annotation.area)


def _fits(count: int) -> bool:
    return count == BOX or (count >= SHORTEST_OUTLINE and count % 2 == 0)


BOX_LABELS = ObjectFormat(
    "class, cx, cy, width and height, or class and the points of an outline",
    _fits,
    box_of_line,
    labelled_box,
)
"""Boxes parallel to the axes."""
