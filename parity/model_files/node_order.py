"""Sorting the nodes of a graph into the order that the ONNX standard requires."""

import heapq
from collections.abc import Iterator
from graphlib import TopologicalSorter

import onnx

from parity.model_files.graph_limits import nodes_of_graphs


def is_sorted(graph: onnx.GraphProto) -> bool:
    """Return whether every node comes after those that compute its inputs."""
    return all(place == node for place, node in enumerate(_sorted_indices(graph)))


def sort_nodes(graph: onnx.GraphProto) -> None:
    """Move nodes after those that compute their inputs; a sorted graph stays as it is.

    ONNX Runtime's conversion to float16, which Ultralytics uses, appends the casts of the inputs
    at the end; ONNX Runtime loads that, but the standard and its checker do not allow it.

    Parameters
    ----------
    graph : onnx.GraphProto
        Modified in place.

    Raises
    ------
    graphlib.CycleError
        If a node needs its own output.
    """
    nodes = list(graph.node)
    order = list(_sorted_indices(graph))
    del graph.node[:]
    graph.node.extend(nodes[i] for i in order)


def _sorted_indices(graph: onnx.GraphProto) -> Iterator[int]:
    """Yield the indices of the nodes in a sorted order, the smallest that is possible first."""
    makers = {name: i for i, node in enumerate(graph.node) for name in node.output if name}
    needed = [
        {makers[name] for each in nodes_of_graphs([node]) for name in each.input if name in makers}
        for node in graph.node
    ]
    sorter = TopologicalSorter(dict(enumerate(needed)))
    sorter.prepare()
    ready: list[int] = []
    while sorter.is_active():
        for i in sorter.get_ready():
            heapq.heappush(ready, i)
        i = heapq.heappop(ready)
        yield i
        sorter.done(i)
