"""Networks that a deployment may run instead of the one that it is said to run."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from parity.backends.onnx_network import OnnxNetwork
from parity.layers.mixed_precision import make_mixed_fp16
from parity.model_files.bundle import is_bundle
from parity.model_files.description import load_checked
from parity.model_files.weights import is_fp32


def other_networks(
    networks: dict[str, str], export: str, folder: str | Path, *, threads: int
) -> dict[str, Callable[[], OnnxNetwork]]:
    """Return what loads the other exports, and the named one converted to fp16.

    Parameters
    ----------
    networks : dict of str to str
        The ONNX files of the model by the names of their exports.
    export : str
        The one that the deployment is said to run.
    folder : str or Path
        Where the conversion is written; it must be there as long as its network is used.
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
        name = f"{export}_as_fp16"
        converted = Path(folder, f"{name}.onnx")
        found[name] = partial(load_as_fp16, networks[export], converted, threads=threads)
    return found


def load_as_fp16(path: str | Path, converted: Path, *, threads: int) -> OnnxNetwork:
    """Convert an fp32 export to fp16 as Ultralytics converts it, and load the file."""
    make_mixed_fp16(load_checked(path), [], converted)
    return OnnxNetwork.load(converted, threads=threads)
