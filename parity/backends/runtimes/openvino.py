"""OpenVINO on the CPU."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.runtimes.runtime import (
    RUNTIMES,
    Runtime,
    Session,
    TensorInfo,
    needing,
    only_input,
    required,
    some_outputs,
)
from parity.errors import UserError, in_one_line
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np

DTYPES = {"f32": "float32", "f16": "float16"}


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
    """Compile a model for the CPU, in the precision that it is stored in.

    By default OpenVINO computes in bfloat16 where the processor can, which would not be the model
    that was exported.
    """
    openvino = required("openvino", "openvino")
    options = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
    }
    try:
        core = openvino.Core()
        model = core.read_model(str(path))
        request = core.compile_model(model, "CPU", options).create_infer_request()
    except RuntimeError as error:
        raise UserError(f"{path}: OpenVINO cannot load it ({in_one_line(error)}).") from None
    version = openvino.__version__.split("-")[0]
    return Session(
        partial(_run, request),
        only_input([_describe(port) for port in model.inputs], path),
        some_outputs([_describe(port) for port in model.outputs], path),
        f"OpenVINO {version} on the CPU",
        installed("openvino"),
        _metadata(model),
    )


def _run(request: Any, tensor: "np.ndarray") -> "list[np.ndarray]":
    found = request.infer([tensor])
    return [each.copy() for each in found.values()]  # OpenVINO reuses its own arrays


def _describe(port: Any) -> TensorInfo:
    shape = tuple(
        axis.get_length() if axis.is_static else str(axis) for axis in port.get_partial_shape()
    )
    kind = port.get_element_type().get_type_name()
    return TensorInfo(_name(port), shape, DTYPES.get(kind, kind))


def _name(port: Any) -> str:
    """Return a name; the ports of OpenVINO's own files may have none."""
    return str(port.get_any_name() if port.get_names() else port.get_node().get_friendly_name())


def _metadata(model: Any) -> dict[str, str]:
    section = "framework"  # where OpenVINO's reader of ONNX puts what it does not need itself
    if not model.has_rt_info([section]):
        return {}
    return {k: value.astype(str) for k, value in model.get_rt_info(section).astype(dict).items()}


RUNTIMES.add(
    "openvino",
    Runtime(
        "OpenVINO",
        load_session,
        suffix=".xml",
        companions=(".bin",),
        precisions=(16, 32),
        check=needing("runtime is openvino", "openvino", requirements="requirements-openvino.txt"),
    ),
)
