"""What an ONNX file says of itself."""

import hashlib
import math
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from parity.detection.candidate_files import BakedThresholds
from parity.documents import load
from parity.errors import UserError, in_one_line, shown
from parity.files import atomic
from parity.foreign import is_file
from parity.integrity import damaged, is_result
from parity.model_files.first_bytes import HEAD_BYTES, what_it_is
from parity.model_files.graph_limits import check_expansion, graph_limit, nodes_of_graphs
from parity.model_files.node_order import sort_nodes
from parity.model_files.results import NO_WEIGHTS, ExportDescription, TensorDescription
from parity.model_files.stored_metadata import metadata_props
from parity.model_files.stored_tensors import all_tensors, stored_tensors
from parity.model_files.weights import stored_weights, weights_against
from parity.provenance import sha256

KNOWN_DOMAINS = ("ai.onnx.ml", "ai.onnx.preview", "ai.onnx.training", "com.microsoft", "com.ms")
"""What the domains of operators begin with that ONNX Runtime knows, beside the standard's own."""
STANDARD = ("", "ai.onnx")
"""Names of the standard's own domain."""
PLUGIN = "_TRT"
"""What the names of TensorRT's plugins end with."""


def load_checked(path: str | Path) -> onnx.ModelProto:
    """Load an ONNX file, sort its nodes, and check it with ``onnx.checker``.

    Raises
    ------
    UserError
        If it is no ONNX file, breaks the standard, has no output or functions without bound, or is
        a damaged result.
    """
    check_undamaged(path)
    try:
        with graph_limit(path, "checking it"):
            model = onnx.load(path)
            check_version(model, path)
            check_operators(model, path)
            check_expansion(model, path)
            sort_nodes(model.graph)
            forget_second_types(model.graph)
            complete_outputs(model)
            onnx.checker.check_model(model, full_check=True)
            for tensor in stored_tensors(model.graph).values():
                numpy_helper.to_array(tensor)  # the checker does not count the numbers
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(f"{path} does not exist.") from None
    except CycleError:
        raise UserError(
            f"{path} has nodes that depend on each other's outputs; export the model again."
        ) from None
    except Exception as error:  # protobuf and the checker share no base class
        raise UserError(
            f"{path} is not a valid ONNX model ({in_one_line(error)}); export or copy it again."
        ) from None
    if not all(isinstance(text, str) for text in _texts(model)):
        raise UserError(f"{path} holds text that is not UTF-8; export the model again.")
    if not model.graph.output:
        raise UserError(f"{path} has no output; export the model again.")
    return model


def check_version(model: onnx.ModelProto, path: str | Path) -> None:
    """Check that a model is not of a newer format than is known here.

    Raises
    ------
    UserError
        If it is.
    """
    if model.ir_version > onnx.IR_VERSION:
        raise UserError(
            f"{path} is of IR version {model.ir_version}, and the newest that is known here is "
            f"{onnx.IR_VERSION}; export it with an older version of onnx."
        )
    newest = onnx.defs.onnx_opset_version()
    opset = max((o.version for o in model.opset_import if o.domain in STANDARD), default=0)
    if opset > newest:
        raise UserError(
            f"{path} has the operator set {opset}, and the newest that is known here is {newest}; "
            "export it with an older one (opset)."
        )


def complete_outputs(model: onnx.ModelProto) -> None:
    """Write the shapes of outputs that state none; runtimes infer them, the checker does not."""
    types = [output.type for output in model.graph.output]
    if all(each.tensor_type.HasField("shape") for each in types if each.HasField("tensor_type")):
        return
    inferred = onnx.shape_inference.infer_shapes(model).graph.output
    for output, found in zip(model.graph.output, inferred, strict=True):
        output.CopyFrom(found)


def forget_second_types(graph: onnx.GraphProto) -> None:
    """Remove what a graph says of its outputs a second time, which counts where they are none."""
    outputs = {output.name for output in graph.output}
    kept = [info for info in graph.value_info if info.name not in outputs]
    del graph.value_info[:]
    graph.value_info.extend(kept)


def check_undamaged(path: str | Path) -> None:
    """Check that an ONNX file that a run made still is what its description says.

    Raises
    ------
    UserError
        If it, or its description, is damaged.
    """
    description = Path(path).with_suffix(".json")
    if not (is_result(path) and description.is_file() and Path(path).is_file()):
        return
    if load(description, ExportDescription).file_sha256 != sha256(path):
        raise damaged(path, "is damaged")


def _texts(model: onnx.ModelProto) -> Iterator[str | bytes]:
    """Yield the names and other texts of a model; protobuf gives bytes for what is not UTF-8."""
    yield from (model.producer_name, model.producer_version)
    for entry in model.metadata_props:
        yield from (entry.key, entry.value)
    for node in nodes_of_graphs(model.graph.node):
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    yield from (tensor.name for tensor in model.graph.initializer)
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        yield value.name
        yield from (axis.dim_param for axis in value.type.tensor_type.shape.dim)


def load_given(given: str | Path) -> onnx.ModelProto:
    """Load an ONNX file that is given, see :func:`load_checked`.

    Raises
    ------
    UserError
        If it is no valid model, its weights lie outside its folder or are lost, or it has operators
        that no runtime here knows.
    """
    path = Path(given)
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the .onnx file in it.")
    if path.is_file():
        with path.open("rb") as stream:
            said = what_it_is(stream.read(HEAD_BYTES))
        if said:
            raise UserError(f"{path} {said}.")
    for name in external_data_files(path):
        if not is_file(path.parent / name):
            raise UserError(
                f"{path} takes weights from {shown(name) or 'nowhere'}, which is not beside it; "
                "put that file there, or save the model again as one file."
            )
    return load_checked(path)


def check_operators(model: onnx.ModelProto, path: str | Path) -> None:
    """Check that a model has only operators that ONNX Runtime can know.

    Raises
    ------
    UserError
        If it has others, naming them.
    """
    own = {(function.domain, function.name) for function in model.functions}
    unknown = sorted(
        {
            (node.domain, node.op_type)
            for node in nodes_of_graphs(model.graph.node)
            if (node.domain, node.op_type) not in own
            and (
                node.op_type.endswith(PLUGIN)
                or not (node.domain in STANDARD or node.domain.startswith(KNOWN_DOMAINS))
            )
        }
    )
    if not unknown:
        return
    named = ", ".join(
        f"{shown(kind)} of {shown(domain)}" if domain else shown(kind)
        for domain, kind in unknown[:5]
    )
    if any(kind.endswith(PLUGIN) for _, kind in unknown):
        raise UserError(
            f"{path} has operators that only TensorRT knows ({named}); give the file as it was "
            "exported, before they were added, and the boxes of the engine under external."
        )
    raise UserError(
        f"{path} has operators that ONNX Runtime does not know ({named}); export the model "
        "without them."
    )


def take_given(given: str | Path, destination: str | Path) -> None:
    """Copy an ONNX file that is given; weights that lie beside it are taken into it.

    Raises
    ------
    UserError
        If it is no valid model, or its weights lie outside its folder.
    """
    external = external_data_files(given)
    model = load_given(given)
    with atomic(destination) as temporary:
        if external:
            onnx.save(model, temporary)
        else:
            shutil.copyfile(given, temporary)


def external_data_files(path: str | Path) -> list[str]:
    """Return the files beside a model that hold weights of it.

    Raises
    ------
    UserError
        If one of them lies outside the model's folder: it could be any file of this machine.
    """
    try:
        with graph_limit(path, "reading it"):
            tensors = list(all_tensors(onnx.load(path, load_external_data=False).graph))
    except Exception:  # load_checked says what is wrong with it
        return []
    folder = Path(os.path.realpath(path)).parent
    found = set()
    for tensor in tensors:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            location = next((e.value for e in tensor.external_data if e.key == "location"), "")
            place = os.path.realpath(folder / location.replace("\0", ""))  # of a loop, too
            if not Path(place).is_relative_to(folder):
                raise UserError(
                    f"{path} takes weights from {shown(location)}, outside its own folder, which "
                    "is not read; put the weights beside the model."
                )
            found.add(location)
    return sorted(found)


def describe_file(path: str | Path, reference: Mapping[str, np.ndarray]) -> ExportDescription:
    """Return what identifies the model of an ONNX file.

    Parameters
    ----------
    path : str or Path
        The file.
    reference : mapping of str to ndarray
        Weights of the reference, with which its own are compared; none for the reference itself.

    Raises
    ------
    UserError
        If it is damaged.
    """
    model = load_checked(path)
    return replace(
        describe_export(model, Path(path).stat().st_size),
        weights_compared=weights_against(model, reference) if reference else NO_WEIGHTS,
        file_sha256=sha256(path),
    )


def reference_weights(path: str | Path) -> dict[str, np.ndarray]:
    """Return the weights of an ONNX file that is a reference, by name."""
    return {name: array for name, (array, _) in stored_weights(load_checked(path)).items()}


def describe_export(model: onnx.ModelProto, size_bytes: int) -> ExportDescription:
    """Return what identifies a model.

    Parameters
    ----------
    model : onnx.ModelProto
        A loaded model.
    size_bytes : int
        Size of its file.
    """
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.metadata_props[:]
    for tensor in bare.graph.initializer:
        if tensor.data_location == onnx.TensorProto.DEFAULT:  # set or not, it means the same
            tensor.ClearField("data_location")
    operators = Counter(node.op_type for node in model.graph.node)
    return ExportDescription(
        sha256=hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest(),
        bytes=size_bytes,
        opset=next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0),
        ir_version=model.ir_version,
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        inputs=inputs_of(model.graph),
        outputs=[_describe_value(value) for value in model.graph.output],
        operators=dict(sorted(operators.items())),
        baked=baked_thresholds(model.graph),
        weights=count_weights(model),
        metadata=metadata_props(model),
    )


def inputs_of(graph: onnx.GraphProto) -> list[TensorDescription]:
    """Return the inputs of a graph that are not stored in it; old files list those, too."""
    stored = {tensor.name for tensor in graph.initializer}
    return [_describe_value(value) for value in graph.input if value.name not in stored]


def count_weights(model: onnx.ModelProto) -> dict[str, int]:
    """Return how many numbers a model stores by dtype: its true precision."""
    counts: Counter[str] = Counter()
    for tensor in stored_tensors(model.graph).values():
        name = onnx.TensorProto.DataType.Name(tensor.data_type).lower()
        counts[name] += math.prod(tensor.dims)
    return dict(counts.most_common())


def baked_thresholds(graph: onnx.GraphProto) -> BakedThresholds | None:
    """Return the thresholds of non-maximum suppression in a graph; None without any.

    Ultralytics' ``nms=True`` puts them into nodes and into nothing else: scores are compared with
    the confidence threshold before ``NonMaxSuppression``, and the IoU threshold is an input of it.
    Oriented boxes are suppressed by comparing the upper triangle of their overlaps, ``Trilu``, with
    the IoU threshold.
    """
    constants = _scalars(graph)
    producers = {name: node for node in graph.node for name in node.output}
    confs, ious = [0.0], []
    for node in graph.node:
        inputs = [*node.input, "", "", "", ""]
        overlaps = producers.get(inputs[0])
        if node.op_type == "NonMaxSuppression":
            ious.append(constants.get(inputs[3], 0.0))
            confs.append(constants.get(inputs[4], 0.0))
            queue = inputs[:2]
        elif node.op_type == "Greater" and overlaps is not None and overlaps.op_type == "Trilu":
            ious.append(constants.get(inputs[1], 0.0))
            queue = inputs[:1]
        else:
            continue
        seen: set[str] = set()
        while queue:
            earlier = producers.get(queue.pop())
            if earlier is None or earlier.output[0] in seen:
                continue
            seen.add(earlier.output[0])
            queue.extend(earlier.input)
            if earlier.op_type in ("Greater", "GreaterOrEqual"):
                confs.extend(constants[name] for name in earlier.input[1:2] if name in constants)
    return BakedThresholds(conf=max(confs), iou=min(ious)) if ious else None


def _scalars(graph: onnx.GraphProto) -> dict[str, float]:
    """Return the constant numbers of a graph by name; float32 as its shortest decimal."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and [a.name for a in node.attribute] == ["value"]:
            tensors[node.output[0]] = node.attribute[0].t
    arrays = {name: numpy_helper.to_array(t) for name, t in tensors.items() if _is_scalar(t)}
    return {name: float(str(array.reshape(-1)[0])) for name, array in arrays.items()}


def _is_scalar(tensor: onnx.TensorProto) -> bool:
    return list(tensor.dims) in ([], [1]) and tensor.data_type in (
        onnx.TensorProto.FLOAT,
        onnx.TensorProto.DOUBLE,
        onnx.TensorProto.FLOAT16,
    )


def _describe_value(value: onnx.ValueInfoProto) -> TensorDescription:
    tensor = value.type.tensor_type
    return TensorDescription(
        name=value.name,
        shape=[axis.dim_param or axis.dim_value for axis in tensor.shape.dim],
        dtype=onnx.TensorProto.DataType.Name(tensor.elem_type).lower(),
    )
