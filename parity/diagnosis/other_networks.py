"""Networks that a deployment may run instead of the one that it is said to run."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from parity.backends.onnx_network import OnnxNetwork
from parity.layers.mixed_precision import make_mixed_fp16
from parity.model_files.bundle import is_bundle
from parity.model_files.description import load_checked
from parity.model_files.weights import is_fp32


def other_networks(
    networks: dict[str, str], export: str, *, threads: int
) -> dict[str, Callable[[], OnnxNetwork]]:
    """Return what loads the other exports, and the named one converted to fp16.

    Parameters
    ----------
    networks : dict of str to str
        The ONNX files of the model by the names of their exports.
    export : str
        The one that the deployment is said to run.
    threads : int
        Threads that an inference may use.

    Returns
    -------
    dict of str to function
        By the name that a diagnosis gives them. A quantised export is not converted.
    """
    found: dict[str, Callable[[], OnnxNetwork]] = {
        name: partial(OnnxNetwork.load, path, threads=threads)
        for name, path in networks.items()
        if name != export
    }
    if not is_bundle(networks[export]) and is_fp32(networks[export]):
        found[f"{export}_as_fp16"] = partial(load_as_fp16, networks[export], threads=threads)
    return found


def load_as_fp16(path: str | Path, *, threads: int) -> OnnxNetwork:
    """Return an fp32 export converted to fp16 as Ultralytics converts it."""
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder, "fp16.onnx")
        make_mixed_fp16(load_checked(path), [], converted)
        return OnnxNetwork.load(converted, threads=threads)
