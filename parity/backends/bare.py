"""The floor of the ONNX arm: the runtime on a tensor that is ready, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from parity.backends.onnx_network import OnnxNetwork


def bare_run(
    path: str | Path, image: str | Path, *, threads: int, **runtime: Any
) -> Callable[[], None]:
    """Return a function that runs a model once on the input of an image.

    Parameters
    ----------
    path : str or Path
        An ONNX file that Ultralytics exported.
    image : str or Path
        An image file, read once.
    threads : int
        Threads that a run may use.
    **runtime
        ``runtime`` and ``providers`` of :meth:`parity.backends.onnx_network.OnnxNetwork.load`.
    """
    network = OnnxNetwork.load(path, threads=threads, **runtime)
    tensor = network.preprocess(network.read(Path(image)))
    fed = np.concatenate([tensor] * network.batch).astype(network.dtype, copy=False)

    def run() -> None:
        network.session.run(fed)

    return run


def limit_threads(threads: int) -> None:
    """Let sessions of this process use so many threads, those that others build included.

    Ultralytics leaves the number to ONNX Runtime, which takes all cores.
    """
    build = onnxruntime.InferenceSession.__init__

    def build_limited(session, path, options=None, *args, **keywords):  # type: ignore[no-untyped-def]
        options = options or onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        build(session, path, options, *args, **keywords)

    onnxruntime.InferenceSession.__init__ = build_limited
