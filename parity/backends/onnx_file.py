"""What an ONNX file takes and returns, for runtimes that do not say so."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.backends.runtimes.runtime import TensorInfo
from parity.errors import UserError, in_one_line

if TYPE_CHECKING:
    import onnx


def read_onnx(path: str | Path) -> "onnx.ModelProto":
    """Read a model without weights that lie beside it.

    Raises
    ------
    UserError
        If it is no ONNX file.
    """
    import onnx  # noqa: PLC0415  planning imports this module

    try:
        return onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf and onnx share no base class
        raise UserError(f"{path} is not a valid ONNX model: {in_one_line(error)}") from None


def graph_inputs(model: "onnx.ModelProto") -> list[TensorInfo]:
    """Return the inputs of a model that are not stored in it."""
    stored = {tensor.name for tensor in model.graph.initializer}
    return [describe_value(value) for value in model.graph.input if value.name not in stored]


def graph_outputs(model: "onnx.ModelProto") -> list[TensorInfo]:
    """Return the outputs of a model."""
    return [describe_value(value) for value in model.graph.output]


def describe_value(value: Any) -> TensorInfo:
    """Return name, shape and type of an input or output."""
    from onnx.helper import tensor_dtype_to_np_dtype  # noqa: PLC0415

    tensor = value.type.tensor_type
    shape = tuple(
        axis.dim_value if axis.HasField("dim_value") else axis.dim_param or "?"
        for axis in tensor.shape.dim
    )
    return TensorInfo(value.name, shape, tensor_dtype_to_np_dtype(tensor.elem_type).name)
