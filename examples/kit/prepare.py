"""Prepare an ONNX file of Ultralytics for OpenCV 4.6, which cannot broadcast all shapes.

python prepare.py yolo11n.onnx kit/model.onnx
"""

import sys

import numpy as np
import onnx
from onnx import numpy_helper

BOX = 4


def prepare(model):
    """Give the strides, which the boxes are multiplied by at last, the shape of the boxes."""
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            stored[node.output[0]] = node.attribute[0].t
    products = [node for node in model.graph.node if node.op_type == "Mul"]
    for name in products[-1].input if products else []:
        if name in stored and numpy_helper.to_array(stored[name]).size > 1:
            strides = numpy_helper.to_array(stored[name]).reshape(1, 1, -1)
            full = np.ascontiguousarray(np.broadcast_to(strides, (1, BOX, strides.size)))
            stored[name].CopyFrom(numpy_helper.from_array(full, stored[name].name))
    return model


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python prepare.py exported.onnx prepared.onnx")
    onnx.save(prepare(onnx.load(sys.argv[1])), sys.argv[2])
