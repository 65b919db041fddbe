"""What an ONNX file says of itself."""

import hashlib
import math
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import onnx
from onnx import numpy_helper

from parity.detection.candidate_files import BakedThresholds
from parity.errors import UserError
from parity.files import atomic
from parity.model_files.node_order import sort_nodes

EXPORT = "export/1"


@dataclass(frozen=True)
class TensorDescription:
    """An input or output of a model.

    Attributes
    ----------
    name : str
        Its name.
    shape : list of int or str
        An open axis has a name, or 0.
    dtype : str
        Element type, as ONNX calls it.
    """

    name: str
    shape: list[int | str]
    dtype: str


@dataclass(frozen=True)
class Quantisation:
    """How a model was quantised.

    Attributes
    ----------
    images : int
        How many calibrated it.
    fp32_nodes : list of str
        Nodes that stayed in floating point.
    """

    images: int
    fp32_nodes: list[str]


@dataclass(frozen=True)
class ExportDescription:
    """What an ONNX file says of itself.

    Attributes
    ----------
    sha256 : str
        Digest of the model without metadata, so that the time of export does not count.
    bytes : int
        Size of the file.
    opset, ir_version : int
        Of the standard.
    producer : str
        What wrote the file.
    inputs, outputs : list of TensorDescription
        Of the graph.
    operators : dict of str to int
        Nodes by type.
    baked : BakedThresholds or None
        Thresholds of a suppression in the graph.
    weights : dict of str to int
        Stored numbers by element type.
    metadata : dict of str to str
        What the exporter added.
    quantisation : Quantisation or None
        If it was quantised here.
    """

    SCHEMA: ClassVar[str] = EXPORT

    sha256: str
    bytes: int
    opset: int
    ir_version: int
    producer: str
    inputs: list[TensorDescription]
    outputs: list[TensorDescription]
    operators: dict[str, int]
    baked: BakedThresholds | None
    weights: dict[str, int]
    metadata: dict[str, str]
    quantisation: Quantisation | None = None


def load_checked(path: str | Path) -> onnx.ModelProto:
    """Load an ONNX file, its nodes in order, and let ``onnx.checker`` judge it.

    Raises
    ------
    UserError
        If it is no ONNX file or breaks the standard.
    """
    try:
        model = onnx.load(path)
        sort_nodes(model.graph)
        onnx.checker.check_model(model, full_check=True)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist.") from None
    except Exception as error:  # protobuf and the checker share no base class
        sentence = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path} is not a valid ONNX model: {sentence}") from None
    return model


def take_given(given: str | Path, destination: str | Path) -> None:
    """Copy an ONNX file that the user ships; weights that lie beside it are taken into it.

    Raises
    ------
    UserError
        If it is no valid model, or its weights lie outside its folder.
    """
    external = external_files(given)
    model = load_checked(given)
    with atomic(destination) as temporary:
        if external:
            onnx.save(model, temporary)
        else:
            shutil.copyfile(given, temporary)


def external_files(path: str | Path) -> list[str]:
    """Return the files beside a model that hold weights of it.

    Raises
    ------
    UserError
        If one of them lies outside the model's folder: it could be any file of this machine.
    """
    try:
        tensors = onnx.load(path, load_external_data=False).graph.initializer
    except Exception:  # load_checked says what is wrong with it
        return []
    folder = Path(path).resolve().parent
    found = set()
    for tensor in tensors:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            location = next(
                entry.value for entry in tensor.external_data if entry.key == "location"
            )
            if not (folder / location).resolve().is_relative_to(folder):
                raise UserError(
                    f"{path} takes weights from {location}, outside its own folder; it is not read."
                )
            found.add(location)
    return sorted(found)


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
        shape, dtype), ``operators`` (count by type), ``weights`` (count of stored numbers by
        dtype) and ``metadata``.
    """
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.metadata_props[:]
    for tensor in bare.graph.initializer:
        if tensor.data_location == onnx.TensorProto.DEFAULT:  # said or not, it means the same
            tensor.ClearField("data_location")
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
        "baked": baked_thresholds(model.graph),
        "weights": count_weights(model),
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
    }


def count_weights(model: onnx.ModelProto) -> dict[str, int]:
    """Return how many numbers a model stores by dtype: what its precision really is."""
    counts: Counter[str] = Counter()
    for tensor in model.graph.initializer:
        name = onnx.TensorProto.DataType.Name(tensor.data_type).lower()
        counts[name] += math.prod(tensor.dims)
    return dict(counts.most_common())


def baked_thresholds(graph: onnx.GraphProto) -> dict[str, float] | None:
    """Return the thresholds of a suppression that is part of a graph.

    ``nms=True`` puts them into the nodes and into nothing else: the score that a box must exceed
    is compared before the suppression, the overlap is an input of it.

    Returns
    -------
    dict or None
        ``conf`` and ``iou``, each the strictest of the graph; None if nothing is suppressed.
    """
    constants = _scalars(graph)
    producers = {name: node for node in graph.node for name in node.output}
    confs, ious = [0.0], []
    for suppression in (node for node in graph.node if node.op_type == "NonMaxSuppression"):
        inputs = [*suppression.input, "", "", ""]
        ious.append(constants.get(inputs[3], 0.0))
        confs.append(constants.get(inputs[4], 0.0))
        seen: set[str] = set()
        queue = list(inputs[:2])
        while queue:
            node = producers.get(queue.pop())
            if node is None or node.output[0] in seen:
                continue
            seen.add(node.output[0])
            queue.extend(node.input)
            if node.op_type in ("Greater", "GreaterOrEqual") and node.input[1] in constants:
                confs.append(constants[node.input[1]])
    return {"conf": max(confs), "iou": min(ious)} if ious else None


def _scalars(graph: onnx.GraphProto) -> dict[str, float]:
    """Return the numbers that stand in a graph, by name; float32 as its shortest decimal."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            tensors[node.output[0]] = node.attribute[0].t
    arrays = {name: numpy_helper.to_array(t) for name, t in tensors.items() if _is_scalar(t)}
    return {name: float(str(array.reshape(-1)[0])) for name, array in arrays.items()}


def _is_scalar(tensor: onnx.TensorProto) -> bool:
    return list(tensor.dims) in ([], [1]) and tensor.data_type in (
        onnx.TensorProto.FLOAT,
        onnx.TensorProto.DOUBLE,
        onnx.TensorProto.FLOAT16,
    )


def _describe_value(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    return {
        "name": value.name,
        "shape": [axis.dim_param or axis.dim_value for axis in tensor.shape.dim],
        "dtype": onnx.TensorProto.DataType.Name(tensor.elem_type).lower(),
    }
