"""ExecuTorch on the CPU."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
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
from parity.errors import UserError, in_one_line
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class ExecuTorchSession:
    """A model that ExecuTorch has loaded, see :class:`parity.backends.runtimes.runtime.Session`."""

    method: Any
    as_tensor: Any
    """What runs it, and what makes its input of an array: its Python runtime takes tensors of
    torch."""
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    executed_by: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=partial(installed, "executorch"))
    providers: tuple[str, ...] = ()

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input."""
        import numpy as np  # noqa: PLC0415

        given = self.as_tensor(np.ascontiguousarray(tensor))
        return [each.numpy().copy() for each in self.method.execute([given])]


def load_session(
    path: str | Path,
    *,
    threads: int,
    providers: tuple[str, ...],  # noqa: ARG001
) -> ExecuTorchSession:
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
    return ExecuTorchSession(
        method,
        torch.from_numpy,
        only_input(inputs, path),
        some_outputs(outputs, path),
        f"ExecuTorch {version('executorch')} on the CPU",
    )


RUNTIMES.add(
    "executorch",
    Runtime("ExecuTorch", load_session, reads_onnx=False, suffix=".pte", precisions=(32,)),
)
