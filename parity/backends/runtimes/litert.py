"""LiteRT, formerly TensorFlow Lite, on the CPU."""

import io
import zipfile
from dataclasses import dataclass
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
from parity.errors import UserError, in_one_line
from parity.integrity import tells_of_damage
from parity.model_files.stored_metadata import metadata_of_json
from parity.provenance import versions as installed

if TYPE_CHECKING:
    import numpy as np

FLOATS = ("float32", "float16")
METADATA = "metadata.json"
"""What Ultralytics' exporter calls its metadata, in a ZIP archive that follows the model."""
LARGEST_METADATA = 1_000_000
"""Bytes of it that are read, at most; chosen: a few thousand class names."""


@dataclass(frozen=True)
class Quantised:
    """A tensor as the file stores it: ``real = scale * (stored - zero_point)``.

    LiteRT's quantisation specification gives the formula.
    """

    index: int
    """Of the tensor."""
    dtype: Any
    """Stored type."""
    scale: float
    """0 where a tensor is not quantised."""
    zero_point: int
    """What stands for 0."""

    def stored(self, values: "np.ndarray") -> "np.ndarray":
        """Return real values as the file takes them, rounded and clipped to its type."""
        import numpy as np  # noqa: PLC0415

        if self.dtype.name in FLOATS:
            return values.astype(self.dtype, copy=False)
        limits = np.iinfo(self.dtype)
        steps = np.rint(values / (self.scale or 1.0)) + self.zero_point
        stored: np.ndarray = np.clip(steps, limits.min, limits.max).astype(self.dtype)
        return stored

    def real(self, values: "np.ndarray") -> "np.ndarray":
        """Return the real values of what the file returns."""
        if self.dtype.name in FLOATS or not self.scale:
            return values.astype("float32", copy=False)
        return (values.astype("float32") - self.zero_point) * self.scale


def load_session(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:  # noqa: ARG001
    """Load a ``.tflite``; it runs in the precision that it is stored in."""
    module = required("ai_edge_litert.interpreter", "litert")
    version = required("ai_edge_litert", "litert").__version__
    content = Path(path).read_bytes()
    try:
        interpreter = module.Interpreter(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{path}: LiteRT cannot load it ({in_one_line(error)}).") from None
    taken = only_input([_describe(each) for each in inputs], path)
    return Session(
        partial(_run, interpreter, _quantised(inputs[0]), list(map(_quantised, outputs))),
        taken,
        some_outputs([_describe(each) for each in outputs], path),
        f"LiteRT {version} on the CPU",
        installed("ai-edge-litert"),
        read_appended(content),
    )


def _run(
    interpreter: Any, taken: Quantised, returned: list[Quantised], tensor: "np.ndarray"
) -> "list[np.ndarray]":
    """Return all outputs for an input, both as real values."""
    interpreter.set_tensor(taken.index, taken.stored(tensor))
    interpreter.invoke()
    return [each.real(interpreter.get_tensor(each.index)) for each in returned]


def read_appended(content: bytes) -> dict[str, str]:
    """Return the metadata that follows a model; empty if there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(METADATA) as stream:
            return metadata_of_json(stream.read(LARGEST_METADATA))
    except Exception as error:
        if not tells_of_damage(error):
            raise
        return {}


def _describe(detail: dict[str, Any]) -> TensorInfo:
    shape = tuple(int(axis) if axis > 0 else "?" for axis in detail["shape_signature"])
    return TensorInfo(detail["name"], shape, "float32")


def _quantised(detail: dict[str, Any]) -> Quantised:
    import numpy as np  # noqa: PLC0415

    scale, zero_point = detail["quantization"]
    return Quantised(detail["index"], np.dtype(detail["dtype"]), float(scale), int(zero_point))


RUNTIMES.add(
    "litert",
    Runtime(
        "LiteRT",
        load_session,
        reads_onnx=False,
        suffix=".tflite",
        precisions=(8, 32),
        check=needing(
            "runtime is litert", "ai_edge_litert", requirements="requirements-litert.txt"
        ),
        check_converter=needing(
            "format is litert",
            "litert_torch",
            "ai_edge_quantizer",
            requirements="requirements-litert-convert.txt",
        ),
    ),
)
