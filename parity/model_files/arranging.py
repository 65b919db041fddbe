"""Outputs in another order or in parts: making the predictions of a graph its first output."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper

from parity.model_files.adapting import BOX_ROWS, PREFIX, Chain, extend_output, shape_of
from parity.model_files.feature_maps import join_maps, scales_of

Shape = Sequence[int | str]


@dataclass(frozen=True)
class Arrangement:
    """How the outputs of a graph may be arranged."""

    sentence: str
    undo: Callable[[onnx.GraphProto, int, int], None]
    """Makes the predictions the first output of a graph, given the rows of a raw output and its
    anchors."""


def _move_forward(graph: onnx.GraphProto, rows: int, _cells: int) -> None:
    outputs = [onnx.ValueInfoProto.FromString(each.SerializeToString()) for each in graph.output]
    place = next(i for i, each in enumerate(outputs) if _has_axis(shape_of(each), rows, 3))
    del graph.output[:]
    graph.output.extend([outputs[place], *outputs[:place], *outputs[place + 1 :]])


def _join(graph: onnx.GraphProto, rows: int, _cells: int) -> None:
    first, second = graph.output
    boxes, scores = sorted((first, second), key=lambda each: BOX_ROWS not in shape_of(each)[1:])
    batch, *axes = shape_of(boxes)
    chain = _chain_behind(graph, rows)
    parts = [
        each.name
        if shape_of(each)[1] == length
        else chain.add("Transpose", each.name, perm=[0, 2, 1])
        for each, length in ((boxes, BOX_ROWS), (scores, rows - BOX_ROWS))
    ]
    chain.last = chain.add("Concat", *parts, axis=1)
    anchors = axes[1] if axes[0] == BOX_ROWS else axes[0]
    del graph.output[1]
    extend_output(graph, chain, [batch, rows, anchors])


def _add_batch(graph: onnx.GraphProto, rows: int, _cells: int) -> None:
    shape = shape_of(graph.output[0])
    chain = _chain_behind(graph, rows)
    chain.last = chain.add("Reshape", chain.last, chain.constant([1, *shape], "int64"))
    extend_output(graph, chain, [1, *shape])


def _drop_axes(graph: onnx.GraphProto, rows: int, _cells: int) -> None:
    batch, *axes = shape_of(graph.output[0])
    chain = _chain_behind(graph, rows)
    longer = [axis for axis in axes if axis != 1]
    chain.last = chain.add("Reshape", chain.last, chain.constant([0, *longer], "int64"))
    extend_output(graph, chain, [batch, *longer])


def _chain_behind(graph: onnx.GraphProto, rows: int) -> Chain:
    output = graph.output[0]
    chain = Chain(output.name, output.type.tensor_type.elem_type, rows, rows - BOX_ROWS)
    chain.name = f"arranged.{output.name}"  # another chain may follow the same output
    return chain


ARRANGED = {
    "reordered": Arrangement("Its predictions are not its first output.", _move_forward),
    "apart": Arrangement("It returns boxes and scores as two outputs.", _join),
    "squeezed": Arrangement("Its output lacks the axis of the batch.", _add_batch),
    "nested": Arrangement("Its output has a further axis, of length 1.", _drop_axes),
    "maps": Arrangement(
        "It returns feature maps; the decoding at the end of the head is not in its graph.",
        join_maps,
    ),
}


def arrangement_of(shapes: Sequence[Shape], rows: int, cells: int) -> str:
    """Return a key of :data:`ARRANGED`; empty if the first output holds the predictions.

    Parameters
    ----------
    shapes : sequence of shape
        Of all outputs.
    rows : int
        Rows of a raw output.
    cells : int
        Its anchors, one for each cell of the grids of three scales.
    """
    if _has_axis(shapes[0], rows, 3):
        return ""
    if any(_has_axis(shape, rows, 3) for shape in shapes):
        return "reordered"
    if _has_axis(shapes[0], rows, 2) and all(isinstance(axis, int) for axis in shapes[0]):
        return "squeezed"
    longer = [axis for axis in shapes[0][1:] if axis != 1]
    if len(shapes[0]) == 4 and _has_axis([0, *longer], rows, 3):
        return "nested"
    if classes_apart(shapes, cells) == rows - BOX_ROWS:
        return "apart"
    return "maps" if scales_of([""] * len(shapes), shapes, rows - BOX_ROWS, cells) else ""


def classes_apart(shapes: Sequence[Shape], cells: int) -> int:
    """Return the classes of a file that returns boxes and scores as two outputs; 0 if it does not.

    Parameters
    ----------
    shapes : sequence of shape
        Of all outputs.
    cells : int
        Anchors of a raw output; other detectors return boxes and scores apart, too, but of queries.
    """
    if [len(shape) for shape in shapes] != [3, 3]:
        return 0
    boxes, scores = sorted((list(shape[1:]) for shape in shapes), key=lambda s: BOX_ROWS not in s)
    others = [axis for axis in scores if axis not in boxes]
    anchors = [axis for axis in boxes if axis != BOX_ROWS]
    apart = len(anchors) == len(others) == 1 and isinstance(others[0], int)
    known = apart and (anchors[0] == cells or not isinstance(anchors[0], int))
    return int(others[0]) if known else 0


def put_predictions_first(model: onnx.ModelProto, rows: int, cells: int) -> tuple[str, ...]:
    """Make the predictions of a model its first output; return how they were arranged, if not so.

    Parameters
    ----------
    model : onnx.ModelProto
        Modified in place.
    rows, cells : int
        Rows of a raw output, and its anchors.
    """
    wide = ("wide",) if _narrow(model.graph) else ()
    shapes = [shape_of(each) for each in model.graph.output]
    name = arrangement_of(shapes, rows, cells) if rows > BOX_ROWS else ""
    if not name:
        return wide
    ARRANGED[name].undo(model.graph, rows, cells)
    return (*wide, name)


def _narrow(graph: onnx.GraphProto) -> bool:
    """Make float32 of outputs in float64; return whether there were any."""
    wide = [each for each in graph.output if each.type.tensor_type.elem_type == TensorProto.DOUBLE]
    for output in wide:
        name = f"{PREFIX}narrow.{output.name}"
        graph.node.append(helper.make_node("Cast", [output.name], [name], to=TensorProto.FLOAT))
        output.name, output.type.tensor_type.elem_type = name, TensorProto.FLOAT
    return bool(wide)


def _has_axis(shape: Shape, length: int, axes: int) -> bool:
    """Return whether a shape has so many axes, and one of the last two has a length."""
    return len(shape) == axes and length in shape[-2:]
