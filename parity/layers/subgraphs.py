"""Reading the activations of a graph, and replacing them.

A *layer* is a weighted operator with everything that lies between its output and the layers before
it; the last layer, the *tail*, ends with the output of the graph.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from parity.layers.quantisation import WEIGHTED
from parity.model_files.graph_limits import graph_limit

GIVEN = "__given"
"""Suffix of the input that replaces a tensor of that name."""

UNKNOWN_BYTES = 16_000_000
"""Size assumed of a tensor whose shape is open: more than the largest activation of YOLO11n at
640 px, 6.6 MB; chosen."""


@dataclass(frozen=True)
class Layer:
    """A layer that two graphs have in common."""

    reference: str
    candidate: str
    """Name of its output in each graph."""
    node: str
    """Name of the weighted operator in the reference; of the output if it is the tail."""
    operator: str
    """Its type, or ``tail``."""
    size_bytes: int
    """Of its output as float32; :data:`UNKNOWN_BYTES` where its shape is open."""


def match_layers(
    reference: onnx.ModelProto, candidate: onnx.ModelProto, *, outputs: int = 1
) -> list[Layer]:
    """Return the layers that two graphs have in common, in the order of the reference.

    They are matched by name. Where the exporter gave other names, weighted operators are matched
    by their order, if both graphs have equally many of each type.

    Parameters
    ----------
    reference, candidate : onnx.ModelProto
        The fp32 export and another one of the same network.
    outputs : int
        How many of their outputs count; each has a tail.
    """
    made = {name for node in candidate.graph.node for name in node.output}
    weighted = [node for node in reference.graph.node if node.op_type in WEIGHTED]
    names = {n.output[0]: n.output[0] for n in weighted if n.output[0] in made}
    if 2 * len(names) < len(weighted):
        names = _by_order(weighted, candidate)
    sizes = output_bytes(reference)
    layers = [
        Layer(node.output[0], names[node.output[0]], node.name, node.op_type, sizes[node.output[0]])
        for node in weighted
        if node.output[0] in names
    ]
    ends = zip(*(counted_outputs(model, outputs) for model in (reference, candidate)), strict=True)
    tails = [Layer(ours, theirs, ours, "tail", sizes[ours]) for ours, theirs in ends]
    return [*layers, *tails]


def counted_outputs(model: onnx.ModelProto, outputs: int) -> list[str]:
    """Return the names of the first outputs of a graph."""
    return [value.name for value in model.graph.output[:outputs]]


def _by_order(weighted: list[onnx.NodeProto], candidate: onnx.ModelProto) -> dict[str, str]:
    names: dict[str, str] = {}
    for kind in sorted(WEIGHTED):
        ours = [node.output[0] for node in weighted if node.op_type == kind]
        theirs = [node.output[0] for node in candidate.graph.node if node.op_type == kind]
        if len(ours) == len(theirs):
            names.update(zip(ours, theirs, strict=True))
    return names


def output_bytes(model: onnx.ModelProto) -> dict[str, int]:
    """Return the size as float32 of every tensor of a graph."""
    inferred = onnx.shape_inference.infer_shapes(model)
    sizes = {name: UNKNOWN_BYTES for node in model.graph.node for name in node.output}
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        sides = [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        if sides and all(sides):
            sizes[value.name] = 4 * int(np.prod(sides))
    return sizes


def slices(layers: list[Layer], limit_bytes: int) -> Iterator[list[Layer]]:
    """Yield consecutive layers whose outputs fit into a limit; at least one at a time."""
    current: list[Layer] = []
    for layer in layers:
        if current and sum(each.size_bytes for each in (*current, layer)) > limit_bytes:
            yield current
            current = []
        current.append(layer)
    if current:
        yield current


@dataclass(frozen=True)
class Subgraph:
    """A part of a graph, ready to run."""

    session: onnxruntime.InferenceSession
    inputs: dict[str, np.dtype]
    """The image, and the tensors that are replaced, by name."""
    outputs: list[str]
    """The tensors that it computes."""

    def run(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the outputs by name.

        Parameters
        ----------
        values : mapping of str to ndarray
            By name; more than it needs is allowed.
        """
        fed = {
            name: values[name.removesuffix(GIVEN)].astype(dtype, copy=False)
            for name, dtype in self.inputs.items()
        }
        with graph_limit("the export", "running a part of it"):
            returned = self.session.run(self.outputs, fed)
        return dict(zip(self.outputs, returned, strict=True))


class SubgraphExtractor:
    """A graph from which parts are extracted; it is not changed."""

    def __init__(self, model: onnx.ModelProto, *, outputs: int, threads: int) -> None:
        """Take a model, how many of its outputs count, and the threads of a run of a part."""
        self.model = model
        self.image = model.graph.input[0].name
        self.outputs = counted_outputs(model, outputs)
        self._threads = threads
        self._types = element_types(model)

    def extract(self, outputs: list[str], given: frozenset[str] = frozenset()) -> Subgraph:
        """Return the part of the graph that leads from the image to some tensors.

        Parameters
        ----------
        outputs : list of str
            Tensors to compute, even those among ``given``.
        given : frozenset of str
            Tensors that become inputs: their readers are given them instead of what the graph
            computes.
        """
        nodes = [self._reading(node, given) for node in self.model.graph.node]
        needed = ancestors(nodes, outputs)
        stored = [t for t in self.model.graph.initializer if t.name in needed]
        inputs = [value for value in self.model.graph.input if value.name in needed]
        inputs += [self._value(name, GIVEN) for name in sorted(given) if name + GIVEN in needed]
        graph = helper.make_graph(
            [node for node in nodes if needed & set(node.output)],
            "part",
            inputs,
            [self._value(name) for name in outputs],
            stored,
        )
        part = helper.make_model(
            graph, opset_imports=self.model.opset_import, ir_version=self.model.ir_version
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            part.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        dtypes = {
            value.name: helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
            for value in inputs
        }
        return Subgraph(session, dtypes, outputs)

    def _value(self, name: str, ending: str = "") -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name + ending, self._types[name], None)

    @staticmethod
    def _reading(node: onnx.NodeProto, given: frozenset[str]) -> onnx.NodeProto:
        if given.isdisjoint(node.input):
            return node
        changed = onnx.NodeProto()
        changed.CopyFrom(node)
        for i, name in enumerate(node.input):
            if name in given:
                changed.input[i] = name + GIVEN
        return changed


def ancestors(
    nodes: list[onnx.NodeProto], outputs: list[str], until: frozenset[str] = frozenset()
) -> set[str]:
    """Return the names of the tensors that some tensors are computed from, and their own.

    Parameters
    ----------
    nodes : list of onnx.NodeProto
        A graph.
    outputs : list of str
        Where to start.
    until : frozenset of str
        Tensors that are not followed further, unless they are among ``outputs``.
    """
    makers = {name: node for node in nodes for name in node.output}
    found: set[str] = set()
    queue = list(outputs)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        if name in makers and (name not in until or name in outputs):
            queue += makers[name].input
    return found


def nodes_of(model: onnx.ModelProto, layers: list[Layer], chosen: Layer) -> list[str]:
    """Return the nodes of a layer, see :mod:`parity.layers.subgraphs`.

    Parameters
    ----------
    model : onnx.ModelProto
        The reference.
    layers : list of Layer
        All layers.
    chosen : Layer
        Which one.
    """
    outputs = frozenset(layer.reference for layer in layers)
    needed = ancestors(list(model.graph.node), [chosen.reference], outputs)
    needed -= outputs - {chosen.reference}
    return [node.name for node in model.graph.node if needed & set(node.output)]


def element_types(model: onnx.ModelProto) -> dict[str, int]:
    """Return the ONNX element type of every tensor whose type is known."""
    inferred = onnx.shape_inference.infer_shapes(model)
    values = (*inferred.graph.value_info, *inferred.graph.output, *inferred.graph.input)
    return {value.name: value.type.tensor_type.elem_type for value in values}
