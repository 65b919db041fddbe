"""Making a checkpoint of our own of a foreign one."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from ultralytics.nn import tasks

from parity.backends.pytorch.models import save_checkpoint
from parity.backends.pytorch.transcription.archive import Archive
from parity.backends.pytorch.transcription.building import build
from parity.backends.pytorch.transcription.excerpt import open_transcript
from parity.backends.pytorch.transcription.likeness import check_alike, check_shapes
from parity.backends.pytorch.transcription.transcript import Transcript
from parity.errors import about
from parity.integrity import is_result


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
    with about(key_of(source)), open_transcript(Path(source)) as (stored, archive):
        model = fill(build(stored.model_class, stored.architecture), stored, archive)
    height, width = stored.size
    imgsz = height if height == width else [height, width]
    return Transcription(model, stored.task, stored.names, imgsz)


def key_of(source: str | Path) -> str:
    """Return the key of the configuration that names a checkpoint; its path, if it is no result."""
    return f"models.{Path(source).stem}.weights" if is_result(source) else str(source)


def fill(model: tasks.BaseModel, stored: Transcript, archive: Archive) -> tasks.BaseModel:
    """Return a model with the weights of a stored one, fused if that is.

    Raises
    ------
    UserError
        If the two are not alike; the message follows the name of the file.
    """
    tensors = stored.tensors
    if stored.end2end is not None:
        model.end2end = stored.end2end
    if tensors.keys() != model.state_dict().keys():
        fused = deepcopy(model).fuse(verbose=False)
        model = fused if tensors.keys() == fused.state_dict().keys() else model
    check_alike(model, stored)
    state = model.state_dict()
    check_shapes(state, tensors)
    with torch.no_grad():
        for name, tensor in tensors.items():
            state[name].copy_(torch.from_numpy(tensor.read(archive)))
    return model
