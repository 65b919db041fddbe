"""ONNX Runtime, with its execution providers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
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
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime

PROVIDERS = ("CPUExecutionProvider",)
DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16"}


@dataclass(frozen=True)
class OnnxRuntimeSession:
    """A model that ONNX Runtime loaded, see :class:`parity.backends.runtimes.runtime.Session`."""

    session: "onnxruntime.InferenceSession"
    """What runs it."""
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    executed_by: str
    providers: tuple[str, ...]
    versions: Mapping[str, str] = field(default_factory=partial(installed, "onnxruntime"))

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input."""
        returned: list[np.ndarray] = self.session.run(None, {self.input.name: tensor})
        return returned


def load_session(
    path: str | Path, *, threads: int, providers: tuple[str, ...]
) -> OnnxRuntimeSession:
    """Load a model; it runs on the providers that are available, see :attr:`Session.providers`."""
    import onnxruntime  # noqa: PLC0415  0.1 s

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(path, options, providers=list(providers))
        metadata = session.get_modelmeta().custom_metadata_map
    except Exception as error:  # onnxruntime's exceptions share no base class
        raise UserError(f"{path}: ONNX Runtime cannot load it ({in_one_line(error)}).") from None
    taken, outputs = (
        only_input(session.get_inputs(), path),
        some_outputs(session.get_outputs(), path),
    )
    used = session.get_providers()
    return OnnxRuntimeSession(
        session,
        _describe(taken),
        tuple(map(_describe, outputs)),
        metadata,
        used[0],
        tuple(used),
    )


def _describe(value: Any) -> TensorInfo:
    return TensorInfo(value.name, tuple(value.shape), DTYPES.get(value.type, value.type))


RUNTIMES.add("onnxruntime", Runtime("ONNX Runtime", load_session))
