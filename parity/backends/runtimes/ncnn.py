"""NCNN on the CPU."""

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
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np

FLOAT32 = dict.fromkeys(
    ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"), False
)
"""Options that keep NCNN from computing in float16 or bfloat16 where the processor can."""


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
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
    image = only_input(inputs, path)
    return Session(
        partial(_run, network, ncnn.Mat, image.name, [output.name for output in outputs]),
        image,
        some_outputs(outputs, path),
        f"NCNN {ncnn.__version__} on the CPU",
        installed("ncnn"),
    )


def _run(
    network: Any, make_input: Any, taken: str, outputs: list[str], tensor: "np.ndarray"
) -> "list[np.ndarray]":
    """Return all outputs for an input; NCNN itself runs one image at a time."""
    import numpy as np  # noqa: PLC0415

    rows = []
    for image in tensor:
        with network.create_extractor() as extractor:
            extractor.input(taken, make_input(np.ascontiguousarray(image, np.float32)).clone())
            found = [extractor.extract(output) for output in outputs]
            if any(status != 0 for status, _ in found):
                raise RuntimeError("NCNN ran out of memory or met a layer that fails")
            rows.append([np.array(returned) for _, returned in found])
    return [np.stack(each) for each in zip(*rows, strict=True)]


RUNTIMES.add(
    "ncnn",
    Runtime(
        "NCNN",
        load_session,
        reads_onnx=False,
        suffix=".param",
        companions=(".bin",),
        precisions=(16, 32),
        check=needing("runtime is ncnn", "ncnn", requirements="requirements-ncnn.txt"),
        check_converter=needing("format is ncnn", "pnnx", requirements="requirements-ncnn.txt"),
    ),
)
