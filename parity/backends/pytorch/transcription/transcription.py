"""Making a checkpoint of our own of a foreign one."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from ultralytics.nn import tasks

from parity.backends.pytorch.models import save_checkpoint
from parity.backends.pytorch.transcription.architecture import (
    check_channels,
    checked_architecture,
    unactivated_pooling,
)
from parity.backends.pytorch.transcription.archive import Archive, open_archive
from parity.backends.pytorch.transcription.arguments import size_of
from parity.backends.pytorch.transcription.building import build
from parity.backends.pytorch.transcription.facts import checked_names, model_class_of, task_of
from parity.backends.pytorch.transcription.likeness import (
    check_alike,
    check_shapes,
    is_class,
    take_head,
)
from parity.backends.pytorch.transcription.stored_model import StoredModel, read_model
from parity.errors import about


def transcribe(source: str | Path, destination: str | Path) -> None:
    """Write a checkpoint that has the architecture, the names and the weights of a foreign one.

    Nothing of the foreign file is loaded: its pickle is read with stand-ins for everything that it
    asks for, Ultralytics builds the model of its architecture, which is checked, and the weights
    are filled in by name and shape.

    Parameters
    ----------
    source : str or Path
        A ``.pt`` that Ultralytics saved, fused or not.
    destination : str or Path
        The ``.pt`` to write.

    Raises
    ------
    UserError
        If it is no such file, or its model is not the one that its architecture describes.
    """
    save_checkpoint(**vars(transcribed(source)), destination=destination)


@dataclass(frozen=True)
class Transcription:
    """A model of our own making, and what is saved with it, see :func:`save_checkpoint`."""

    model: tasks.BaseModel
    task: str
    names: dict[int, str]
    imgsz: int | list[int]


def transcribed(source: str | Path) -> Transcription:
    """Return the model of a foreign checkpoint, built anew, see :func:`transcribe`."""
    with about(source), open_archive(Path(source)) as archive:
        stored = read_model(archive)
        task = task_of(stored)
        model_class = model_class_of(stored)
        architecture = checked_architecture(stored.attributes.get("yaml"), model_class)
        check_channels(architecture["channels"])
        if has_unactivated_pooling(stored):
            architecture = unactivated_pooling(architecture)
        names = checked_names(stored.attributes.get("names"), architecture["nc"])
        height, width = size_of(*stored.arguments)
        model = fill(build(model_class, architecture), stored, archive)
    imgsz = height if height == width else [height, width]
    return Transcription(model, task, names, imgsz)


def has_unactivated_pooling(stored: StoredModel) -> bool:
    """Return whether the first convolution of an SPPF has no activation."""
    pooling = (path for path, module in stored.modules.items() if module.kind.endswith(".SPPF"))
    acts = (stored.modules.get(f"{path}.cv1.act") for path in pooling)
    return any(act is not None and is_class(act.kind, nn.Identity) for act in acts)


def fill(model: tasks.BaseModel, stored: StoredModel, archive: Archive) -> tasks.BaseModel:
    """Return a model with the weights of a stored one, fused if that is.

    Raises
    ------
    UserError
        If the two are not alike; the message follows the name of the file.
    """
    tensors = stored.tensors()
    take_head(model, stored)
    if tensors.keys() != model.state_dict().keys():
        fused = deepcopy(model).fuse(verbose=False)
        model = fused if tensors.keys() == fused.state_dict().keys() else model
    check_alike(model, stored, archive)
    state = model.state_dict()
    check_shapes(state, tensors)
    with torch.no_grad():
        for name, tensor in tensors.items():
            state[name].copy_(tensor.read(archive))
    return model
