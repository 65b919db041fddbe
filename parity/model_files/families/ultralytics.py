"""Ultralytics' YOLO: YOLOv8 and later, whose files are used as they are."""

from collections.abc import Sequence

import numpy as np
import onnx

from parity.model_files.families.family import (
    FAMILIES,
    ULTRALYTICS,
    Family,
    Shape,
    Size,
    cell_count,
)


def _classes(shapes: Sequence[Shape]) -> int | None:
    """Return the classes of (batch, 4 + classes, anchors); a box has fewer numbers than anchors."""
    shape = shapes[0]
    if len(shape) != 3 or not isinstance(shape[1], int) or not isinstance(shape[2], int):
        return None
    return shape[1] - 4 if 4 < shape[1] < shape[2] else None


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
