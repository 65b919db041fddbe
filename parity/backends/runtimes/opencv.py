"""OpenCV's DNN module on the CPU."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.runtimes.runtime import (
    RUNTIMES,
    Runtime,
    TensorInfo,
    only_input,
    some_outputs,
)
from parity.errors import UserError, in_one_line

if TYPE_CHECKING:
    import numpy as np

CRASHES = frozenset(["NonMaxSuppression"])
"""Operators that end the whole process when OpenCV 5.0.0 runs them, instead of an exception;
measured on an export with ``nms: true``."""


@dataclass(frozen=True)
class OpenCvSession:
    """A model that OpenCV has loaded, see :class:`parity.backends.runtimes.runtime.Session`.

    Attributes
    ----------
    network : cv2.dnn.Net
        What runs it.
    """

    network: Any
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    executed_by: str
    package: str = "opencv-python"
    providers: tuple[str, ...] = ()

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input; OpenCV takes float32 alone."""
        self.network.setInput(tensor.astype("float32", copy=False), self.input.name)
        return list(self.network.forward([output.name for output in self.outputs]))


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> OpenCvSession:  # noqa: ARG001
    """Load a model; ``threads`` holds for all of OpenCV in this process."""
    import cv2  # noqa: PLC0415
    import onnx  # noqa: PLC0415

    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf and onnx share no base class
        raise UserError(f"{path} is not a valid ONNX model: {in_one_line(error)}") from None
    crashing = sorted(CRASHES & {node.op_type for node in model.graph.node})
    if crashing:
        raise UserError(
            f"{path} has {' and '.join(crashing)} in its graph, at which OpenCV "
            f"{cv2.__version__} crashes; use an export without NMS (leave out nms)."
        )
    cv2.setNumThreads(threads)
    try:
        network = cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        raise UserError(f"{path}: OpenCV cannot load it ({in_one_line(error)}).") from None
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [_describe(value) for value in model.graph.input if value.name not in stored]
    return OpenCvSession(
        network,
        only_input(inputs, path),
        some_outputs([_describe(value) for value in model.graph.output], path),
        {entry.key: entry.value for entry in model.metadata_props},
        f"OpenCV {cv2.__version__} on the CPU",
    )


def _describe(value: Any) -> TensorInfo:
    from onnx.helper import tensor_dtype_to_np_dtype  # noqa: PLC0415

    tensor = value.type.tensor_type
    shape = tuple(
        axis.dim_value if axis.HasField("dim_value") else axis.dim_param or "?"
        for axis in tensor.shape.dim
    )
    return TensorInfo(value.name, shape, tensor_dtype_to_np_dtype(tensor.elem_type).name)


RUNTIMES.add("opencv", Runtime("OpenCV", load_session))
