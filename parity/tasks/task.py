"""What a task must define, and the registry of tasks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from parity.detection.decoding import Candidates, decode, decode_finished
from parity.registry import Registry
from parity.sentences import listing

Outputs = tuple[np.ndarray, ...]
"""Everything that a network returns for one image, without the axis of the batch."""


class Decode(Protocol):
    """What turns the outputs for one image into the candidates that score above a floor."""

    def __call__(self, outputs: Outputs, floor: float, classes: int) -> Candidates:
        """Return the candidates; ``classes`` is how many the model knows."""


OutputShapes = Sequence[tuple[int | str, ...]]
"""The shapes of all outputs, with the axis of the batch."""


Rows = Callable[[int, tuple[int, int] | None, OutputShapes], int | None]
"""Rows that the first output for an image should have, given the number of classes, the shape of
keypoints or None, and the shapes of the outputs; None if these do not tell."""


def decode_boxes(outputs: Outputs, floor: float, classes: int) -> Candidates:
    """Return the candidates of a first output of (4 + classes + E, anchors)."""
    return decode(outputs[0], floor, classes)


def decode_finished_boxes(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    """Return the candidates of a first output that holds finished boxes, (rows, 6 + E)."""
    return decode_finished(outputs[0], floor)


@dataclass(frozen=True)
class Task:
    """What a network is trained to find, and how its outputs are read."""

    models: str
    """What models of it are called in sentences, in the plural."""
    model_class: str
    """Class of ``ultralytics.nn.tasks`` that its checkpoints hold."""
    predictor: str
    """Class of ``ultralytics.models.yolo`` that predicts with them, and its module."""
    rows: Rows
    """See :data:`Rows`."""
    expected: str
    """These rows in words, for messages."""
    fitted: Literal["letterbox", "centre crop"] = "letterbox"
    """How an image becomes the input."""
    outputs: int = 1
    """How many outputs count."""
    has_boxes: bool = True
    """Whether it finds boxes; otherwise labels of the whole image."""
    decode: Decode = decode_boxes
    decode_finished: Decode = decode_finished_boxes
    """Make candidates of the outputs, and of those that hold finished boxes."""

    @property
    def axes(self) -> int:
        """Axes of the first output for an image."""
        return 2 if self.has_boxes else 1


TASKS: Registry[Task] = Registry("task")
"""Tasks by the name that Ultralytics writes into an export."""


def supported_models() -> str:
    """Return what models work, for sentences."""
    return listing([task.models for task in TASKS.values()])
