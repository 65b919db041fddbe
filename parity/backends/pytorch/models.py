"""Ultralytics' models: their classes by task, and how they are saved."""

import importlib
from pathlib import Path
from typing import Any

import torch
from ultralytics import __version__
from ultralytics.engine.predictor import BasePredictor
from ultralytics.nn import tasks
from ultralytics.nn.modules import Detect, RTDETRDecoder

from parity.files import atomic
from parity.integrity import note_place
from parity.tasks.task import Task


def model_class(task: Task) -> type[tasks.BaseModel]:
    """Return the class that the checkpoints of a task hold."""
    returned: type[tasks.BaseModel] = getattr(tasks, task.model_class)
    return returned


def predictor_class(task: Task) -> type[BasePredictor]:
    """Return the class that predicts with the models of a task."""
    module, name = task.predictor.split(".")
    returned: type[BasePredictor] = getattr(
        importlib.import_module(f"ultralytics.models.yolo.{module}"), name
    )
    return returned


def is_transformer(model: tasks.BaseModel) -> bool:
    """Return whether a model is RT-DETR, which takes stretched images and needs no NMS."""
    return isinstance(model.model[-1], RTDETRDecoder)


def fuse_head(model: tasks.BaseModel) -> None:
    """Drop from a head that is trained as two the one that an export does not hold."""
    head = model.model[-1]
    if isinstance(head, Detect):
        head.fuse()


def save_checkpoint(
    model: tasks.BaseModel,
    destination: str | Path,
    *,
    task: str,
    names: dict[int, str],
    imgsz: int | list[int],
) -> None:
    """Save a model as Ultralytics does; equal models give equal bytes.

    Parameters
    ----------
    model : BaseModel
        Given the names and arguments.
    destination : str or Path
        The ``.pt`` to write.
    task : str
        A name in the registry of tasks.
    names : dict of int to str
        Class names by id.
    imgsz : int or list of int
        The size that it was trained with, px.
    """
    args: dict[str, Any] = {"task": task, "imgsz": imgsz}
    model.names, model.args = names, args
    checkpoint = {
        "epoch": -1,
        "best_fitness": None,
        "model": model.eval(),
        "ema": None,
        "optimizer": None,
        "train_args": args,
        "date": None,
        "version": __version__,
    }
    with atomic(destination) as temporary:
        with temporary.open("wb") as stream:  # given a path, torch writes its name into the file
            torch.save(checkpoint, stream)
        note_place(temporary)
