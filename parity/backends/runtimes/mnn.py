"""MNN on the CPU."""

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
from parity.errors import UserError
from parity.model_files.stored_metadata import metadata_of_json
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
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
    return Session(
        partial(_run, module, mnn.expr),
        only_input(inputs, path),
        some_outputs(outputs, path),
        f"MNN {mnn.version()} on the CPU",
        installed("MNN"),
        metadata_of_json(said.get("bizCode", "")),
    )


def _run(module: Any, expressions: Any, tensor: "np.ndarray") -> "list[np.ndarray]":
    import numpy as np  # noqa: PLC0415

    given = np.ascontiguousarray(tensor)
    returned = module.onForward([expressions.const(given, list(given.shape), expressions.NCHW)])
    if not returned:
        raise RuntimeError("it returned nothing")
    return [each.read().copy() for each in returned]  # MNN reuses its own arrays


RUNTIMES.add(
    "mnn",
    Runtime(
        "MNN",
        load_session,
        reads_onnx=False,
        suffix=".mnn",
        precisions=(8, 16, 32),
        check=needing("runtime is mnn", "MNN", requirements="requirements-mnn.txt"),
        check_converter=needing("format is mnn", "_tools", requirements="requirements-mnn.txt"),
    ),
)
