"""Checkpoints that are loaded as they are, because the user says so."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.tasks import BaseModel, torch_safe_load

from parity.backends.pytorch.models import is_transformer, model_class
from parity.backends.pytorch.transcription.architecture import (
    DEFAULT_CHANNELS,
    check_channels,
)
from parity.backends.pytorch.transcription.archive import open_archive
from parity.backends.pytorch.transcription.arguments import mapping_of, size_of
from parity.backends.pytorch.transcription.facts import check_supported_kind, checked_names
from parity.backends.pytorch.transcription.stored_model import read_model
from parity.errors import UserError, about, in_one_line
from parity.files import atomic
from parity.integrity import note_place
from parity.model_files.results import ReferenceFacts
from parity.tasks.task import TASKS, supported_models


def take_trusted(source: Path, destination: str | Path) -> ReferenceFacts:
    """Copy a checkpoint that the user trusts, and return what it says of its model.

    Raises
    ------
    UserError
        If it cannot be loaded, or its model is not supported.
    """
    with atomic(destination) as copy:  # Ultralytics drops some characters from the names of files
        shutil.copyfile(source, copy)
        with about(source):
            model = check_supported(copy)
            names = checked_names(model.names, len(model.names))
        note_place(copy)
    return ReferenceFacts(
        names, int(max(model.stride)), size_of(mapping_of(getattr(model, "args", None)) or {})
    )


def check_supported(path: Path) -> BaseModel:
    """Load a trusted checkpoint and check that it is a model of a supported task, since YOLOv8.

    Raises
    ------
    UserError
        If it cannot be loaded or is something else; the message follows the name of a file.
    """
    check_supported_kind(stored_kind(path))
    try:
        checkpoint, _ = torch_safe_load(path, safe_only=False)
    except Exception as error:  # torch, pickle and Ultralytics raise many kinds here
        raise UserError(f"cannot be loaded: {in_one_line(error)}") from None
    model: Any = checkpoint.get("ema") or checkpoint.get("model")
    check_supported_kind(f"{type(model).__module__}.{type(model).__name__}")
    tasks = [task for task in TASKS.values() if isinstance(model, model_class(task))]
    if not tasks:
        raise UserError(f"holds a {type(model).__name__}; only {supported_models()} work")
    check_channels(int(getattr(model, "yaml", {}).get("channels") or DEFAULT_CHANNELS))
    strides = torch.as_tensor(getattr(model, "stride", []))
    anchored = any(task.has_boxes for task in tasks) and not is_transformer(model)
    if not strides.numel() or (anchored and not hasattr(model.model[-1], "reg_max")):
        raise UserError("has an anchor-based head, which is older than the YOLOv8 kind")
    return model


def stored_kind(path: Path) -> str:
    """Return the class of a checkpoint's model, without loading it; empty if that is not seen."""
    with suppress(UserError), open_archive(path) as archive:
        return read_model(archive).kind
    return ""
