"""Ultralytics' classes of models, by task."""

from ultralytics.nn import tasks

from parity.tasks.task import Task


def model_class(task: Task) -> type[tasks.BaseModel]:
    """Return the class that the checkpoints of a task hold."""
    return getattr(tasks, task.model_class)
