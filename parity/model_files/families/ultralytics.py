"""Ultralytics' YOLO: YOLOv8 and later, whose files are used as they are."""

from collections.abc import Sequence

import numpy as np
import onnx

from parity.model_files.families.family import (
    FAMILIES,
    MOST_CELLS,
    ULTRALYTICS,
    Family,
    Shape,
    Size,
    cell_count,
)

FRACTION = 2.0
"""Largest coordinate of a box that is given in fractions of the input; chosen."""


def _classes(shapes: Sequence[Shape]) -> int | None:
    """Return the classes of (batch, 4 + classes, anchors), or of its transpose.

    A box has fewer numbers than there are anchors.
    """
    axes = [axis for axis in shapes[0][1:] if isinstance(axis, int)]
    if len(shapes[0]) != 3 or len(axes) != 2:
        return None
    numbers, anchors = sorted(axes)
    return numbers - 4 if 4 < numbers < anchors else None


def _has_anchors(outputs: Sequence[np.ndarray], size: Size) -> bool:
    """Return whether there is a box for each cell; if transposed, in px or fractions.

    YOLOX has as many, in cells.
    """
    first = outputs[0]
    if first.ndim != 3 or first.shape[2] == cell_count(size):
        return first.ndim == 3
    boxes = first[..., :4]
    in_fractions = boxes.min() >= 0 and boxes.max() <= FRACTION
    in_px = np.median(np.abs(boxes[..., :2])) >= MOST_CELLS
    return first.shape[1] == cell_count(size) and bool(in_fractions or in_px)


def _keep(model: onnx.ModelProto, classes: int, size: Size) -> None:
    """Change nothing."""


FAMILIES.add(
    ULTRALYTICS,
    Family(
        models="YOLOv8 and later",
        sentence="",
        classes=_classes,
        fits=lambda outputs, size: len(outputs) == 1 and outputs[0].ndim == 3,  # noqa: ARG005
        is_sure=_has_anchors,
        adapt=_keep,
    ),
)
