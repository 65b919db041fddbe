"""What a graph may cost before it is refused: time, memory, and nodes with expanded functions."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import onnx

from parity.cost_limit import MostCost, cost_limit
from parity.errors import UserError
from parity.limits import Limits

MOST_NODES = 20_000
"""Nodes of a graph whose functions are expanded; chosen: YOLO11x has a thousand."""

Name = tuple[str, str]
"""Domain and name of a function."""


def graph_limit(path: str | Path, doing: str, *, images: int = 1) -> AbstractContextManager[None]:
    """Return a context that ends this process with a sentence if a graph costs too much.

    Parameters
    ----------
    path : str or Path
        Its file.
    doing : str
        What is done with it, such as ``loading it``.
    images : int
        On how many images it runs.
    """
    limits = Limits.current()
    seconds, megabytes = limits.graph_seconds * images, limits.graph_mb * images
    return cost_limit(
        MostCost(
            seconds=seconds,
            megabytes=megabytes,
            too_long=f"{path}: {doing} took longer than {seconds:g} s and was stopped, since its "
            "graph may hold a loop without end; if it is only slow, raise limits.graph_seconds.",
            too_large=f"{path}: {doing} took more than {megabytes:g} MB of memory and was stopped; "
            "if the model is only large, raise limits.graph_mb.",
            died=f"{path}: {doing} ended the process; the file is damaged or made for another "
            "version of its runtime, unless memory ran out or the job was killed.",
        )
    )


def check_expansion(model: onnx.ModelProto, path: str | Path) -> None:
    """Check that the functions of a model, each of which may call others twice, stay bounded.

    Raises
    ------
    UserError
        If they call each other in a circle or expand to more than :data:`MOST_NODES` nodes.
    """
    bodies = {(f.domain, f.name): list(nodes_of_graphs(f.node)) for f in model.functions}
    calls = {
        name: [(node.domain, node.op_type) for node in nodes] for name, nodes in bodies.items()
    }
    sizes: dict[Name, int] = {}
    try:
        for name in TopologicalSorter(
            {name: set(called) & set(calls) for name, called in calls.items()}
        ).static_order():
            sizes[name] = sum(sizes.get(called, 1) for called in calls[name])
    except CycleError:
        raise UserError(
            f"{path} has functions that call each other in a circle; export the model again."
        ) from None
    expanded = sum(sizes.get((n.domain, n.op_type), 1) for n in nodes_of_graphs(model.graph.node))
    if expanded > MOST_NODES:
        raise UserError(
            f"{path} has more than {MOST_NODES:,} nodes once its functions are expanded; export "
            "the model without functions."
        )


def nodes_of_graphs(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Yield nodes and those of the graphs inside them."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from nodes_of_graphs(graph.node)
