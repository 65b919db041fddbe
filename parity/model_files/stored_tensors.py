"""The tensors that a graph stores: initializers, and the values of its constant nodes."""

from collections.abc import Iterator

import onnx

from parity.model_files.graph_limits import nodes_of_graphs


def stored_tensors(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    """Return the initializers of a graph and the tensors in its constant nodes, by name."""
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                found[node.output[0]] = attribute.t
    return found


def all_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Yield the initializers of a graph and the tensors in the attributes of all its nodes."""
    yield from graph.initializer
    for node in nodes_of_graphs(graph.node):
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                yield from inner.initializer
