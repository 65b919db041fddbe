"""OpenCV's DNN module on the CPU."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.onnx_file import graph_inputs, graph_outputs, metadata_props, read_onnx
from parity.backends.runtimes.runtime import (
    RUNTIMES,
    Runtime,
    TensorInfo,
    only_input,
    some_outputs,
)
from parity.errors import UserError, in_one_line
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np

CRASHES = frozenset(["NonMaxSuppression"])
"""Operators that end the whole process when OpenCV 5.0.0 runs them, instead of an exception;
measured on an export with ``nms: true``."""


@dataclass(frozen=True)
class OpenCvSession:
    """A model that OpenCV has loaded, see :class:`parity.backends.runtimes.runtime.Session`."""

    network: Any
    """What runs it."""
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    executed_by: str
    versions: Mapping[str, str] = field(default_factory=partial(installed, "opencv-python"))
    providers: tuple[str, ...] = ()

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input; OpenCV takes float32 alone."""
        self.network.setInput(tensor.astype("float32", copy=False), self.input.name)
        return list(self.network.forward([output.name for output in self.outputs]))


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> OpenCvSession:  # noqa: ARG001
    """Load a model; ``threads`` holds for all of OpenCV in this process."""
    import cv2  # noqa: PLC0415

    model = read_onnx(path)
    crashing = sorted(CRASHES & {node.op_type for node in model.graph.node})
    if crashing:
        raise UserError(
            f"{path} has {' and '.join(crashing)} in its graph, with which OpenCV "
            f"{cv2.__version__} crashes; use an export without NMS (leave out nms)."
        )
    cv2.setNumThreads(threads)
    try:
        network = cv2.dnn.readNetFromONNX(str(path))
    except cv2.error as error:
        raise UserError(f"{path}: OpenCV cannot load it ({in_one_line(error)}).") from None
    return OpenCvSession(
        network,
        only_input(graph_inputs(model), path),
        some_outputs(graph_outputs(model), path),
        metadata_props(model),
        f"OpenCV {cv2.__version__} on the CPU",
    )


RUNTIMES.add("opencv", Runtime("OpenCV", load_session))
