"""RT-DETR and D-FINE: a stretched image, and boxes in fractions of it that need no NMS.

Ultralytics' exporter returns cx, cy, width, height, score and class of each box, or in earlier
versions (batch, queries, 4 + classes), and that of Hugging Face ``logits`` and ``pred_boxes``. The
authors' own takes a second input, the size of the image, and returns ``labels``, ``boxes`` and
``scores``.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from parity.model_files.adapting import BOX_ROWS, Chain, extend_output, shape_of
from parity.model_files.cells import Size, cell_count
from parity.model_files.families.family import (
    FAMILIES,
    Family,
    Shape,
    are_probabilities,
    columns_of,
)
from parity.model_files.stored_metadata import metadata_props

RTDETR = "rtdetr"
"""Name of the family."""
ORDERED = 0.99
"""Share of boxes whose last two numbers exceed the first two, if these are corners; chosen. A box
is seldom wider than cx."""
COLUMNS = 6
"""Four numbers of a box, its score and its class."""
HEAD = "RTDETRDecoder"
"""What Ultralytics' exporter writes as the head, since it returns a score and a class."""
LOGITS, FRACTIONS = "logits", "pred_boxes"
"""Outputs of Hugging Face's exporter."""
LABELS, BOXES, SCORES, SIDES = "labels", "boxes", "scores", "orig_target_sizes"
"""Outputs of the authors' exporter, and its second input."""


def _classes(shapes: Sequence[Shape]) -> int | None:
    """Return the classes of one output, or of logits, the first of several."""
    if list(shapes[0][2:]) == [COLUMNS]:
        return None  # two classes, or a score and a class
    return columns_of(shapes, BOX_ROWS if len(shapes) == 1 else 0)


def _fits(outputs: Sequence[np.ndarray], size: Size) -> bool:
    first = outputs[0]
    if len(outputs) > 1 or first.ndim != 3:
        return first.ndim == 3
    if cell_count(size) in first.shape[1:]:
        return False
    if first.shape[2] == COLUMNS and np.array_equal(labels := first[..., 5], np.rint(labels)):
        are_corners = np.all(first[..., 2:BOX_ROWS] >= first[..., :2], axis=-1).mean() >= ORDERED
        return are_probabilities(first[..., :5]) and bool(labels.min() >= 0) and not are_corners
    return first.shape[2] > BOX_ROWS and are_probabilities(first)


def _is_sure(outputs: Sequence[np.ndarray], size: Size) -> bool:
    return len(outputs) == 1 and _fits(outputs, size)


def has_authors_end(graph: onnx.GraphProto) -> bool:
    """Return whether a graph is of the authors' exporter, which sorts boxes out by itself."""
    names = {value.name for value in graph.output}
    return {LABELS, BOXES, SCORES} <= names and any(v.name == SIDES for v in graph.input)


def _adapt(model: onnx.ModelProto, classes: int, size: Size) -> None:  # noqa: ARG001
    graph = model.graph
    named = {output.name: output for output in graph.output}
    first = (
        named[BOXES if has_authors_end(graph) else FRACTIONS] if len(named) > 1 else graph.output[0]
    )
    batch, queries, _ = shape_of(first)
    chain = Chain(first.name, TensorProto.FLOAT, COLUMNS, classes)
    stated = metadata_props(model).get("head") == HEAD
    if has_authors_end(graph):
        _fix_sides(graph)
        chain.last = _of_parts(chain)
    elif shape_of(first)[2] == COLUMNS and (stated or classes != COLUMNS - BOX_ROWS):
        chain.last = _of_rows(chain)
    else:
        chain.last = _of_scores(chain, separate=len(named) > 1)
    del graph.output[1:]
    extend_output(graph, chain, [batch, queries, COLUMNS])


def _fix_sides(graph: onnx.GraphProto) -> None:
    """Make the second input a constant, so that boxes stay fractions."""
    (sides,) = (value for value in graph.input if value.name == SIDES)
    dtype = helper.tensor_dtype_to_np_dtype(sides.type.tensor_type.elem_type)
    graph.input.remove(sides)
    graph.initializer.append(numpy_helper.from_array(np.ones((1, 2), dtype), SIDES))


def _of_parts(chain: Chain) -> str:
    axis = chain.constant([2], np.int64)
    parts = [
        chain.add("Cast", chain.last, to=TensorProto.FLOAT),
        *(
            chain.add("Unsqueeze", chain.add("Cast", name, to=TensorProto.FLOAT), axis)
            for name in (SCORES, LABELS)
        ),
    ]
    return chain.add("Concat", *parts, axis=2)


def _corners(chain: Chain) -> list[str]:
    """Add nodes that make corners of centres and sides."""
    chain.last = _turned(chain, chain.last)
    centre = chain.rows(0, 2)
    reach = chain.add("Mul", chain.rows(2, BOX_ROWS), chain.constant(0.5))
    return [chain.add("Sub", centre, reach), chain.add("Add", centre, reach)]


def _of_rows(chain: Chain) -> str:
    """Add nodes that make corners of boxes, where each has one score and one class."""
    corners = _corners(chain)
    chain.last = chain.add("Concat", *corners, chain.rows(BOX_ROWS, COLUMNS), axis=1)
    return chain.add("Transpose", perm=[0, 2, 1])


def _of_scores(chain: Chain, *, separate: bool) -> str:
    """Add nodes that take the best class of each query, and make corners of its box."""
    corners = _corners(chain)
    if separate:
        scores = chain.add("Sigmoid", _turned(chain, LOGITS))
    else:
        scores = chain.rows(BOX_ROWS, BOX_ROWS + chain.classes)
    label = chain.add("ArgMax", scores, axis=1)
    best = chain.add("GatherElements", scores, label, axis=1)
    label = chain.add("Cast", label, to=TensorProto.FLOAT)
    chain.last = _sorted(chain, chain.add("Concat", *corners, best, label, axis=1), best)
    return chain.add("Transpose", perm=[0, 2, 1])


def _sorted(chain: Chain, boxes: str, best: str) -> str:
    """Add nodes that sort the columns of (batch, 6, queries) by their score, the best first."""
    queries = chain.add("Gather", chain.add("Shape", best), chain.constant([2], np.int64))
    order = f"{chain.add('TopK', best, queries, axis=2)}.order"
    chain.nodes[-1].output.append(order)
    rows = chain.constant([1, COLUMNS, 1], np.int64)
    return chain.add("GatherElements", boxes, chain.add("Expand", order, rows), axis=2)


def _turned(chain: Chain, name: str) -> str:
    return chain.add("Transpose", chain.add("Cast", name, to=TensorProto.FLOAT), perm=[0, 2, 1])


FAMILIES.add(
    RTDETR,
    Family(
        models="RT-DETR and D-FINE",
        sentence="It takes images stretched to its input and returns boxes that need no NMS, as "
        "RT-DETR and D-FINE do.",
        classes=_classes,
        fits=_fits,
        is_sure=_is_sure,
        adapt=_adapt,
        choices={"fitting": "stretch"},
        fitted="stretch",
        open_input=True,
        model_class="RTDETRDetectionModel",
    ),
)
