"""TensorRT engines on an NVIDIA GPU; written after NVIDIA's documentation, never run here."""

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

LENGTH = 4
"""Bytes in which Ultralytics' exporter states the length of the metadata before an engine."""


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
    """Load an engine; it runs only on the kind of GPU and version that it was built with."""
    trt, torch = required("tensorrt", "tensorrt"), required("torch", "tensorrt")
    if not torch.cuda.is_available():
        raise UserError(f"{path}: TensorRT needs an NVIDIA GPU, and there is none here.")
    metadata, plan = split_engine(Path(path).read_bytes())
    engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(plan)
    if engine is None:
        raise UserError(
            f"{path}: TensorRT {trt.__version__} cannot load it; build the engine on this machine."
        )
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    taken: list[TensorInfo] = []
    returned: list[TensorInfo] = []
    for name in names:
        shape = tuple(axis if axis > 0 else "?" for axis in engine.get_tensor_shape(name))
        info = TensorInfo(name, shape, trt.nptype(engine.get_tensor_dtype(name)).__name__)
        is_input = engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT
        (taken if is_input else returned).append(info)
    image, outputs = only_input(taken, path), some_outputs(returned, path)
    return Session(
        partial(_run, torch, engine.create_execution_context(), image, outputs),
        image,
        outputs,
        f"TensorRT {trt.__version__} on {torch.cuda.get_device_name()}",
        installed("tensorrt"),
        metadata,
    )


def _run(
    torch: Any,
    context: Any,
    taken: TensorInfo,
    outputs: tuple[TensorInfo, ...],
    tensor: "np.ndarray",
) -> "list[np.ndarray]":
    stream = torch.cuda.current_stream()
    given = torch.from_numpy(tensor).cuda().to(getattr(torch, taken.dtype)).contiguous()
    context.set_input_shape(taken.name, tuple(given.shape))
    context.set_tensor_address(taken.name, given.data_ptr())
    returned = []
    for output in outputs:
        shape = tuple(context.get_tensor_shape(output.name))
        held = torch.empty(shape, dtype=getattr(torch, output.dtype), device="cuda")
        context.set_tensor_address(output.name, held.data_ptr())
        returned.append(held)
    if not context.execute_async_v3(stream.cuda_stream):
        raise RuntimeError("TensorRT could not execute the engine")
    stream.synchronize()
    return [each.float().cpu().numpy() for each in returned]


def split_engine(content: bytes) -> tuple[dict[str, str], bytes]:
    """Return the metadata that Ultralytics writes before an engine, and the engine."""
    length = int.from_bytes(content[:LENGTH], "little", signed=True)
    if 0 < length < len(content) - LENGTH:
        said = metadata_of_json(content[LENGTH : LENGTH + length])
        return (said, content[LENGTH + length :]) if said else ({}, content)
    return {}, content


RUNTIMES.add(
    "tensorrt",
    Runtime(
        "TensorRT",
        load_session,
        reads_onnx=False,
        suffix=".engine",
        tested=False,
        check=needing("runtime is tensorrt", "tensorrt", requirements="requirements-tensorrt.txt"),
    ),
)
