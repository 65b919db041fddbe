"""What a family of detectors must define, and the registry of families."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx

from parity.detection.head import Fitted
from parity.model_files.cells import Size
from parity.registry import Registry

FAMILY = "parity.family"
"""Key of the metadata under which the family of an adapted file is written."""
ULTRALYTICS = "ultralytics"
"""The family of files that are used as they are."""

Shape = Sequence[int | str]


@dataclass(frozen=True)
class Family:
    """Networks that take and return the same things."""

    models: str
    """What they are called in sentences."""
    sentence: str
    """What they take and return, in words."""
    classes: Callable[[Sequence[Shape]], int | None]
    """Number of classes, of the shapes of all outputs; None if these do not tell."""
    fits: Callable[[Sequence[np.ndarray], Size], bool]
    """Whether outputs for a photograph, given the size of the input, can be of this family."""
    is_sure: Callable[[Sequence[np.ndarray], Size], bool]
    """Whether they can be of no other."""
    adapt: Callable[[onnx.ModelProto, int, Size], None]
    """Changes a model, given its number of classes and the size of its input, so that it returns
    what Ultralytics' exports return."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    """In which choices of :class:`parity.deployment.pipeline.Pipeline` the preprocessing
    differs."""
    fitted: Fitted = "letterbox"
    """How images are fitted into the input."""
    open_input: bool = False
    """Whether height and width of the input may be open; ``adapt`` is then given 0 for both."""
    model_class: str = ""
    """Class of ``ultralytics.nn.tasks`` that its checkpoints hold, if that is another than the one
    of the task; empty if there are none."""


FAMILIES: Registry[Family] = Registry("family")
"""Families by the name that ``models.<name>.family`` has."""


def adapt_to(model: onnx.ModelProto, family: str, *, classes: int, size: Size = (0, 0)) -> None:
    """Make a model of a family return what Ultralytics' exports return, and say so in it.

    The parameters are those of :attr:`Family.adapt`.
    """
    FAMILIES[family].adapt(model, classes, size)
    model.metadata_props.add(key=FAMILY, value=family)


def are_probabilities(values: np.ndarray) -> bool:
    """Return whether all numbers are from 0 to 1, and not all the same."""
    return bool(np.all((values >= 0) & (values <= 1)) and np.ptp(values) > 0)


def columns_of(shapes: Sequence[Shape], other: int) -> int | None:
    """Return the classes of a first output of (batch, boxes, other + classes); None if it is none.

    Parameters
    ----------
    shapes : sequence of shape
        Of all outputs; an open axis is a name.
    other : int
        Numbers of a box that are no class scores.
    """
    if len(shapes[0]) != 3 or not isinstance(shapes[0][2], int):
        return None
    classes = shapes[0][2] - other
    return classes if classes > 0 else None
