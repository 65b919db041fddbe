"""OpenCV's DNN module on the CPU."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.onnx_file import graph_inputs, graph_outputs, read_onnx
from parity.backends.runtimes.runtime import (
    RUNTIMES,
    Runtime,
    Session,
    only_input,
    some_outputs,
)
from parity.errors import UserError, in_one_line
from parity.model_files.stored_metadata import metadata_props
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np

CRASHES = frozenset(["NonMaxSuppression"])
"""Operators that end the whole process when OpenCV 5.0.0 runs them, instead of an exception;
measured on an export with ``nms: true``."""


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
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
    taken, outputs = only_input(graph_inputs(model), path), some_outputs(graph_outputs(model), path)
    return Session(
        partial(_run, network, taken.name, [output.name for output in outputs]),
        taken,
        outputs,
        f"OpenCV {cv2.__version__} on the CPU",
        installed("opencv-python"),
        metadata_props(model),
    )


def _run(network: Any, taken: str, outputs: list[str], tensor: "np.ndarray") -> "list[np.ndarray]":
    """Return all outputs for an input; OpenCV takes float32 alone."""
    network.setInput(tensor.astype("float32", copy=False), taken)
    return list(network.forward(outputs))


RUNTIMES.add("opencv", Runtime("OpenCV", load_session))
