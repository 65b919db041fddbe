"""Whether a stored model is the one that its architecture describes."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from ultralytics.nn import tasks

from parity.backends.pytorch.transcription.architecture import modified
from parity.backends.pytorch.transcription.plain_values import NOT_PLAIN, as_plain
from parity.backends.pytorch.transcription.stored_model import StoredTensor
from parity.backends.pytorch.transcription.transcript import TranscribedModule, Transcript
from parity.backends.trust import REMEDY
from parity.errors import UserError, shown

SILENCE = "ultralytics.nn.modules.block.Silence"
"""What YOLOv9e has where Ultralytics builds an Identity now."""
TAKEN = ("eps", "momentum")
"""Attributes that no architecture gives, and that are taken as they are."""
IRRELEVANT = frozenset(
    [
        *("training", "inplace"),  # set by Ultralytics after loading
        *("np", "type"),  # for people
        *("export", "format", "dynamic", "shape", "max_det", "agnostic_nms"),  # set before each use
        "legacy",  # decides what is built, which is compared
    ]
)
"""Plain attributes that do not change what a loaded model returns."""


def check_alike(model: tasks.BaseModel, stored: Transcript) -> None:
    """Check that two models have the same modules with the same attributes; take those of TAKEN.

    Parameters
    ----------
    model : BaseModel
        What the architecture gives.
    stored : Transcript
        What the checkpoint holds.

    Raises
    ------
    UserError
        If they differ, naming the first difference; the message follows the name of the file.
    """
    built = dict(model.named_modules(remove_duplicate=False))
    for path in stored.modules:
        if path not in built:
            kind = shown(stored.modules[path].kind)
            raise UserError(modified(f"it has a {kind} as {shown(path)}, which is not in its YAML"))
    for path, module in built.items():
        if path not in stored.modules:
            raise UserError(modified(f"it lacks {path}, which is in its YAML"))
        if path:
            check_module(path, module, stored.modules[path])
    if stored.modules[""].attributes.get("save") != list(model.save):
        raise UserError(modified("it keeps the outputs of other layers than its YAML says"))
    for found in stored.strides:
        if isinstance(model.stride, torch.Tensor) and found != (expected := model.stride.tolist()):
            raise UserError(modified(f"its strides are {found} where its YAML gives {expected}"))


def check_module(path: str, built: nn.Module, stored: TranscribedModule) -> None:
    """Check that a stored module has the class and the attributes of one that was built.

    Raises
    ------
    UserError
        If not; the message follows the name of the file.
    """
    if not is_class(stored.kind, type(built)):
        own = type(built).__name__
        raise UserError(modified(f"{path} is a {shown(stored.kind)} where its YAML gives a {own}"))
    for name, expected in plain_attributes(built).items():
        if name in IRRELEVANT or name not in {*stored.attributes, *stored.others}:
            continue
        found = stored.attributes.get(name, NOT_PLAIN)
        if found == expected:
            continue
        if name in TAKEN and isinstance(found, float) and 0 < found < 1:
            setattr(built, name, found)
            continue
        value = stored.others.get(name) or shown(repr(found))
        raise UserError(modified(f"{name} of {path} is {value} where its YAML gives {expected}"))


def is_class(kind: str, cls: type[nn.Module]) -> bool:
    """Return whether a full name is that of a class, in this version of Ultralytics or another."""
    if kind == SILENCE:
        return cls is nn.Identity
    package, _, name = kind.rpartition(".")
    own = "ultralytics.nn." if cls.__module__.startswith("ultralytics.") else "torch.nn.modules."
    return name == cls.__name__ and f"{package}.".startswith(own)


def plain_attributes(module: nn.Module) -> dict[str, Any]:
    """Return the public attributes of a module that are numbers, texts and lists of them."""
    classes = type(module).__mro__[: type(module).__mro__.index(nn.Module)]
    found: dict[str, Any] = {}
    for owner in (*(vars(cls) for cls in reversed(classes)), vars(module)):
        found |= {
            name: as_plain(value) for name, value in owner.items() if not name.startswith("_")
        }
    return {name: value for name, value in found.items() if value is not NOT_PLAIN}


def check_shapes(built: Mapping[str, torch.Tensor], stored: Mapping[str, StoredTensor]) -> None:
    """Check that two models have tensors of the same names and shapes.

    Raises
    ------
    UserError
        If not, naming the first that differs; the message follows the name of the file.
    """
    for name, tensor in built.items():
        if name not in stored:
            raise UserError(modified(f"it lacks {name}, which its YAML gives"))
        found = stored[name]
        if found.shape != tuple(tensor.shape):
            wanted = tuple(tensor.shape)
            raise UserError(
                f"is pruned or modified: {name} has the shape {found.shape} where its YAML gives "
                f"{wanted}; {REMEDY}"
            )
        if found.is_float != tensor.dtype.is_floating_point:
            raise UserError(
                modified(f"{name} is {found.dtype} where its YAML gives {_kind(tensor)}")
            )
    for name in stored:
        if name not in built:
            raise UserError(modified(f"it has {shown(name)}, which is not in its YAML"))


def _kind(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
