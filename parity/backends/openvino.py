"""Which runtime executes an export: ONNX Runtime with its providers, or OpenVINO."""

import importlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from parity.backends.onnxruntime import OnnxNetwork
from parity.errors import UserError

log = logging.getLogger(__name__)

OPENVINO = "openvino"


def load_network(
    path: str | Path, *, runtime: str, providers: list[str], threads: int
) -> OnnxNetwork:
    """Load a model for the runtime that the configuration names.

    Parameters
    ----------
    path : str or Path
        An ONNX file that Ultralytics exported.
    runtime : str
        ``onnxruntime`` or ``openvino``.
    providers : list of str
        Execution providers of ONNX Runtime, the preferred first.
    threads : int
        Threads that an inference may use.

    Raises
    ------
    UserError
        If the runtime is not installed, does not know a provider, or cannot load the model.
    """
    if runtime == OPENVINO:
        network = OnnxNetwork.load(path, threads=threads)
        session: Any = OpenVinoSession.load(path, threads=threads)
        return replace(network, session=session)
    network = OnnxNetwork.load(path, threads=threads, providers=tuple(providers))
    used = network.session.get_providers()
    for provider in providers:
        if provider not in used:
            log.warning("%s was asked for but is not to be had; %s is used", provider, used[0])
    return network


@dataclass(frozen=True)
class OpenVinoSession:
    """A model compiled by OpenVINO, with the interface of an ``onnxruntime.InferenceSession``.

    Attributes
    ----------
    request : openvino.InferRequest
        What runs it.
    version : str
        Of OpenVINO.
    """

    request: Any
    version: str

    @classmethod
    def load(cls, path: str | Path, *, threads: int) -> "OpenVinoSession":
        """Compile a model for the CPU, in the precision that it is stored in.

        By default OpenVINO computes in bfloat16 where the processor can, which would not be the
        model that was exported.

        Raises
        ------
        UserError
            If OpenVINO is not installed or refuses the model.
        """
        try:
            openvino = importlib.import_module("openvino")
        except ImportError:
            raise UserError(
                "runtime is openvino, which is not installed here; "
                "pip install -r requirements-openvino.txt."
            ) from None
        options = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
        }
        try:
            compiled = openvino.Core().compile_model(str(path), "CPU", options)
        except RuntimeError as error:
            raise UserError(f"{path}: OpenVINO cannot load it ({error}).") from None
        return cls(compiled.create_infer_request(), openvino.__version__.split("-")[0])

    def run(self, names: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return all outputs for the inputs by name; names of outputs cannot be given."""
        if names is not None:
            raise NotImplementedError("outputs are returned all together")
        return [np.array(value) for value in self.request.infer(inputs).values()]

    def get_providers(self) -> list[str]:
        """Return what runs the model."""
        return [f"OpenVINO {self.version} on the CPU"]
