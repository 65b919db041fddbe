"""Detection: boxes parallel to the axes, each of one class."""

from parity.tasks.task import TASKS, Task

TASKS.add(
    "detect",
    Task(
        models="detection models",
        model_class="DetectionModel",
        predictor="detect.DetectionPredictor",
        rows=lambda classes, *_: 4 + classes,
        expected="4 + {classes} classes",
    ),
)
