"""What a task must define, and the registry of tasks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parity.detection.decoding import Candidates
from parity.registry import Registry

Decode = Callable[[np.ndarray, float], Candidates]
"""Candidates of the raw output of one image that score above a floor."""


@dataclass(frozen=True)
class Task:
    """What a network is trained to find, and how its output is read.

    Attributes
    ----------
    models : str
        What models of it are called in sentences, in the plural.
    model_class : str
        Class of ``ultralytics.nn.tasks`` that its checkpoints hold.
    box_rows : int
        Rows of a raw output that precede those of the classes.
    decode, decode_end2end : callable
        Make candidates of a raw output, and of one that holds finished boxes.
    """

    models: str
    model_class: str
    box_rows: int
    decode: Decode
    decode_end2end: Decode


TASKS: Registry[Task] = Registry("task")
"""Tasks by the name that Ultralytics writes into an export."""


def supported_models() -> str:
    """Return what models work, for sentences."""
    return " and ".join(task.models for task in TASKS.values())
