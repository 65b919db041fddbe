"""What an ONNX file says of itself."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import onnx

from parity.errors import UserError
from parity.files import atomic

EXPORT = "export/1"


def load_checked(path: str | Path) -> onnx.ModelProto:
    """Load an ONNX file and let ``onnx.checker`` judge it.

    Raises
    ------
    UserError
        If it is no ONNX file or breaks the standard.
    """
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist.") from None
    except Exception as error:  # protobuf and the checker share no base class
        sentence = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path} is not a valid ONNX model: {sentence}") from None
    return model


def take_given(given: str | Path, destination: str | Path) -> None:
    """Copy an ONNX file that the user ships; weights that lie beside it are taken into it."""
    model = load_checked(given)
    external = any(t.data_location == onnx.TensorProto.EXTERNAL for t in _bare_initializers(given))
    with atomic(destination) as temporary:
        if external:
            onnx.save(model, temporary)
        else:
            shutil.copyfile(given, temporary)


def _bare_initializers(path: str | Path) -> list[onnx.TensorProto]:
    return list(onnx.load(path, load_external_data=False).graph.initializer)


def describe(model: onnx.ModelProto, size_bytes: int) -> dict[str, Any]:
    """Return what identifies a model.

    Parameters
    ----------
    model : onnx.ModelProto
        A loaded model.
    size_bytes : int
        Size of its file.

    Returns
    -------
    dict
        ``sha256`` (of the model without metadata, so that the time of export does not count),
        ``bytes``, ``opset``, ``ir_version``, ``producer``, ``inputs`` and ``outputs`` (name,
        shape, dtype), ``operators`` (count by type) and ``metadata``.
    """
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.metadata_props[:]
    operators = Counter(node.op_type for node in model.graph.node)
    return {
        "sha256": hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest(),
        "bytes": size_bytes,
        "opset": next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx")),
        "ir_version": model.ir_version,
        "producer": f"{model.producer_name} {model.producer_version}".strip(),
        "inputs": [_describe_value(value) for value in model.graph.input],
        "outputs": [_describe_value(value) for value in model.graph.output],
        "operators": dict(sorted(operators.items())),
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
    }


def _describe_value(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    return {
        "name": value.name,
        "shape": [axis.dim_param or axis.dim_value for axis in tensor.shape.dim],
        "dtype": onnx.TensorProto.DataType.Name(tensor.elem_type).lower(),
    }
