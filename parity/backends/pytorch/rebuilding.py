"""Rebuilding a checkpoint from an ONNX file that Ultralytics exported.

The exporter fuses each convolution with the batch normalisation behind it and names the result
after the convolution. The rebuilt model has its layers apart again: the convolution holds the
fused weights, and the normalisation after it nothing but the fused bias, so that fusing it once
more gives back every bit. Where a file still has the normalisation, it is taken as it is.
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from ultralytics import __version__
from ultralytics.nn.modules import Conv
from ultralytics.nn.tasks import BaseModel

from parity.backends.pytorch.models import fuse_head, save_checkpoint
from parity.backends.pytorch.packaged_architectures import matching_architectures
from parity.backends.pytorch.transcription.architecture import unactivated_pooling
from parity.backends.pytorch.transcription.building import build
from parity.backends.pytorch.transcription.facts import checked_names
from parity.errors import UserError, about
from parity.model_files.description import load_given
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.stored_metadata import metadata_props
from parity.tasks.task import TASKS, supported_models

NORMALISATION = "BatchNormalization"
STATISTICS = ("weight", "bias", "running_mean", "running_var")
"""What torch calls the inputs of that operator, after the first."""
EPSILON = "eps"
STANDARD_EPSILON = 1e-5
"""Epsilon of the operator if a file states none, as the ONNX standard defines."""


def rebuild_checkpoint(source: str | Path, destination: str | Path) -> None:
    """Write the ``.pt`` that an export was made from.

    Parameters
    ----------
    source : str or Path
        An fp32 ONNX file that Ultralytics exported from a model of a supported task.
    destination : str or Path
        The checkpoint to write.

    Raises
    ------
    UserError
        If the file does not hold all weights of a known architecture under their names.
    """
    exported = load_given(source)
    metadata = metadata_props(exported)
    task = metadata.get("task", "")
    if task not in TASKS:
        raise UserError(
            f"{source} is not a model that Ultralytics exported for a supported task; only "
            f"{supported_models()} work as weights. Give its checkpoint, or compare it with other "
            "files without one (reference: {onnx: …})."
        )
    said = read_metadata(metadata)
    names, imgsz = said.names, said.imgsz
    if names is None or imgsz is None:
        raise UserError(f"{source} does not say its names and imgsz; give the .pt instead.")
    with about(source):
        names = checked_names(names, len(names))
        given: dict[str, Any] = {"nc": len(names)}
        if said.keypoint_shape:
            given["kpt_shape"] = list(said.keypoint_shape)
        model = rebuilt_model(exported, TASKS[task].model_class, given)
    save_checkpoint(model, destination, task=task, names=names, imgsz=max(imgsz))


def rebuilt_model(
    exported: onnx.ModelProto, model_class: str, given: Mapping[str, Any]
) -> BaseModel:
    """Return the model of the first architecture that has the weights of an export, with them.

    Parameters
    ----------
    exported : onnx.ModelProto
        What Ultralytics exported.
    model_class : str
        Ultralytics' class of the model.
    given : mapping
        What replaces keys of an architecture, such as ``nc``.

    Raises
    ------
    UserError
        If no architecture has them, or they are not exact; the message follows the name of the
        file.
    """
    weights = exported_weights(exported)
    shapes = {name: array.shape for name, array in weights.items()}
    reason = UserError(
        f"holds the weights of no architecture that Ultralytics {__version__} describes under "
        "their names; give the .pt instead"
    )
    for found in matching_architectures(shapes, model_class, given):
        architecture = found if has_activated_pooling(exported) else unactivated_pooling(found)
        try:
            model = build(model_class, architecture)
            fill_weights(model, weights)
        except UserError as error:
            reason = error
        else:
            return model
    raise reason


def has_activated_pooling(exported: onnx.ModelProto) -> bool:
    """Return whether an activation is between the first convolution of an SPPF and its pooling."""
    nodes = exported.graph.node
    linear = ("Conv", NORMALISATION)
    kernels = {name for node in nodes if node.op_type in linear for name in node.output}
    return not any(node.op_type == "MaxPool" and node.input[0] in kernels for node in nodes)


def exported_weights(exported: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Return the weights of an ONNX model by their names.

    What a node computes with counts: where exporters and tools store equal tensors once, they keep
    the name of one of them.

    Raises
    ------
    UserError
        If the numbers of one do not fill its shape; the message follows the name of the file.
    """
    weights = {}
    for tensor in exported.graph.initializer:
        try:
            weights[tensor.name] = numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError) as error:
            raise UserError(f"has a weight that cannot be read ({error})") from None
    for node in exported.graph.node:
        if node.op_type == "Identity" and node.input[0] in weights:
            weights[node.output[0]] = weights[node.input[0]]
    return weights | _by_node(exported.graph, weights)


def _by_node(graph: onnx.GraphProto, weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return biases and normalisations by the name of the kernel that they belong to."""
    makers = {name: node for node in graph.node for name in node.output}
    found: dict[str, np.ndarray] = {}
    for node in graph.node:
        taken, before = list(node.input), makers.get(next(iter(node.input), ""))
        if node.op_type == "Conv" and len(taken) == 3 and taken[2] in weights:
            found[taken[1].replace(".weight", ".bias")] = weights[taken[2]]
        elif node.op_type == NORMALISATION and before is not None and before.op_type == "Conv":
            norm = before.input[1].replace(".conv.weight", ".bn")
            named = zip(STATISTICS, taken[1:], strict=False)
            found |= {f"{norm}.{key}": weights[name] for key, name in named if name in weights}
            given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            epsilon = given.get("epsilon", STANDARD_EPSILON)
            found[f"{norm}.{EPSILON}"] = np.array(epsilon, np.float32)
    return found


def fill_weights(model: BaseModel, weights: dict[str, np.ndarray]) -> None:
    """Give an unfused model weights that are fused or not, and check that it has them then.

    Parameters
    ----------
    model : BaseModel
        Of any task; modified in place.
    weights : dict of str to ndarray
        By their names in the fused model, or in the unfused one.

    Raises
    ------
    UserError
        If a weight is missing or of another shape; the message follows the name of the file.
    """
    fuse_head(model)
    state, apart = model.state_dict(), []
    for prefix, module in model.named_modules():
        if isinstance(module, Conv) and hasattr(module, "bn"):
            norm = f"{prefix}.bn"
            if f"{norm}.{EPSILON}" in weights:
                apart.append(f"{prefix}.")
                if np.float32(module.bn.eps) != weights[f"{norm}.{EPSILON}"]:
                    module.bn.eps = float(weights[f"{norm}.{EPSILON}"])
                continue
            state[f"{norm}.weight"].fill_(1)
            state[f"{norm}.running_mean"].fill_(0)
            state[f"{norm}.running_var"].fill_(1 - module.bn.eps)
    for name in state:
        fused_name = name.replace(".bn.bias", ".conv.bias")
        stored = weights.get(name if name.startswith(tuple(apart)) else fused_name)
        if stored is not None:
            if stored.shape != tuple(state[name].shape):
                raise UserError(f"has {name} of the shape {stored.shape}; give the .pt instead")
            if stored.dtype.name != str(state[name].dtype).removeprefix("torch."):
                raise UserError(f"has {name} as {stored.dtype}, not exact; give the .pt instead")
            state[name].copy_(torch.from_numpy(stored.copy()))
    kept = {name: array for name, array in state.items() if name.startswith(tuple(apart))}
    fused = copy.deepcopy(model).eval().fuse(verbose=False).state_dict()
    fused = {name: array for name, array in fused.items() if not name.startswith(tuple(apart))}
    wrong = [
        name
        for name, tensor in (fused | kept).items()
        if not name.endswith(".num_batches_tracked")
        and (name not in weights or not np.array_equal(tensor.numpy(), weights[name]))
    ]
    if wrong:
        raise UserError(
            f"lacks the weights of {wrong[0]} (of {len(wrong)} in all) under their names, so no "
            "checkpoint can be rebuilt from it; give the .pt instead"
        )
