"""ExecuTorch on the CPU."""

from functools import partial
from importlib.metadata import version
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


def load_session(
    path: str | Path,
    *,
    threads: int,
    providers: tuple[str, ...],  # noqa: ARG001
) -> Session:
    """Load a ``.pte``; ExecuTorch runs what it was lowered to, with the threads of torch."""
    runtime = required("executorch.runtime", "executorch")
    torch = required("torch", "executorch")
    torch.set_num_threads(threads)
    try:
        method = runtime.Runtime.get().load_program(str(path)).load_method("forward")
        described = method.metadata
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{path}: ExecuTorch cannot load it ({in_one_line(error)}).") from None
    inputs = [
        TensorInfo(f"input{i}", tuple(described.input_tensor_meta(i).sizes()), "float32")
        for i in range(described.num_inputs())
    ]
    outputs = [
        TensorInfo(f"output{i}", tuple(described.output_tensor_meta(i).sizes()), "float32")
        for i in range(described.num_outputs())
    ]
    return Session(
        partial(_run, method, torch.from_numpy),
        only_input(inputs, path),
        some_outputs(outputs, path),
        f"ExecuTorch {version('executorch')} on the CPU",
        installed("executorch"),
    )


def _run(method: Any, as_tensor: Any, tensor: "np.ndarray") -> "list[np.ndarray]":
    import numpy as np  # noqa: PLC0415

    given = as_tensor(np.ascontiguousarray(tensor))  # its Python runtime takes tensors of torch
    return [each.numpy().copy() for each in method.execute([given])]


RUNTIMES.add(
    "executorch",
    Runtime(
        "ExecuTorch",
        load_session,
        reads_onnx=False,
        suffix=".pte",
        precisions=(32,),
        check=needing(
            "runtime is executorch", "executorch", requirements="requirements-executorch.txt"
        ),
    ),
)
