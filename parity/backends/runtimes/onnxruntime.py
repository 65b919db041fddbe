"""ONNX Runtime, with its execution providers."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.runtimes.runtime import (
    RUNTIMES,
    Runtime,
    Session,
    TensorInfo,
    only_input,
    some_outputs,
)
from parity.errors import UserError, in_one_line

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime

PROVIDERS = ("CPUExecutionProvider",)
ON_NVIDIA = {"CUDAExecutionProvider": {"use_tf32": "0"}, "TensorrtExecutionProvider": {}}
"""Providers that run on NVIDIA's GPUs, and the options that make them compute in float32.

CUDA's default, TF32, keeps 10 of 23 bits of the factors of every convolution.
"""
DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16"}


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:
    """Load a model; it runs on the providers that are available, see :attr:`Session.providers`."""
    import onnxruntime  # noqa: PLC0415  0.1 s

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    if ON_NVIDIA.keys() & set(providers):
        onnxruntime.preload_dlls()  # of the packages nvidia-*, which no loader's path names
    chosen = [(name, ON_NVIDIA.get(name, {})) for name in providers]
    try:
        session = onnxruntime.InferenceSession(path, options, providers=chosen)
        metadata = session.get_modelmeta().custom_metadata_map
    except Exception as error:  # onnxruntime's exceptions share no base class
        raise UserError(f"{path}: ONNX Runtime cannot load it ({in_one_line(error)}).") from None
    taken = only_input([_describe(each) for each in session.get_inputs()], path)
    used = session.get_providers()
    return Session(
        partial(_run, session, taken.name),
        taken,
        some_outputs([_describe(each) for each in session.get_outputs()], path),
        used[0],
        {"onnxruntime": onnxruntime.__version__},
        metadata,
        tuple(used),
    )


def _run(
    session: "onnxruntime.InferenceSession", taken: str, tensor: "np.ndarray"
) -> "list[np.ndarray]":
    returned: list[np.ndarray] = session.run(None, {taken: tensor})
    return returned


def _describe(value: Any) -> TensorInfo:
    return TensorInfo(value.name, tuple(value.shape), DTYPES.get(value.type, value.type))


RUNTIMES.add("onnxruntime", Runtime("ONNX Runtime", load_session))
