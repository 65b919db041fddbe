"""OpenVINO on the CPU."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.runtimes.runtime import RUNTIMES, TensorInfo, only_input, some_outputs
from parity.errors import UserError, in_one_line

if TYPE_CHECKING:
    import numpy as np

DTYPES = {"f32": "float32", "f16": "float16"}


@dataclass(frozen=True)
class OpenVinoSession:
    """A model that OpenVINO has compiled, see :class:`parity.backends.runtimes.runtime.Session`.

    Attributes
    ----------
    request : openvino.InferRequest
        What runs it.
    """

    request: Any
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    executed_by: str
    package: str = "openvino"

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input."""
        found = self.request.infer({self.input.name: tensor})
        return [each.copy() for each in found.values()]  # OpenVINO reuses its own arrays


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> OpenVinoSession:  # noqa: ARG001
    """Compile a model for the CPU, in the precision that it is stored in.

    By default OpenVINO computes in bfloat16 where the processor can, which would not be the model
    that was exported.
    """
    try:
        openvino = importlib.import_module("openvino")
    except ImportError:
        raise UserError(
            "runtime is openvino, which is not installed here; "
            "pip install -r requirements-openvino.txt."
        ) from None
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
    return OpenVinoSession(
        request,
        only_input([_describe(port) for port in model.inputs], path),
        some_outputs([_describe(port) for port in model.outputs], path),
        _metadata(model),
        f"OpenVINO {version} on the CPU",
    )


def _describe(port: Any) -> TensorInfo:
    shape = tuple(
        axis.get_length() if axis.is_static else str(axis) for axis in port.get_partial_shape()
    )
    kind = port.get_element_type().get_type_name()
    return TensorInfo(port.get_any_name(), shape, DTYPES.get(kind, kind))


def _metadata(model: Any) -> dict[str, str]:
    section = "framework"  # where OpenVINO's reader of ONNX puts what it does not need itself
    if not model.has_rt_info([section]):
        return {}
    return {k: value.astype(str) for k, value in model.get_rt_info(section).astype(dict).items()}


RUNTIMES.add("openvino", load_session)
