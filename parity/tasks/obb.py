"""Oriented boxes: boxes with an angle. Finished ones are cx, cy, width and height, too."""

from parity.tasks.task import TASKS, Task

TASKS.add(
    "obb",
    Task(
        models="models for oriented boxes",
        model_class="OBBModel",
        predictor="obb.OBBPredictor",
        rows=lambda classes, *_: 4 + classes + 1,
        expected="4 + {classes} classes + 1 angle",
    ),
)
