"""Ultralytics' YOLO: YOLOv8 and later, whose files are used as they are."""

from collections.abc import Sequence

import numpy as np
import onnx

from parity.model_files.cells import Size, cell_count
from parity.model_files.families.family import FAMILIES, ULTRALYTICS, Family, Shape
from parity.model_files.output_layout import FINISHED_COLUMNS

FRACTION = 2.0
"""Largest coordinate of a box that is given in fractions of the input; chosen."""


def _classes(shapes: Sequence[Shape]) -> int | None:
    """Return the classes of (batch, 4 + classes, anchors), or of its transpose.

    A box has fewer numbers than there are anchors; with six, two may be a score and a class.
    """
    if len(shapes[0]) != 3 or shapes[0][2] == FINISHED_COLUMNS:
        return None
    _, first, second = shapes[0]
    if not isinstance(first, int) or not isinstance(second, int):
        return first - 4 if isinstance(first, int) and first > 4 else None
    numbers, anchors = sorted((first, second))
    return numbers - 4 if 4 < numbers < anchors else None


def _has_anchors(outputs: Sequence[np.ndarray], size: Size) -> bool:
    return outputs[0].ndim == 3 and outputs[0].shape[2] == cell_count(size)


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
