"""YOLOX: pixel values, a border at the right or below, and boxes in cells of a grid.

What its demonstrations do with the files of its exporter (``demo/ONNXRuntime`` of YOLOX 0.3).
"""

from collections.abc import Sequence

import numpy as np
import onnx

from parity.model_files.adapting import BOX_ROWS, extend_output, output_chain, shape_of
from parity.model_files.cells import Size, cell_count, grid
from parity.model_files.families.family import (
    FAMILIES,
    Family,
    Shape,
    are_probabilities,
    columns_of,
)
from parity.model_files.families.yolov5 import OTHER, with_objectness

MOST_CELLS = 8
"""Largest median of the offsets of centres, in cells of the grid; boxes in px are further from 0
than that. Chosen."""


def _classes(shapes: Sequence[Shape]) -> int | None:
    return columns_of(shapes, OTHER)


def _fits(outputs: Sequence[np.ndarray], size: Size) -> bool:
    first = outputs[0]
    if first.ndim != 3 or first.shape[2] <= OTHER or first.shape[1] != cell_count(size):
        return False
    offsets, sides = np.abs(first[..., :2]), first[..., 2:BOX_ROWS]
    if sides.min() >= 0:  # logarithms of the sides in cells
        return False
    return are_probabilities(first[..., BOX_ROWS:]) and bool(np.median(offsets) < MOST_CELLS)


def _adapt(model: onnx.ModelProto, classes: int, size: Size) -> None:
    batch, anchors, _ = shape_of(model.graph.output[0])
    rows = BOX_ROWS + classes
    chain = output_chain(model.graph, rows, classes)
    chain.last = chain.add("Transpose", perm=[0, 2, 1])
    places, strides = (chain.constant(each[None]) for each in grid(size))
    centre = chain.add("Mul", chain.add("Add", chain.rows(0, 2), places), strides)
    sides = chain.add("Mul", chain.add("Exp", chain.rows(2, BOX_ROWS)), strides)
    rest = chain.rows(BOX_ROWS, OTHER + classes)
    chain.last = chain.add("Concat", centre, sides, rest, axis=1)
    chain.last = with_objectness(chain)
    extend_output(model.graph, chain, [batch, rows, anchors])


FAMILIES.add(
    "yolox",
    Family(
        models="YOLOX",
        sentence="It takes blue, green and red from 0 to 255 with a border at the right or below, "
        "and returns boxes in cells of a grid and an objectness, as YOLOX does; the grid is "
        "applied here.",
        classes=_classes,
        fits=_fits,
        is_sure=_fits,
        adapt=_adapt,
        choices={
            "colours": "bgr",
            "scaling": "none",
            "align": "top_left",
            "side_rounding": "floor",
        },
        fitted="top left",
    ),
)
