"""The order of nodes: as the standard requires, and otherwise unchanged."""

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from parity.model_files.node_order import is_sorted, sort_nodes

CHAIN = {"a": ["images"], "b": ["a"], "c": ["images"], "d": ["b", "c"], "e": ["d"]}
"""Inputs of every node, which is named after its output; sorted, with a branch."""


def graph(order: str, inputs: dict[str, list[str]] | None = None) -> onnx.GraphProto:
    nodes = [helper.make_node("Sum", (inputs or CHAIN)[name], [name], name) for name in order]
    value = helper.make_tensor_value_info
    return helper.make_graph(
        nodes,
        "graph",
        [value("images", TensorProto.FLOAT, [1])],
        [value("e", TensorProto.FLOAT, [1])],
    )


def names(made: onnx.GraphProto) -> str:
    return "".join(node.name for node in made.node)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("abcde", "abcde", "what is sorted stays as it is"),
        ("cabde", "cabde", "in whichever order that is"),
        ("edcba", "cabde", "the smallest index that is possible comes first"),
        ("bcdea", "cabde", "a cast that was appended moves before its reader"),
    ],
)
def test_nodes_are_sorted(before: str, after: str, reason: str) -> None:
    made = graph(before)
    assert is_sorted(made) == (before == after), reason
    sort_nodes(made)
    assert names(made) == after, reason
    assert is_sorted(made)


@given(st.permutations("abcde"))
def test_every_node_comes_after_its_inputs(order: list[str]) -> None:
    made = graph("".join(order))
    sort_nodes(made)
    seen = {"images"}
    for node in made.node:
        assert set(node.input) <= seen
        seen |= set(node.output)
    assert seen == {"images", *CHAIN}


def test_a_cycle_is_an_error() -> None:
    with pytest.raises(ValueError, match="cycle"):
        sort_nodes(graph("ab", {"a": ["b"], "b": ["a"]}))


def test_what_is_left_out_connects_no_nodes() -> None:
    resize = helper.make_node("Resize", ["images", "", "scales"], ["a"], "a")
    best = helper.make_node("TopK", ["a", "k"], ["", "e"], "e")
    made = graph("")
    made.node.extend([resize, best])
    assert is_sorted(made)


def test_a_graph_inside_a_node_comes_after_what_it_reads() -> None:
    body = helper.make_graph(
        [helper.make_node("Neg", ["a"], ["inner"])],
        "body",
        [],
        [helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)],
    )
    made = graph("a")
    made.node.insert(
        0, helper.make_node("If", ["true"], ["e"], "e", then_branch=body, else_branch=body)
    )
    assert not is_sorted(made)
    sort_nodes(made)
    assert names(made) == "ae"
