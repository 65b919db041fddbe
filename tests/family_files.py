"""Small ONNX files that return what networks of other families do: given numbers, for any image."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2
"""Of strides 8, 16 and 32."""


def write_network(
    path: Path,
    outputs: dict[str, np.ndarray],
    *,
    side: int | str = SIDE,
    second_input: str = "",
    opset: int = 17,
) -> Path:
    """Write a network that returns arrays, to which nothing of the image is added.

    Parameters
    ----------
    path : Path
        The file.
    outputs : dict of str to ndarray
        What it returns, by name, with the axis of the batch.
    side : int or str
        Height and width of its input, px.
    second_input : str
        Name of a second input, (batch, 2) int64; the first output is multiplied by it, twice over.
    opset : int
        Of the standard.
    """
    image = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side, side])
    constants = [
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
    ]
    nodes = [
        helper.make_node("GlobalAveragePool", ["images"], ["pooled"]),
        helper.make_node("Mul", ["pooled", "zero"], ["none"]),
        helper.make_node("Reshape", ["none", "whole"], ["flat"]),
        helper.make_node("Gather", ["flat", "first"], ["nothing"]),
    ]
    constants += [
        numpy_helper.from_array(np.array([-1], np.int64), "whole"),
        numpy_helper.from_array(np.array(0, np.int64), "first"),
    ]
    returned = []
    for name, array in outputs.items():
        constants.append(numpy_helper.from_array(array, f"{name}.numbers"))
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        nodes.append(helper.make_node("Cast", ["nothing"], [f"{name}.nothing"], to=kind))
        nodes.append(helper.make_node("Add", [f"{name}.numbers", f"{name}.nothing"], [name]))
        returned.append(helper.make_tensor_value_info(name, kind, list(array.shape)))
    inputs = [image]
    if second_input:
        constants.append(numpy_helper.from_array(np.array([1], np.int64), "one"))
        inputs.append(helper.make_tensor_value_info(second_input, TensorProto.INT64, [1, 2]))
        (boxes,) = (node for node in nodes if node.output[0] == "boxes")
        boxes.output[0] = "fractions"
        nodes += [
            helper.make_node("Cast", [second_input], ["sides"], to=TensorProto.FLOAT),
            helper.make_node("Concat", ["sides", "sides"], ["both"], axis=1),
            helper.make_node("Unsqueeze", ["both", "one"], ["scale"]),
            helper.make_node("Mul", ["fractions", "scale"], ["boxes"]),
        ]
    graph = helper.make_graph(nodes, "network", inputs, returned, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path
