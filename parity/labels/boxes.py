"""Labels of boxes: in text the box or an outline, whose hull counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from parity.labels.coco_document import CocoAnnotation
from parity.labels.label_format import (
    area_of,
    box_around,
    box_of_annotation,
    box_of_fractions,
    points_of_fractions,
)
from parity.labels.truth import LabelledObject

BOX, SHORTEST_OUTLINE = 4, 6
"""Numbers of a box, and of the least outline, a triangle."""


@dataclass(frozen=True)
class BoxLabels:
    """Boxes parallel to the axes."""

    line: str = "class, cx, cy, width and height, or class and the points of an outline"

    def fits(self, count: int) -> bool:
        """Return whether a line may hold so many numbers after the class."""
        return count == BOX or (count >= SHORTEST_OUTLINE and count % 2 == 0)

    def from_text(
        self, values: Sequence[float], shape: tuple[int, int], where: str
    ) -> LabelledObject:
        """Return the box of a line."""
        if len(values) == BOX:
            box = box_of_fractions(values, shape, where)
        else:
            box = box_around(points_of_fractions(values, shape, where))
        return LabelledObject(box, area_of(box))

    def from_coco(
        self,
        annotation: CocoAnnotation,
        shape: tuple[int, int],  # noqa: ARG002
        where: str,
    ) -> LabelledObject:
        """Return the box of an annotation."""
        box = box_of_annotation(annotation, where)
        return LabelledObject(box, area_of(box) if annotation.area is None else annotation.area)
