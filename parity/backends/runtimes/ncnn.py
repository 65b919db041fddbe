"""NCNN on the CPU."""

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
    required,
    some_outputs,
)
from parity.errors import UserError
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np

FLOAT32 = dict.fromkeys(
    ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"), False
)
"""Options that keep NCNN from computing in float16 or bfloat16 where the processor can."""


@dataclass(frozen=True)
class NcnnSession:
    """A model that NCNN has loaded, see :class:`parity.backends.runtimes.runtime.Session`."""

    network: Any
    """What runs it."""
    tensor_type: Any
    """``ncnn.Mat``, what it takes."""
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    executed_by: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=partial(installed, "ncnn"))
    providers: tuple[str, ...] = ()

    def run(self, tensor: "np.ndarray") -> "list[np.ndarray]":
        """Return all outputs for an input; NCNN itself runs one image at a time."""
        import numpy as np  # noqa: PLC0415

        rows = []
        for image in tensor:
            with self.network.create_extractor() as extractor:
                extractor.input(self.input.name, self.tensor_type(np.ascontiguousarray(image)))
                found = [extractor.extract(output.name) for output in self.outputs]
                if any(status != 0 for status, _ in found):
                    raise RuntimeError("NCNN ran out of memory or met a layer that fails")
                rows.append([np.array(returned) for _, returned in found])
        return [np.stack(each) for each in zip(*rows, strict=True)]


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> NcnnSession:  # noqa: ARG001
    """Load a ``.param`` and the ``.bin`` of the same name, to compute in float32."""
    ncnn = required("ncnn", "ncnn")
    network = ncnn.Net()
    for key, value in {**FLOAT32, "use_vulkan_compute": False, "num_threads": threads}.items():
        setattr(network.opt, key, value)
    weights = Path(path).with_suffix(".bin")
    if network.load_param(str(path)) != 0:
        raise UserError(f"{path}: NCNN cannot load it; it is not a .param file of NCNN.")
    if network.load_model(str(weights)) != 0:
        raise UserError(f"{weights}: NCNN cannot load it; it does not fit {Path(path).name}.")
    inputs = [TensorInfo(name, (1, 3, "?", "?"), "float32") for name in network.input_names()]
    outputs = [TensorInfo(name, ("?",), "float32") for name in sorted(network.output_names())]
    return NcnnSession(
        network,
        ncnn.Mat,
        only_input(inputs, path),
        some_outputs(outputs, path),
        f"NCNN {ncnn.__version__} on the CPU",
    )


RUNTIMES.add(
    "ncnn",
    Runtime(
        "NCNN",
        load_session,
        reads_onnx=False,
        suffix=".param",
        companions=(".bin",),
        precisions=(16, 32),
    ),
)
