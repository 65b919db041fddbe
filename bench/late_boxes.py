"""What an export would gain if it computed boxes only where an object may be.

The head turns 16 numbers into each side of each of 8,400 boxes, of which a few dozen are ever
looked at. Here the graph is rewritten so that anchors are chosen by their best class first. The
candidates stay the same bits; the workflow does not use it, since it is to run the file that is
shipped, and to see numbers that are none wherever they are.

    python -m bench.late_boxes results/export/yolo11n/fp32.onnx --images images
"""

import argparse
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_images
from parity.detection.decoding import decode

FLOOR = 0.01


def choose_first(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model with a second input, the floor, whose output has only the anchors above it.

    One anchor more follows them, since a convolution refuses none at all.

    Parameters
    ----------
    model : onnx.ModelProto
        An export of fixed shape whose output is raw.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    producers = {name: node for node in graph.node for name in node.output}
    final = producers[graph.output[0].name]
    boxes, scores = final.input
    tail, start = box_arithmetic(boxes, producers)
    anchors = graph.output[0].type.tensor_type.shape.dim[2].dim_value
    axis = numpy_helper.from_array(np.array([1], np.int64), "late/axis")
    zero = numpy_helper.from_array(np.array([0], np.int64), "late/zero")
    graph.initializer.extend([axis, zero])
    chosen = [
        helper.make_node("ReduceMax", [scores, axis.name], ["late/best"], keepdims=0),
        helper.make_node("Greater", ["late/best", "floor"], ["late/above"]),
        helper.make_node("Squeeze", ["late/above", zero.name], ["late/row"]),
        helper.make_node("NonZero", ["late/row"], ["late/found"]),
        helper.make_node("Squeeze", ["late/found", zero.name], ["late/kept"]),
        helper.make_node("Concat", ["late/kept", zero.name], ["late/index"], axis=0),
        helper.make_node("Gather", [start, "late/index"], ["late/start"], axis=2),
        helper.make_node("Gather", [scores, "late/index"], ["late/scores"], axis=2),
    ]
    for node in tail:
        for place, name in enumerate(node.input):
            constant = constants.get(name, np.zeros(0))
            fresh = f"late/{node.name}/{place}"
            if name == start:
                node.input[place] = "late/start"
            elif node.op_type == "Reshape" and place == 1:
                shape = np.where(constant == anchors, -1, constant)
                graph.initializer.append(numpy_helper.from_array(shape, fresh))
                node.input[place] = fresh
            elif constant.ndim and constant.shape[-1] == anchors:
                gather = [name, "late/index"]
                chosen.append(helper.make_node("Gather", gather, [fresh], axis=constant.ndim - 1))
                node.input[place] = fresh
    final.input[1] = "late/scores"
    late = {node.name for node in tail} | {final.name}
    early = [node for node in graph.node if node.name not in late]
    ordered = early + chosen + [node for node in graph.node if node.name in late]
    ordered = [onnx.NodeProto.FromString(node.SerializeToString()) for node in ordered]
    del graph.node[:], graph.value_info[:]
    graph.node.extend(ordered)
    graph.input.append(helper.make_tensor_value_info("floor", TensorProto.FLOAT, []))
    graph.output[0].type.tensor_type.shape.dim[2].dim_param = "kept"
    onnx.checker.check_model(changed)
    return changed


def box_arithmetic(
    boxes: str, producers: dict[str, onnx.NodeProto]
) -> tuple[list[onnx.NodeProto], str]:
    """Return the nodes between the raw sides and the finished boxes, and where they begin."""
    tail: dict[str, onnx.NodeProto] = {}
    queue, start = [boxes], ""
    while queue:
        node = producers.get(queue.pop())
        if node is None or node.op_type == "Constant" or node.name in tail:
            continue
        tail[node.name] = node
        before = producers.get(node.input[0])
        if node.op_type == "Reshape" and before is not None and before.op_type == "Concat":
            start = node.input[0]
        else:
            queue.extend(node.input)
    return list(tail.values()), start


def main() -> None:
    """Print the ratio of processor time and on how many images the candidates agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("onnx", help="an export of fixed shape")
    parser.add_argument("--images", default="images")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=64)
    arguments = parser.parse_args()
    network = OnnxNetwork.load(arguments.onnx, threads=1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    late = choose_first(onnx.load(arguments.onnx)).SerializeToString()
    session = onnxruntime.InferenceSession(late, options, providers=["CPUExecutionProvider"])
    floor = np.array(FLOOR, np.float32)

    def run_late(tensor: np.ndarray) -> Any:
        raw = session.run(None, {network.session.input.name: tensor, "floor": floor})[0][0]
        return decode(raw[:, :-1], FLOOR)

    def run_plain(tensor: np.ndarray) -> Any:
        return decode(network.forward(tensor), FLOOR)

    paths = list(find_images(arguments.images).values())[: arguments.count]
    equal, ratios = 0, []
    for path in paths:
        tensor = network.preprocess(network.read(Path(path)))
        found, expected = run_late(tensor), run_plain(tensor)
        equal += all(np.array_equal(vars(found)[k], vars(expected)[k]) for k in vars(found))
        network.release(tensor)
    for _ in range(arguments.rounds):
        spent = []
        for run in (run_late, run_plain):
            start = time.process_time()
            for _ in range(10):
                run(tensor)
            spent.append(time.process_time() - start)
        ratios.append(spent[0] / spent[1])
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    print(
        f"processor time {median(ratios):.3f} ({spread}), equal on {equal} of {len(paths)} images"
    )


if __name__ == "__main__":
    main()
