"""Converting a checkpoint to a runtime's own format, with the converter that belongs to it."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx

from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.loading import load_model_in
from parity.backends.runtime_files import files_of
from parity.backends.runtimes.litert import METADATA
from parity.backends.runtimes.runtime import RUNTIMES, required
from parity.errors import UserError, in_one_line
from parity.model_files.stored_metadata import metadata_props

BITS = {8: ["--weightQuantBits", "8"], 16: ["--fp16"], 32: []}
"""Arguments of MNN's converter by bits per weight."""


@contextmanager
def converted(
    checkpoint: str | Path, kind: str, *, imgsz: list[int], quantize: int, batch: int
) -> Iterator[list[Path]]:
    """Yield the files of a runtime's own that a checkpoint is converted to.

    Parameters
    ----------
    checkpoint : str or Path
        What rule ``load_checkpoint`` wrote.
    kind : str
        The runtime.
    imgsz : list of int
        Height and width of the input, px.
    quantize : int
        Bits per weight.
    batch : int
        Images per run.

    Raises
    ------
    UserError
        If a package is not installed, or the conversion fails.
    """
    RUNTIMES[kind].check()
    RUNTIMES[kind].check_converter()
    with tempfile.TemporaryDirectory() as folder:
        options: dict[str, Any] = {"imgsz": imgsz, "batch": batch}
        try:
            if kind == "mnn":
                exported = convert_to_mnn(checkpoint, Path(folder), options, quantize)
            else:
                half = {"quantize": quantize} if quantize == 16 else {}
                loaded = load_model_in(folder, checkpoint)
                exported = Path(loaded.export(format=kind, device="cpu", **options, **half))
                if kind == "litert" and quantize == 8:
                    exported = with_int8_weights(exported)
        except UserError:
            raise
        except Exception as error:  # each converter raises errors of its own
            raise UserError(f"the conversion to {kind} failed ({in_one_line(error)}).") from None
        yield files_of(exported)


def with_int8_weights(path: Path) -> Path:
    """Return a ``.tflite`` whose weights are in int8, as Google's quantiser makes it of another.

    It needs no photographs: LiteRT quantises what flows between layers while it runs.
    """
    quantizer = required("ai_edge_quantizer", "litert-convert")
    made = quantizer.Quantizer(str(path))
    made.load_quantization_recipe(quantizer.recipe.dynamic_wi8_afp32())
    destination = path.with_stem("int8")
    made.quantize().export_model(str(destination))
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(destination, "a") as archive:
        archive.writestr(METADATA, before.read(METADATA))
    return destination


def convert_to_mnn(
    checkpoint: str | Path, folder: Path, options: dict[str, Any], quantize: int
) -> Path:
    """Convert a checkpoint by way of ONNX, and return the file.

    Ultralytics' exporter imports ``MNN.tools``, which installs packages and reports to a server as
    soon as it is imported; the converter itself is ``_tools``, which does neither.
    """
    plain, made = folder / "plain.onnx", folder / "model.mnn"
    export_onnx(checkpoint, plain, opset=18, simplify=True, **options)
    said = metadata_props(onnx.load(plain))
    arguments = ["-f", "ONNX", "--modelFile", str(plain), "--MNNModel", str(made)]
    arguments += ["--bizCode", json.dumps(said), *BITS[quantize]]
    required("_tools", "mnn").mnnconvert(["", *arguments])
    if not made.is_file():
        raise UserError("MNN's converter wrote no file.")
    return made
