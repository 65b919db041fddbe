"""Preprocessing that is part of a graph, found in its first nodes."""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import numpy_helper

from parity.model_files.adapting import CHANNELS, image_of
from parity.model_files.stored_tensors import stored_tensors

PASSED = frozenset(["Cast", "Identity", "Transpose", "Unsqueeze"])
"""Operators that leave the numbers of an image as they are."""
LARGE = 2.0
"""What is divided by more, or has more subtracted from it, is no number from 0 to 1; chosen."""
SMALL = 0.1
"""What is multiplied by less is no number from 0 to 1, either; chosen, above 1 / 57."""


def built_in_preprocessing(model: onnx.ModelProto) -> tuple[str, ...]:
    """Return how the first nodes of a graph show that it takes another input.

    Returns
    -------
    tuple of str
        Keys of :data:`parity.model_files.adapting.TAKEN`: ``bgr`` and ``pixels``.
    """
    graph = model.graph
    constants = {
        name: numpy_helper.to_array(tensor) for name, tensor in stored_tensors(graph).items()
    }
    found, name = set(), image_of(graph).name
    while True:
        users = [node for node in graph.node if name in node.input]
        if len(users) != 1:
            break
        (node,) = users
        others = [constants[each] for each in node.input if each in constants]
        if node.op_type == "Gather" and others and others[0].tolist() == [2, 1, 0]:
            found.add("bgr")
        elif node.op_type in OPERATIONS and others and others[-1].size in (1, CHANNELS):
            found |= {"pixels"} if OPERATIONS[node.op_type](others[-1]) else set()
        elif node.op_type not in PASSED:
            break
        name = node.output[0]
    return tuple(sorted(found))


def _is_large(values: np.ndarray) -> bool:
    return bool(np.abs(values).max() > LARGE)


def _is_small(values: np.ndarray) -> bool:
    return bool(np.abs(values).max() < SMALL)


OPERATIONS: dict[str, Callable[[np.ndarray], bool]] = {
    "Div": _is_large,
    "Sub": _is_large,
    "Mul": _is_small,
    "Add": lambda _: False,
    "Clip": _is_large,
}
"""Whether an operator with a constant shows that it is fed with pixel values, by operator."""
