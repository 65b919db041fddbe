"""Detection: boxes parallel to the axes, each of one class."""

from parity.detection.decoding import decode, decode_end2end
from parity.tasks.task import TASKS, Task

TASKS.add(
    "detect",
    Task(
        models="detection models",
        model_class="DetectionModel",
        box_rows=4,
        decode=decode,
        decode_end2end=decode_end2end,
    ),
)
