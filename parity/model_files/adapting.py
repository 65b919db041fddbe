"""Graphs that take or return something else than Ultralytics' exports: making them alike.

What is added before and after a graph makes it take red, green and blue from 0 to 1, (batch, 3,
height, width), and return the raw output of its task, (batch, rows, anchors). The graph itself
stays as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from parity.model_files.cells import Size, cell_centres, grid

PREFIX = "parity."
"""What the names of added tensors and of our own keys of the metadata begin with."""
ADAPTED = f"{PREFIX}adapted"
"""Key of the metadata under which the names of the deviations are written."""
UNLIKE = f"{PREFIX}unlike"
"""Key of the metadata of a file that returns something else than it should; its value says what
it was compared with."""
BOX_ROWS = 4
"""cx, cy, width and height of a raw output."""
CHANNELS = 3
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and standard deviation of red, green and blue from 0 to 1, as torchvision applies them."""
OPSET = 13
DEEPSTREAM_COLUMNS = 6
FINISHED_ROWS = 6
"""Numbers of a finished box: corners, score and class."""
INTEGERS = ("uint8", "int8", "uint16", "int16", "int32", "int64")
"""Element types of an input that holds pixel values."""
TYPES = (*INTEGERS, "double")
"""Element types of an input that say by themselves how it deviates."""
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)


class Chain:
    """Nodes that follow one another, and the constants that they need."""

    def __init__(
        self, first: str, dtype: int, rows: int, classes: int, size: Size = (0, 0)
    ) -> None:
        self.last, self.row_count, self.classes, self.size = first, rows, classes, size
        self.name = first.removeprefix(PREFIX)
        self.dtype = helper.tensor_dtype_to_np_dtype(dtype)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, values: Any, dtype: Any = None) -> str:
        """Return the name of a constant; of the chain's type, unless another is given."""
        name = f"{PREFIX}{self.name}.constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, dtype or self.dtype), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, which takes what the last one returned unless inputs are given."""
        name = f"{PREFIX}{self.name}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs or [self.last], [name], **attributes))
        return name

    def rows(self, first: int, end: int) -> str:
        """Add a node that takes some of the rows of what the last one returned."""
        indices = self.constant(range(first, end), np.int64)
        return self.add("Gather", self.last, indices, axis=1)


@dataclass(frozen=True)
class Deviation:
    """Something that a graph takes or returns otherwise."""

    sentence: str
    extend: Callable[[Chain], str]
    """Adds to a chain what undoes it, and returns the name of the result."""


def _bgr(chain: Chain) -> str:
    return chain.add("Gather", chain.last, chain.constant([2, 1, 0], np.int64), axis=1)


def _pixels(chain: Chain) -> str:
    scaled = chain.add("Mul", chain.last, chain.constant(255))
    half = chain.constant(0.5)
    return chain.add("Floor", chain.add("Add", scaled, half))


def _symmetric(chain: Chain) -> str:
    doubled = chain.add("Mul", chain.last, chain.constant(2))
    return chain.add("Sub", doubled, chain.constant(1))


def _standardised(chain: Chain) -> str:
    mean, deviation = (np.array(each).reshape(1, CHANNELS, 1, 1) for each in IMAGENET)
    moved = chain.add("Sub", chain.last, chain.constant(mean))
    return chain.add("Div", moved, chain.constant(deviation))


def _integers(chain: Chain, dtype: str) -> str:
    kind = TensorProto.DataType.Value(dtype.upper())
    return chain.add("Cast", _pixels(chain), to=kind)


def _double(chain: Chain) -> str:
    return chain.add("Cast", to=TensorProto.DOUBLE)


def _int8(chain: Chain) -> str:
    middle = chain.constant(128)
    return chain.add("Cast", chain.add("Sub", _pixels(chain), middle), to=TensorProto.INT8)


def _nhwc(chain: Chain) -> str:
    return chain.add("Transpose", perm=[0, 2, 3, 1])


def _transposed(chain: Chain) -> str:
    return chain.add("Transpose", perm=[0, 2, 1])


def _logits(chain: Chain) -> str:
    end = BOX_ROWS + chain.classes
    parts = [chain.rows(0, BOX_ROWS), chain.add("Sigmoid", chain.rows(BOX_ROWS, end))]
    if end < chain.row_count:
        parts.append(chain.rows(end, chain.row_count))
    return chain.add("Concat", *parts, axis=1)


def _percent(chain: Chain) -> str:
    scales = np.ones((1, chain.row_count, 1))
    scales[0, BOX_ROWS : BOX_ROWS + chain.classes] = 0.01
    return chain.add("Mul", chain.last, chain.constant(scales))


def _y_first(chain: Chain) -> str:
    rows = [1, 0, 3, 2, *range(BOX_ROWS, chain.row_count)]
    return chain.add("Gather", chain.last, chain.constant(rows, np.int64), axis=1)


def _fractions(chain: Chain) -> str:
    height, width = chain.size
    scales = np.ones((1, chain.row_count, 1))
    scales[0, :BOX_ROWS, 0] = width, height, width, height
    return chain.add("Mul", chain.last, chain.constant(scales))


def _cells(chain: Chain) -> str:
    _, strides = grid(chain.size)
    scales = np.ones((1, chain.row_count, strides.size))
    scales[0, :BOX_ROWS] = strides
    return chain.add("Mul", chain.last, chain.constant(scales))


def _distances(chain: Chain) -> str:
    centres = chain.constant(cell_centres(chain.size)[None])
    least = chain.add("Sub", centres, chain.rows(0, 2))
    most = chain.add("Add", centres, chain.rows(2, BOX_ROWS))
    rest = chain.rows(BOX_ROWS, chain.row_count)
    return chain.add("Concat", *_centred(chain, least, most), rest, axis=1)


def _edges(chain: Chain) -> str:
    rest = chain.rows(BOX_ROWS, chain.row_count)
    return chain.add("Concat", *_centred(chain, *_pairs(chain)), rest, axis=1)


def _corners(chain: Chain) -> str:
    chain.last = chain.add("Transpose", perm=[0, 2, 1])
    return chain.add("Concat", *_centred(chain, *_pairs(chain)), _spread(chain), axis=1)


def _pairs(chain: Chain) -> tuple[str, str]:
    """Add nodes that take the first two and the next two rows."""
    return chain.rows(0, 2), chain.rows(2, BOX_ROWS)


def _centred(chain: Chain, least: str, most: str) -> tuple[str, str]:
    """Add nodes that make centres and sides of x1, y1 and of x2, y2."""
    centre = chain.add("Mul", chain.add("Add", least, most), chain.constant(0.5))
    return centre, chain.add("Sub", most, least)


def _centres(chain: Chain) -> str:
    chain.last = chain.add("Transpose", perm=[0, 2, 1])
    return chain.add("Concat", chain.rows(0, BOX_ROWS), _spread(chain), axis=1)


def _middles(chain: Chain) -> str:
    centre, sides = _pairs(chain)
    reach = chain.add("Mul", sides, chain.constant(0.5))
    least, most = chain.add("Sub", centre, reach), chain.add("Add", centre, reach)
    return chain.add("Concat", least, most, chain.rows(BOX_ROWS, chain.row_count), axis=1)


def _sides(chain: Chain) -> str:
    least, sides = _pairs(chain)
    most = chain.add("Add", least, sides)
    return chain.add("Concat", least, most, chain.rows(BOX_ROWS, chain.row_count), axis=1)


def _labels_first(chain: Chain) -> str:
    rows = [0, 1, 2, 3, 5, 4, *range(BOX_ROWS + 2, chain.row_count)]
    return chain.add("Gather", chain.last, chain.constant(rows, np.int64), axis=1)


def _spread(chain: Chain) -> str:
    """Add nodes that make a row per class of the best score and its class."""
    score, label = chain.rows(4, 5), chain.rows(5, 6)
    ids = chain.constant(np.arange(chain.classes).reshape(1, -1, 1))
    kind = helper.np_dtype_to_tensor_dtype(chain.dtype)
    chosen = chain.add("Cast", chain.add("Equal", label, ids), to=kind)
    return chain.add("Mul", score, chosen)


DEEPSTREAM = "the best score and its class for each anchor, as DeepStream-Yolo exports do"
TAKEN = {
    "bgr": Deviation("It takes blue, green and red; exchanging them is part of its graph.", _bgr),
    "pixels": Deviation(
        "It takes pixel values from 0 to 255; dividing them by 255 is part of its graph.", _pixels
    ),
    "symmetric": Deviation(
        "It takes values from -1 to 1; making them values from 0 to 1 is part of its graph.",
        _symmetric,
    ),
    "standardised": Deviation(
        "It takes values that ImageNet's mean and standard deviation were applied to; undoing that "
        "is part of its graph.",
        _standardised,
    ),
    **{
        dtype: Deviation(
            f"It takes {dtype} pixel values, from 0 to 255.", partial(_integers, dtype=dtype)
        )
        for dtype in INTEGERS
    },
    "int8": Deviation("It takes int8: pixel values less 128, from -128 to 127.", _int8),
    "double": Deviation("It takes float64.", _double),
    "nhwc": Deviation("It takes (batch, height, width, channels).", _nhwc),
}
"""What a graph may take, in the order in which it is undone."""
SCALED = ("pixels", "symmetric", "standardised")
"""Ranges of values, of which a graph takes one."""

RETURNED = {
    "transposed": Deviation(
        "Its output is transposed: (batch, anchors, rows) instead of (batch, rows, anchors).",
        _transposed,
    ),
    "logits": Deviation(
        "Its scores are logits; the sigmoid at the end of the network is not in its graph.", _logits
    ),
    "percent": Deviation("Its scores are from 0 to 100 instead of from 0 to 1.", _percent),
    "y_first": Deviation("Its boxes state y before x.", _y_first),
    "fractions": Deviation(
        "Its boxes are fractions of the sides of its input instead of pixels.", _fractions
    ),
    "cells": Deviation(
        "Its boxes are in cells of the grid of their scale instead of pixels.", _cells
    ),
    "distances": Deviation(
        "Its boxes are distances from the centre of a cell to the left, top, right and bottom.",
        _distances,
    ),
    "edges": Deviation("Its boxes are x1, y1, x2, y2 instead of cx, cy, width, height.", _edges),
    "corners": Deviation(f"It returns x1, y1, x2, y2, {DEEPSTREAM}; NMS comes after it.", _corners),
    "centres": Deviation(
        f"It returns cx, cy, width, height, {DEEPSTREAM}; NMS comes after it.", _centres
    ),
}
"""What a graph may return."""

FINISHED = {
    "labels_first": Deviation("The class stands before the score of each box.", _labels_first),
    "y_first": RETURNED["y_first"],
    "fractions": RETURNED["fractions"],
    "middles": Deviation(
        "Its boxes are cx, cy, width, height instead of x1, y1, x2, y2.", _middles
    ),
    "sides": Deviation("Its boxes are x1, y1, width, height instead of x1, y1, x2, y2.", _sides),
}
"""What a graph may return that returns finished boxes, (batch, boxes, 6)."""


def forced(shape: Sequence[int | str], dtype: str) -> tuple[str, ...]:
    """Return how an input deviates by its shape and type alone."""
    stated = (dtype,) if dtype in TYPES else ()
    channels_last = len(shape) == 4 and shape[3] == CHANNELS and shape[1] != CHANNELS
    return stated + (("nhwc",) if channels_last else ())


def apply_chain(
    names: Sequence[str],
    array: np.ndarray,
    rows: int,
    classes: int,
    size: Size = (0, 0),
    *,
    kinds: Mapping[str, Deviation] | None = None,
) -> np.ndarray:
    """Return an input as a graph takes it, or an output as an adapted graph returns it.

    Parameters
    ----------
    names : sequence of str
        Deviations, keys of ``kinds``.
    array : ndarray
        An input, (1, 3, H, W), or an output as the graph returns it.
    rows, classes : int
        Rows of a raw output, and classes among them.
    size : tuple of int
        Height and width of the input, px; deviations of coordinates need it.
    kinds : mapping of str to Deviation, optional
        By default those of inputs and outputs.
    """
    dtype = helper.np_dtype_to_tensor_dtype(array.dtype)
    chain = _chain(names, kinds or TAKEN | RETURNED, Chain("given", dtype, rows, classes, size))
    if not chain.nodes:
        return array
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415  half a second

    graph = helper.make_graph(
        chain.nodes,
        "chain",
        [helper.make_tensor_value_info("given", dtype, list(array.shape))],
        [helper.make_tensor_value_info(chain.last, TensorProto.UNDEFINED, None)],
        chain.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    with np.errstate(over="ignore"):  # of the exponential in a sigmoid
        (returned,) = ReferenceEvaluator(model).run(None, {"given": array})
    return np.asarray(returned)


def _chain(names: Sequence[str], kinds: Mapping[str, Deviation], chain: Chain) -> Chain:
    for name, kind in kinds.items():
        if name in names:
            chain.last = kind.extend(chain)
    return chain


def adapt(
    model: onnx.ModelProto,
    names: Sequence[str],
    rows: int,
    classes: int,
    size: Size = (0, 0),
) -> None:
    """Add to a graph what undoes deviations, and write their names into its metadata.

    Parameters
    ----------
    model : onnx.ModelProto
        Modified in place.
    names : sequence of str
        Keys of :data:`TAKEN`, and of :data:`RETURNED` or :data:`FINISHED`.
    rows : int
        Rows of the raw output; 0 if it returns finished boxes.
    classes : int
        Classes of the network.
    size : tuple of int
        Height and width of its input, px; boxes in fractions or cells need it.
    """
    graph = model.graph
    if set(names) & set(TAKEN):
        image = image_of(graph)
        kind, shape = image.type.tensor_type.elem_type, shape_of(image)
        dtype = kind if kind in FLOATS else TensorProto.FLOAT
        chain = _chain(names, TAKEN, Chain(f"{PREFIX}image", dtype, rows, classes))
        chain.nodes[-1].output[0] = image.name
        if "nhwc" in names:
            shape = [shape[0], shape[3], shape[1], shape[2]]
        _insert(graph, chain, first=True)
        image.CopyFrom(_value_info(f"{PREFIX}image", dtype, shape))
    if not rows and set(names) & set(FINISHED):
        shape = shape_of(graph.output[0])
        chain = output_chain(graph, FINISHED_ROWS, classes)
        chain.size = size
        chain.last = chain.add("Transpose", perm=[0, 2, 1])
        chain = _chain(names, FINISHED, chain)
        chain.last = chain.add("Transpose", perm=[0, 2, 1])
        extend_output(graph, chain, shape)
    if rows and set(names) & set(RETURNED):
        shape = shape_of(graph.output[0])
        batch, first, second = shape if len(shape) == 3 else (0, 0, 0)
        anchors = second if first == rows else first
        chain = output_chain(graph, rows, classes)
        chain.size = size
        extend_output(graph, _chain(names, RETURNED, chain), [batch, rows, anchors])
    model.metadata_props.add(key=ADAPTED, value=" ".join(names))


def output_chain(graph: onnx.GraphProto, rows: int, classes: int) -> Chain:
    """Return an empty chain that follows the first output of a graph."""
    output = graph.output[0]
    return Chain(output.name, output.type.tensor_type.elem_type, rows, classes)


def extend_output(graph: onnx.GraphProto, chain: Chain, shape: Sequence[int | str]) -> None:
    """Put a chain behind a graph; the first output becomes what it returns, of a shape."""
    _insert(graph, chain, first=False)
    dtype = helper.np_dtype_to_tensor_dtype(chain.dtype)
    graph.output[0].CopyFrom(_value_info(chain.last, dtype, shape))


def _value_info(name: str, dtype: int, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    """Return the description of a tensor; an axis of 0 is open."""
    return helper.make_tensor_value_info(name, dtype, [axis or None for axis in shape])


def image_of(graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    """Return the first input of a graph that is not stored in it."""
    stored = {tensor.name for tensor in graph.initializer}
    image: onnx.ValueInfoProto = next(v for v in graph.input if v.name not in stored)
    return image


def count_channels(graph: onnx.GraphProto) -> bool:
    """Make the second of four open axes of an image 3, its channels; return whether it was open."""
    stored = {tensor.name for tensor in graph.initializer}
    image = next((value for value in graph.input if value.name not in stored), None)
    axes = list(image.type.tensor_type.shape.dim) if image else []
    if len(axes) != 4 or any(axis.dim_value for axis in axes[1:]):
        return False
    axes[1].dim_value = CHANNELS
    return True


def _insert(graph: onnx.GraphProto, chain: Chain, *, first: bool) -> None:
    nodes = [*chain.nodes, *graph.node] if first else [*graph.node, *chain.nodes]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(chain.constants)


def shape_of(value: onnx.ValueInfoProto) -> list[int | str]:
    """Return a shape; an open axis has a name, or 0."""
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
