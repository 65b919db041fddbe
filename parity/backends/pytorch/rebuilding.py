"""Rebuilding a checkpoint from an ONNX file that Ultralytics exported.

The exporter fuses each convolution with the batch normalisation behind it and names the result
after the convolution. The rebuilt model has its layers apart again: the convolution holds the
fused weights, and the normalisation after it nothing but the fused bias, so that fusing it once
more gives back every bit.
"""

import ast
import copy
import re
from pathlib import Path

import numpy as np
import torch
from onnx import numpy_helper
from ultralytics import __version__
from ultralytics.nn.modules import Conv
from ultralytics.nn.tasks import BaseModel

from parity.backends.pytorch.models import model_class
from parity.errors import UserError
from parity.files import atomic
from parity.model_files.description import load_checked
from parity.tasks.task import TASKS, supported_models


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
    exported = load_checked(source)
    metadata = {entry.key: entry.value for entry in exported.metadata_props}
    task = metadata.get("task", "")
    if task not in TASKS:
        raise UserError(
            f"{source} is not a model that Ultralytics exported for a supported task; only "
            f"{supported_models()} work."
        )
    architecture = architecture_of(metadata.get("description", ""), source)
    try:
        names = dict(ast.literal_eval(metadata["names"]))
        imgsz = max(ast.literal_eval(metadata["imgsz"]))
    except (KeyError, ValueError, SyntaxError, TypeError):
        raise UserError(
            f"{source} does not say its names and imgsz; give the .pt instead."
        ) from None
    weights = {t.name: numpy_helper.to_array(t) for t in exported.graph.initializer}
    try:
        model = model_class(TASKS[task])(architecture, nc=len(names), verbose=False)
    except Exception as error:  # Ultralytics raises what it meets where a file is missing
        raise UserError(
            f"{source} is of the architecture {architecture}, which cannot be built ({error}); "
            "give the .pt instead."
        ) from None
    fill(model, weights, source)
    model.names = names
    model.args = {"task": task, "imgsz": imgsz}
    checkpoint = {
        "epoch": -1,
        "best_fitness": None,
        "model": model.eval(),
        "ema": None,
        "optimizer": None,
        "train_args": model.args,
        "date": None,
        "version": __version__,
    }
    with atomic(destination) as temporary, temporary.open("wb") as stream:
        torch.save(checkpoint, stream)  # given a path, it would write the path's name into the file


def architecture_of(description: str, source: str | Path) -> str:
    """Return the YAML of the architecture that an export's description names.

    Raises
    ------
    UserError
        If it names none.
    """
    found = re.match(r"Ultralytics (YOLO\S*) model", description)
    if not found:
        raise UserError(f"{source} does not say which architecture it is; give the .pt instead.")
    return f"{found[1].replace('YOLO', 'yolo')}.yaml"


def fill(model: BaseModel, weights: dict[str, np.ndarray], source: str | Path) -> None:
    """Give an unfused model weights that are fused, and check that fusing returns them.

    Parameters
    ----------
    model : DetectionModel
        Modified in place.
    weights : dict of str to ndarray
        By their names in the fused model.
    source : str or Path
        Where they come from, for the message.

    Raises
    ------
    UserError
        If a weight is missing or of another shape.
    """
    state = model.state_dict()
    for prefix, module in model.named_modules():
        if isinstance(module, Conv) and hasattr(module, "bn"):
            norm = f"{prefix}.bn"
            state[f"{norm}.weight"].fill_(1)
            state[f"{norm}.running_mean"].fill_(0)
            state[f"{norm}.running_var"].fill_(1 - module.bn.eps)
    for name in state:
        stored = weights.get(name.replace(".bn.bias", ".conv.bias"))
        if stored is not None:
            if stored.shape != tuple(state[name].shape):
                raise UserError(f"{source}: {name} has the shape {stored.shape}; give the .pt.")
            if stored.dtype.name != str(state[name].dtype).removeprefix("torch."):
                raise UserError(
                    f"{source}: {name} is {stored.dtype}, no longer exact; give the .pt."
                )
            state[name].copy_(torch.from_numpy(stored.copy()))
    fused = copy.deepcopy(model).eval().fuse(verbose=False).state_dict()
    wrong = [
        name
        for name, tensor in fused.items()
        if name not in weights or not np.array_equal(tensor.numpy(), weights[name])
    ]
    if wrong:
        raise UserError(
            f"{source} lacks the weights of {wrong[0]} (of {len(wrong)} in all) under their "
            "names, so no checkpoint can be rebuilt from it; give the .pt instead."
        )
