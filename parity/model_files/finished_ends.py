"""Ends of graphs that return finished boxes otherwise than Ultralytics' exports do.

YOLOv7's exporter for ONNX Runtime returns a row per box, (boxes, 7): number of the image, x1, y1,
x2, y2, class, score. What ends like TensorRT's plugin ``EfficientNMS`` returns the count, boxes,
scores and classes of an image as separate tensors, which are padded. Graphs that somebody put
together by hand return (boxes, 6), or boxes, scores and classes without a count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import onnx
from onnx import TensorProto

from parity.model_files.adapting import BOX_ROWS, Chain, extend_output, shape_of
from parity.model_files.description import baked_thresholds
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.families.rtdetr import has_authors_end
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


def _has_rows(graph: onnx.GraphProto, columns: int) -> bool:
    shapes = [shape_of(output) for output in graph.output]
    rows = len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][1] == columns
    return rows and baked_thresholds(graph) is not None  # else the classes of a picture


def _join_numbered(graph: onnx.GraphProto) -> None:
    chain = _chain_behind(graph.output[0])
    chain.last = chain.add("Cast", to=TensorProto.FLOAT)
    columns = chain.constant([*range(1, 1 + BOX_ROWS), SCORE, LABEL], np.int64)
    chain.last = chain.add("Gather", chain.last, columns, axis=1)
    _add_batch(graph, chain)


def _join_unnumbered(graph: onnx.GraphProto) -> None:
    chain = _chain_behind(graph.output[0])
    chain.last = chain.add("Cast", to=TensorProto.FLOAT)
    _add_batch(graph, chain)


def _add_batch(graph: onnx.GraphProto, chain: Chain) -> None:
    """Make (1, boxes, 6) of rows, (boxes, 6), and sort them by their scores."""
    rows = chain.last
    score = chain.constant([BOX_ROWS], np.int64)
    scores = chain.add("Gather", chain.add("Transpose", perm=[1, 0]), score, axis=0)
    count = chain.add("Gather", chain.add("Shape", scores), chain.constant([1], np.int64))
    order = f"{chain.add('TopK', scores, count, axis=1)}.order"
    chain.nodes[-1].output.append(order)
    chain.last = chain.add("Gather", rows, order, axis=0)
    extend_output(graph, chain, [1, "boxes", FINISHED_COLUMNS])


@dataclass(frozen=True)
class Parts:
    """Outputs that hold finished boxes; the count is empty where there is none."""

    boxes: onnx.ValueInfoProto
    scores: onnx.ValueInfoProto
    labels: onnx.ValueInfoProto
    count: str = ""


def _parts(graph: onnx.GraphProto, axes: int) -> Parts | None:
    """Return boxes, of so many axes, scores and classes; None if that is not clear."""
    if has_authors_end(graph) or len(graph.output) not in (3, 4):
        return None
    shapes = {each.name: shape_of(each) for each in graph.output}
    boxes = [o for o in graph.output if len(s := shapes[o.name]) == axes and s[-1] == BOX_ROWS]
    rest = [each for each in graph.output if each not in boxes]
    counts = [
        o
        for o in rest
        if len(rest) == 3
        and shapes[o.name][1:] in ([], [1])
        and (_is_whole(o) or len(shapes[o.name]) < axes - 1)
    ]
    flat = [o for o in rest if o not in counts and len(shapes[o.name]) == axes - 1]
    labels = [each for each in flat if _is_whole(each)] or [
        each for each in flat if any(part in each.name.lower() for part in CLASS_NAMES)
    ]
    scores = [each for each in flat if each not in labels]
    if [len(boxes), len(scores), len(labels)] != [1, 1, 1] or len(counts) != len(rest) - 2:
        return None
    return Parts(boxes[0], scores[0], labels[0], counts[0].name if counts else "")


def _is_whole(output: onnx.ValueInfoProto) -> bool:
    return output.type.tensor_type.elem_type in (TensorProto.INT32, TensorProto.INT64)


def _join_parts(graph: onnx.GraphProto, axes: int) -> None:
    parts = _parts(graph, axes)
    if parts is None:
        raise ValueError("the graph returns no boxes, scores and classes")
    chain = _chain_behind(parts.boxes)
    own_axis = chain.constant([0] * (axes - 1) + [1], np.int64)
    best, label = (
        chain.add("Cast", part.name, to=TensorProto.FLOAT) for part in (parts.scores, parts.labels)
    )
    if parts.count:
        best = chain.add("Mul", best, _counted(chain, best, parts.count))
    chain.last = chain.add(
        "Concat",
        chain.add("Cast", parts.boxes.name, to=TensorProto.FLOAT),
        chain.add("Reshape", best, own_axis),
        chain.add("Reshape", label, own_axis),
        axis=axes - 1,
    )
    batch, places, *_ = shape_of(parts.boxes)
    del graph.output[1:]
    if axes == 2:
        _add_batch(graph, chain)
    else:
        extend_output(graph, chain, [batch, places, FINISHED_COLUMNS])


def _counted(chain: Chain, scores: str, count: str) -> str:
    """Add nodes that make 1 of what counts, and 0 of what pads, (batch, boxes)."""
    length = chain.add("Gather", chain.add("Shape", scores), chain.constant(1, np.int64))
    numbers = chain.add("Range", chain.constant(0, np.int64), length, chain.constant(1, np.int64))
    whole = chain.add("Cast", count, to=TensorProto.INT64)
    column = chain.add("Reshape", whole, chain.constant([-1, 1], np.int64))
    return chain.add("Cast", chain.add("Less", numbers, column), to=TensorProto.FLOAT)


def _chain_behind(output: onnx.ValueInfoProto) -> Chain:
    chain = Chain(output.name, TensorProto.FLOAT, FINISHED_COLUMNS, 0)
    chain.name = f"finished.{output.name}"
    return chain


FINISHED_ENDS = {
    "numbered": FinishedEnd(
        "It returns a row per box: number of the image, x1, y1, x2, y2, class and score, as "
        "YOLOv7's exporter does.",
        partial(_has_rows, columns=NUMBERED_COLUMNS),
        _join_numbered,
    ),
    "unnumbered": FinishedEnd(
        "Its output, a row per box, lacks the axis of the batch.",
        partial(_has_rows, columns=FINISHED_COLUMNS),
        _join_unnumbered,
    ),
    "counted": FinishedEnd(
        "It returns boxes, scores and classes of an image as outputs of their own, as TensorRT's "
        "EfficientNMS does.",
        lambda graph: _parts(graph, 3) is not None,
        partial(_join_parts, axes=3),
    ),
    "parted": FinishedEnd(
        "It returns boxes, scores and classes as outputs of their own, without the axis of the "
        "batch.",
        lambda graph: _parts(graph, 2) is not None,
        partial(_join_parts, axes=2),
    ),
}
"""Ends that return finished boxes, by their names in the metadata."""
