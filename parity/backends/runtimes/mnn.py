"""MNN on the CPU."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.runtimes.runtime import (
    RUNTIMES,
    Runtime,
    TensorInfo,
    only_input,
    required,
    some_outputs,
)
from parity.errors import UserError
from parity.model_files.stored_metadata import metadata_of
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class MnnSession:
    """A model that MNN has loaded, see :class:`parity.backends.runtimes.runtime.Session`."""

    module: Any
    expressions: Any
    """What runs it, and ``MNN.expr``, which makes its input."""
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    executed_by: str
    versions: Mapping[str, str] = field(default_factory=partial(installed, "MNN"))
    providers: tuple[str, ...] = ()

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input."""
        import numpy as np  # noqa: PLC0415

        given = np.ascontiguousarray(tensor)
        taken = self.expressions.const(given, list(given.shape), self.expressions.NCHW)
        returned = self.module.onForward([taken])
        if not returned:
            raise RuntimeError("it returned nothing")
        return [each.read().copy() for each in returned]  # MNN reuses its own arrays


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> MnnSession:  # noqa: ARG001
    """Load a ``.mnn``, to compute in float32."""
    mnn = required("MNN", "mnn")
    options = {"precision": "high", "backend": "CPU", "numThread": threads}
    try:
        runtime = mnn.nn.create_runtime_manager((options,))
        module = mnn.nn.load_module_from_file(
            str(path), [], [], runtime_manager=runtime, rearrange=True
        )
        said = module.get_info()
    except (RuntimeError, ValueError, SystemError, TypeError):
        raise UserError(f"{path}: MNN cannot load it; it is not an MNN model.") from None
    inputs = [
        TensorInfo(name, tuple(axis if axis > 0 else "?" for axis in each.shape), "float32")
        for name, each in zip(said["inputNames"], said["inputs"], strict=True)
    ]
    outputs = [TensorInfo(name, ("?",), "float32") for name in said["outputNames"]]
    return MnnSession(
        module,
        mnn.expr,
        only_input(inputs, path),
        some_outputs(outputs, path),
        _metadata(said),
        f"MNN {mnn.version()} on the CPU",
    )


def _metadata(said: dict[str, Any]) -> dict[str, str]:
    with suppress(ValueError):
        return metadata_of(json.loads(said.get("bizCode", "")))
    return {}


RUNTIMES.add(
    "mnn", Runtime("MNN", load_session, reads_onnx=False, suffix=".mnn", precisions=(8, 16, 32))
)
