"""What a foreign checkpoint says of its model, checked as far as that takes no model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parity.backends.pytorch.transcription.architecture import (
    check_channels,
    checked_architecture,
    modified,
    unactivated_pooling,
)
from parity.backends.pytorch.transcription.archive import Archive
from parity.backends.pytorch.transcription.arguments import size_of
from parity.backends.pytorch.transcription.facts import checked_names, model_class_of, task_of
from parity.backends.pytorch.transcription.plain_values import (
    NOT_PLAIN,
    as_plain,
    size_of_plain,
)
from parity.backends.pytorch.transcription.stored_model import (
    StoredModel,
    StoredTensor,
    read_model,
    tensor_of,
    what_stands,
)
from parity.backends.trust import REMEDY
from parity.errors import UserError

DEFAULT_STRIDE = 32
"""What Ultralytics takes where a checkpoint states no strides, px."""
MAX_STRIDE = 1024
"""Largest stride (chosen): 64 px in models with a fourth scale."""
MAX_STRIDES = 16
"""How many there are at most (chosen): 4 in such models."""
MAX_PLAIN = 2_000_000
"""Numbers and characters among all attributes: 72,000 in YOLOv9e (measured)."""
IDENTITY = "torch.nn.modules.linear.Identity"


@dataclass(frozen=True)
class TranscribedModule:
    """A module of a model."""

    kind: str
    """Full name of its class."""
    attributes: dict[str, Any]
    """Those of its public attributes that are plain, see :func:`as_plain`."""
    others: dict[str, str]
    """What its other public attributes are, for sentences."""


@dataclass(frozen=True)
class Transcript:
    """All of a foreign model but its numbers."""

    task: str
    """A name in the registry of tasks."""
    model_class: str
    """Of ``ultralytics.nn.tasks``."""
    architecture: dict[str, Any]
    """What that class can be given as its ``cfg``."""
    names: dict[int, str]
    """Class names by id."""
    size: tuple[int, int]
    """Height and width that it was trained at, px."""
    strides: list[list[float]]
    """Those that the model and its head state, px; none if they do not."""
    end2end: bool | None
    """Which of its two heads it uses; None if it does not say so."""
    modules: dict[str, TranscribedModule]
    """By path; the model itself has the path ""."""
    tensors: dict[str, StoredTensor]
    """Parameters and persistent buffers, by their names in the model."""

    @property
    def stride(self) -> int:
        """Largest stride, px."""
        return int(max(self.strides[0])) if self.strides else DEFAULT_STRIDE


def read_transcript(archive: Archive) -> Transcript:
    """Read what a checkpoint says of its model.

    Raises
    ------
    UserError
        If it is no model of a supported task, or its architecture, names, size or strides are none
        that a model can be built with; the message follows the name of the file.
    """
    stored = read_model(archive)
    task = task_of(stored)
    model_class = model_class_of(stored)
    architecture = checked_architecture(stored.attributes.get("yaml"), model_class)
    check_channels(architecture["channels"])
    if has_unactivated_pooling(stored):
        architecture = unactivated_pooling(architecture)
    names = checked_names(stored.attributes.get("names"), architecture["nc"])
    layers = sum(len(architecture[part]) for part in ("backbone", "head"))
    head = stored.modules.get(f"model.{layers - 1}")
    said = [stored.attributes, head.attributes if head else {}]
    return Transcript(
        task,
        model_class,
        architecture,
        names,
        size_of(*stored.arguments),
        [strides_of(each["stride"], archive) for each in said if each.get("stride") is not None],
        chosen_head(said[1]),
        transcribed_modules(stored),
        stored.tensors(),
    )


def has_unactivated_pooling(stored: StoredModel) -> bool:
    """Return whether the first convolution of an SPPF has no activation."""
    pooling = (path for path, module in stored.modules.items() if module.kind.endswith(".SPPF"))
    acts = (stored.modules.get(f"{path}.cv1.act") for path in pooling)
    return any(act is not None and act.kind == IDENTITY for act in acts)


def strides_of(stored: Any, archive: Archive) -> list[float]:
    """Return strides, px.

    Raises
    ------
    UserError
        If they are none; the message follows the name of the file.
    """
    tensor = tensor_of(stored)
    if len(tensor.shape) != 1 or not 0 < tensor.shape[0] <= MAX_STRIDES:
        raise UserError(modified(f"its strides have the shape {list(tensor.shape)}"))
    found: list[float] = tensor.read(archive).tolist()
    if not all(0 < stride <= MAX_STRIDE for stride in found):
        raise UserError(modified(f"its strides are {found}"))
    return found


def chosen_head(attributes: Mapping[Any, Any]) -> bool | None:
    """Return which of its two parts a head uses, if it says so.

    Raises
    ------
    UserError
        If it says that with anything but true or false; the message follows the name of the file.
    """
    chosen = attributes.get("_end2end")
    if chosen is not None and not isinstance(chosen, bool):
        raise UserError(modified(f"its head is end-to-end as {what_stands(chosen)}"))
    return chosen


def transcribed_modules(stored: StoredModel) -> dict[str, TranscribedModule]:
    """Return the modules of a model with their public attributes, by path.

    Raises
    ------
    UserError
        If these are more than those of any model; the message follows the name of the file.
    """
    modules, left = {}, MAX_PLAIN
    for path, module in stored.modules.items():
        made = TranscribedModule(module.kind, {}, {})
        for name, value in module.attributes.items():
            if not isinstance(name, str) or name.startswith("_"):
                continue
            plain = as_plain(value)
            if plain is NOT_PLAIN:
                made.others[name] = what_stands(value)
            else:
                made.attributes[name] = plain
            left -= len(name) + size_of_plain(made.others.get(name, plain))
            if left < 0:
                raise UserError(f"has larger attributes than any YOLO model; {REMEDY}")
        modules[path] = made
    return modules
