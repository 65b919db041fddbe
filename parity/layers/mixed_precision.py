"""Making a model that keeps some layers in fp32, or as the checkpoint has them."""

from pathlib import Path

import onnx
from onnx import numpy_helper
from onnxruntime.transformers import float16

from parity.model_files.description import load_checked
from parity.model_files.node_order import sort_nodes


def make_mixed_fp16(reference: onnx.ModelProto, kept: list[str], destination: str | Path) -> None:
    """Write an fp16 model that keeps some nodes in fp32, converted as Ultralytics converts.

    Parameters
    ----------
    reference : onnx.ModelProto
        The fp32 export.
    kept : list of str
        Names of nodes.
    destination : str or Path
        The model to write.
    """
    model = onnx.ModelProto()
    model.CopyFrom(reference)
    mixed = float16.convert_float_to_float16(model, keep_io_types=True, node_block_list=kept)
    drop_repeated_nodes(mixed.graph)
    sort_nodes(mixed.graph)
    onnx.save(mixed, destination)


def drop_repeated_nodes(graph: onnx.GraphProto) -> None:
    """Remove nodes that stand in a graph twice.

    The converter of ONNX Runtime before 1.32 casts a value once for every node that takes it.
    """
    seen: set[bytes] = set()
    for node in list(graph.node):
        content = node.SerializeToString(deterministic=True)
        if content in seen:
            graph.node.remove(node)
        seen.add(content)


def restore_weights(
    candidate: onnx.ModelProto,
    reference: onnx.ModelProto,
    layers: dict[str, str],
    destination: str | Path,
) -> list[str]:
    """Write a model in which some layers have the weights of the reference.

    Parameters
    ----------
    candidate, reference : onnx.ModelProto
        A changed float model, and the fp32 export of the checkpoint.
    layers : dict of str to str
        Output of each layer in the reference, and in the candidate.
    destination : str or Path
        The model to write.

    Returns
    -------
    list of str
        Layers, by output in the reference, whose weights were restored; those that are stored in
        another precision are not.
    """
    restored = onnx.ModelProto()
    restored.CopyFrom(candidate)
    true = {t.name: t for t in reference.graph.initializer}
    stored = {t.name: t for t in restored.graph.initializer}
    ours = {node.output[0]: node for node in reference.graph.node}
    theirs = {node.output[0]: node for node in restored.graph.node}
    done = []
    for output, other in layers.items():
        if output not in ours or other not in theirs:
            continue
        pairs = list(zip(ours[output].input, theirs[other].input, strict=False))
        weights = [
            (true[a], stored[b])
            for a, b in pairs
            if a in true and b in stored and _kind(true[a]) == _kind(stored[b])
        ]
        for source, target in weights:
            name = target.name
            target.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(source), name))
        if weights:
            done.append(output)
    onnx.save(restored, destination)
    load_checked(destination)
    return done


def _kind(tensor: onnx.TensorProto) -> tuple[int, list[int]]:
    return tensor.data_type, list(tensor.dims)
