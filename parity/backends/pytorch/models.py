"""Ultralytics' classes of models and of predictors, by task."""

import importlib

from ultralytics.engine.predictor import BasePredictor
from ultralytics.nn import tasks

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
