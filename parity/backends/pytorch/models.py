"""Ultralytics' classes of models, by task."""

from ultralytics.nn import tasks

from parity.tasks.task import Task


def model_class(task: Task) -> type[tasks.BaseModel]:
    """Return the class that the checkpoints of a task hold."""
    returned: type[tasks.BaseModel] = getattr(tasks, task.model_class)
    return returned
