"""Ends of graphs that return finished boxes otherwise than Ultralytics' exports do.

YOLOv7's exporter for ONNX Runtime returns a row per box, (boxes, 7): number of the image, x1, y1,
x2, y2, class, score. What ends like TensorRT's plugin ``EfficientNMS`` returns the count, boxes,
scores and classes of an image as separate tensors, which are padded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto

from parity.model_files.adapting import BOX_ROWS, Chain, extend_output, shape_of
from parity.model_files.description import baked_thresholds
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.output_layout import FINISHED_COLUMNS

NUMBERED_COLUMNS = 7
"""Number of the image, x1, y1, x2, y2, class and score of a row."""
SCORE, LABEL = 6, 5
"""Where score and class stand in such a row."""
CLASS_NAMES = ("class", "label", "cls")
"""Parts of the names that exporters give to an output of classes."""


@dataclass(frozen=True)
class FinishedEnd:
    """How a graph may return finished boxes.

    Attributes
    ----------
    sentence : str
        What it returns, in words.
    fits : callable
        Whether the outputs of a graph have its shapes.
    join : callable
        Makes (batch, boxes, 6) the only output of a graph.
    """

    sentence: str
    fits: Callable[[onnx.GraphProto], bool]
    join: Callable[[onnx.GraphProto], None]


def finished_end(graph: onnx.GraphProto) -> str:
    """Return the key of :data:`FINISHED_ENDS` that the outputs of a graph have; empty if none."""
    return next((name for name, end in FINISHED_ENDS.items() if end.fits(graph)), "")


def join_finished(model: onnx.ModelProto) -> tuple[str, ...]:
    """Make finished boxes the only output of a model; return how it returned them, if not so.

    Parameters
    ----------
    model : onnx.ModelProto
        Of a detector; modified in place.
    """
    name = finished_end(model.graph)
    if not name:
        return ()
    suppressed = baked_thresholds(model.graph) is not None
    FINISHED_ENDS[name].join(model.graph)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    if suppressed:
        arguments = read_metadata(properties).arguments
        properties["args"] = str({**arguments, "nms": True})
    else:
        properties["end2end"] = str(True)
    del model.metadata_props[:]
    for key, value in properties.items():
        model.metadata_props.add(key=key, value=value)
    return (name,)


def _is_numbered(graph: onnx.GraphProto) -> bool:
    shapes = [shape_of(output) for output in graph.output]
    rows = len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][1] == NUMBERED_COLUMNS
    return rows and baked_thresholds(graph) is not None  # else seven classes of a picture


def _join_numbered(graph: onnx.GraphProto) -> None:
    chain = _chain_behind(graph.output[0])
    chain.last = chain.add("Cast", to=TensorProto.FLOAT)
    columns = chain.constant([*range(1, 1 + BOX_ROWS), SCORE, LABEL], np.int64)
    rows = chain.add("Gather", chain.last, columns, axis=1)
    scores = chain.constant([SCORE], np.int64)
    scores = chain.add("Gather", chain.add("Transpose", perm=[1, 0]), scores, axis=0)
    count = chain.add("Gather", chain.add("Shape", scores), chain.constant([1], np.int64))
    order = f"{chain.add('TopK', scores, count, axis=1)}.order"
    chain.nodes[-1].output.append(order)
    chain.last = chain.add("Gather", rows, order, axis=0)  # (1, boxes, 6), the best first
    extend_output(graph, chain, [1, "boxes", FINISHED_COLUMNS])


def _is_counted(graph: onnx.GraphProto) -> bool:
    return _parts(graph.output) is not None


def _parts(
    outputs: Sequence[onnx.ValueInfoProto],
) -> tuple[onnx.ValueInfoProto, onnx.ValueInfoProto, onnx.ValueInfoProto, str] | None:
    """Return boxes, scores, classes and the name of their count; None if that is not clear."""
    boxes = [each for each in outputs if len(s := shape_of(each)) == 3 and s[2] == BOX_ROWS]
    rest = [each for each in outputs if each not in boxes]
    counts = [each for each in rest if shape_of(each)[1:] in ([], [1]) and _is_whole(each)]
    flat = [each for each in rest if each not in counts and len(shape_of(each)) == 2]
    labels = [each for each in flat if _is_whole(each)] or [
        each for each in flat if any(part in each.name.lower() for part in CLASS_NAMES)
    ]
    scores = [each for each in flat if each not in labels]
    if [len(boxes), len(scores), len(labels), len(counts), len(outputs)] != [1, 1, 1, 1, 4]:
        return None
    return boxes[0], scores[0], labels[0], counts[0].name


def _is_whole(output: onnx.ValueInfoProto) -> bool:
    return output.type.tensor_type.elem_type in (TensorProto.INT32, TensorProto.INT64)


def _join_counted(graph: onnx.GraphProto) -> None:
    parts = _parts(graph.output)
    if parts is None:
        raise ValueError("the graph returns no count, boxes, scores and classes")
    boxes, scores, labels, count = parts
    batch, places, _ = shape_of(boxes)
    chain = _chain_behind(boxes)
    own_axis = chain.constant([0, 0, 1], np.int64)
    length = chain.add("Gather", chain.add("Shape", scores.name), chain.constant(1, np.int64))
    numbers = chain.add("Range", chain.constant(0, np.int64), length, chain.constant(1, np.int64))
    whole = chain.add("Cast", count, to=TensorProto.INT64)
    column = chain.add("Reshape", whole, chain.constant([-1, 1], np.int64))
    counted = chain.add("Cast", chain.add("Less", numbers, column), to=TensorProto.FLOAT)
    best = chain.add("Mul", chain.add("Cast", scores.name, to=TensorProto.FLOAT), counted)
    chain.last = chain.add(
        "Concat",
        chain.add("Cast", boxes.name, to=TensorProto.FLOAT),
        chain.add("Reshape", best, own_axis),
        chain.add("Reshape", chain.add("Cast", labels.name, to=TensorProto.FLOAT), own_axis),
        axis=2,
    )
    del graph.output[1:]
    extend_output(graph, chain, [batch, places, FINISHED_COLUMNS])


def _chain_behind(output: onnx.ValueInfoProto) -> Chain:
    chain = Chain(output.name, TensorProto.FLOAT, FINISHED_COLUMNS, 0)
    chain.name = f"finished.{output.name}"
    return chain


FINISHED_ENDS = {
    "numbered": FinishedEnd(
        "It returns a row per box: number of the image, x1, y1, x2, y2, class and score, as "
        "YOLOv7's exporter does.",
        _is_numbered,
        _join_numbered,
    ),
    "counted": FinishedEnd(
        "It returns the count, boxes, scores and classes of an image as four outputs, as "
        "TensorRT's EfficientNMS does.",
        _is_counted,
        _join_counted,
    ),
}
"""Ends that return finished boxes, by their names in the metadata."""
