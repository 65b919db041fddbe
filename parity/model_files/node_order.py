"""Bringing the nodes of a graph into the order that the standard demands."""

from collections.abc import Iterator

import onnx


def is_sorted(graph: onnx.GraphProto) -> bool:
    """Return whether every node stands behind those that make its inputs."""
    made = {name for node in graph.node for name in node.output}
    seen: set[str] = set()
    for node in graph.node:
        if any(name in made and name not in seen for name in node.input):
            return False
        seen.update(node.output)
    return True


def sort_nodes(graph: onnx.GraphProto) -> None:
    """Move nodes of a graph before those that need them; the others keep their order.

    ONNX Runtime's conversion to float16, which Ultralytics uses, appends the casts of the inputs
    at the end; ONNX Runtime loads that, the standard and its checker do not allow it.

    Parameters
    ----------
    graph : onnx.GraphProto
        Modified in place.
    """
    if is_sorted(graph):
        return
    nodes = list(graph.node)
    makers = {name: i for i, node in enumerate(nodes) for name in node.output}
    placed: dict[int, None] = {}
    entered: set[int] = set()
    for first in range(len(nodes)):
        stack: list[tuple[int, Iterator[str]]] = [(first, iter(nodes[first].input))]
        while stack:
            i, names = stack[-1]
            entered.add(i)
            needed = next((makers[n] for n in names if makers.get(n, i) not in entered), None)
            if needed is not None:
                stack.append((needed, iter(nodes[needed].input)))
            else:
                placed[i] = None
                stack.pop()
    del graph.node[:]
    graph.node.extend(nodes[i] for i in placed)
