"""YOLOv5 and YOLOv7: boxes in input px, and an objectness beside the scores of the classes."""

from collections.abc import Sequence

import numpy as np
import onnx

from parity.model_files.adapting import BOX_ROWS, Chain, extend_output, output_chain, shape_of
from parity.model_files.cells import STRIDES, Size, cell_count
from parity.model_files.families.family import (
    FAMILIES,
    Family,
    Shape,
    are_probabilities,
    columns_of,
)

OTHER = 5
"""cx, cy, width, height and objectness of a box."""
ANCHORS_PER_CELL = 3
FOUR_SCALES = (*STRIDES, 64)
"""Strides of the networks whose names end in 6, px."""


def _classes(shapes: Sequence[Shape]) -> int | None:
    return columns_of(shapes, OTHER)


def _fits(outputs: Sequence[np.ndarray], size: Size) -> bool:  # noqa: ARG001
    first = outputs[0]
    if first.ndim != 3 or first.shape[2] <= OTHER:
        return False
    in_px = first[..., :BOX_ROWS].max() > 1
    return bool(in_px) and are_probabilities(first[..., BOX_ROWS:])


def _is_sure(outputs: Sequence[np.ndarray], size: Size) -> bool:
    anchors = [ANCHORS_PER_CELL * cell_count(size, strides) for strides in (STRIDES, FOUR_SCALES)]
    return _fits(outputs, size) and outputs[0].shape[1] in anchors


def with_objectness(chain: Chain) -> str:
    """Add nodes that take (batch, 5 + classes, anchors) and multiply scores by the objectness."""
    boxes, objectness = chain.rows(0, BOX_ROWS), chain.rows(BOX_ROWS, OTHER)
    scores = chain.rows(OTHER, OTHER + chain.classes)
    return chain.add("Concat", boxes, chain.add("Mul", scores, objectness), axis=1)


def _adapt(model: onnx.ModelProto, classes: int, size: Size) -> None:  # noqa: ARG001
    batch, anchors, _ = shape_of(model.graph.output[0])
    rows = BOX_ROWS + classes
    chain = output_chain(model.graph, rows, classes)
    chain.last = chain.add("Transpose", perm=[0, 2, 1])
    chain.last = with_objectness(chain)
    extend_output(model.graph, chain, [batch, rows, anchors])


FAMILIES.add(
    "yolov5",
    Family(
        models="YOLOv5, YOLOv6 and YOLOv7",
        sentence="It returns (batch, anchors, 5 + classes), as YOLOv5 and YOLOv7 do: the score of "
        "a class is multiplied by the objectness.",
        classes=_classes,
        fits=_fits,
        is_sure=_is_sure,
        adapt=_adapt,
        open_input=True,
    ),
)
