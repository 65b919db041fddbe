"""How the labels of a task are written: what its formats must define, and what they share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parity.errors import UserError
from parity.labels.coco_document import CocoAnnotation
from parity.labels.truth import LabelledObject

SLACK = 0.01
"""By how much a fraction may lie outside 0 to 1: what Ultralytics tolerates (``verify_image_label``
in ``ultralytics.data.utils``, 8.4.190)."""

Corners = tuple[float, float, float, float]
"""x1, y1, x2, y2."""


Shape = tuple[int, int]
"""Height and width of an image, px."""

FromText = Callable[[Sequence[float], Shape, str], LabelledObject]
"""Makes an object of the numbers of a line, as many as fit, in an image of a shape; the text begins
a sentence on what is wrong."""

FromCoco = Callable[[CocoAnnotation, Shape, str], LabelledObject]
"""The same of an annotation of a COCO file."""


@dataclass(frozen=True)
class ObjectFormat:
    """What a line of a YOLO text file and an annotation of COCO say of an object."""

    line: str
    """What a line holds, in words."""
    fits: Callable[[int], bool]
    """Whether a line may hold so many numbers after the class."""
    from_text: FromText
    from_coco: FromCoco


def check_fractions(values: Sequence[float], where: str) -> None:
    """Check that numbers are fractions of the image's sides."""
    outside = next((v for v in values if not -SLACK <= v <= 1 + SLACK), None)
    if outside is not None:
        raise UserError(
            f"{where} holds {outside:g}; YOLO labels are fractions of the image, from 0 to 1."
        )


def box_of_fractions(values: Sequence[float], shape: tuple[int, int], where: str) -> Corners:
    """Return the corners of cx, cy, width and height in fractions of an image, px."""
    check_fractions(values, where)
    if min(values[2:]) < 0:
        raise UserError(f"{where} holds a negative width or height, {min(values[2:]):g}.")
    height, width = shape
    cx, cy, across, down = (
        value * side for value, side in zip(values, (width, height) * 2, strict=True)
    )
    return cx - across / 2, cy - down / 2, cx + across / 2, cy + down / 2


def points_of_fractions(
    values: Sequence[float], shape: tuple[int, int], where: str
) -> list[tuple[float, float]]:
    """Return points given as fractions of an image, px."""
    check_fractions(values, where)
    height, width = shape
    return [(x * width, y * height) for x, y in zip(values[::2], values[1::2], strict=True)]


def box_around(points: Sequence[tuple[float, float]]) -> Corners:
    """Return the smallest upright box that holds points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def box_of_annotation(annotation: CocoAnnotation, where: str) -> Corners:
    """Return the corners of an annotation's box, px."""
    if annotation.bbox is None:
        raise UserError(f"{where} has no bbox.")
    x, y, width, height = annotation.bbox
    return x, y, x + width, y + height


def area_of(box: Corners) -> float:
    """Return the area of a box, px²."""
    return (box[2] - box[0]) * (box[3] - box[1])
