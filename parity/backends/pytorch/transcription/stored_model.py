"""What a checkpoint says of its model, as plain data."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from parity.backends.pytorch.transcription.archive import Archive
from parity.backends.pytorch.transcription.arguments import arguments_of, mapping_of, model_in
from parity.backends.pytorch.transcription.pickle_reader import (
    MalformedError,
    StandIn,
    read_pickle,
)
from parity.backends.trust import REMEDY
from parity.errors import UserError, shown

MAX_MODULES = 5_000
"""Modules of a model: YOLOv9e has 1,225 (measured)."""
MAX_MEMBERS = 200
"""Modules, parameters or buffers that a module holds itself: YOLOv9e has 43 layers."""
MAX_TENSORS = 4 * MAX_MODULES
"""Parameters and buffers of a model: those of YOLOv9e are fewer than two for each module."""
MAX_DEPTH = 32
"""How deep they are nested; 8 in YOLOv9e (measured)."""
BFLOAT16 = "bfloat16"
"""The upper half of a float32, which numpy lacks."""
DTYPES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": BFLOAT16,
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
}
"""Element types by what torch calls storages of them."""
PARAMETERS = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
TENSORS = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")


@dataclass(frozen=True)
class StoredTensor:
    """A tensor whose numbers are not read yet."""

    key: str
    """Where they are in the archive."""
    dtype: str
    """Their type, of :data:`DTYPES`."""
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    """Their layout; they fill the storage."""

    @property
    def is_float(self) -> bool:
        """Whether they are floating-point numbers."""
        return "float" in self.dtype

    @property
    def _stored_dtype(self) -> np.dtype[Any]:
        return np.dtype("uint16" if self.dtype == BFLOAT16 else self.dtype)

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return math.prod(self.shape) * self._stored_dtype.itemsize

    def read(self, archive: Archive) -> np.ndarray:
        """Return the numbers; bfloat16 as float32, which holds each of them.

        Raises
        ------
        UserError
            If the archive does not hold exactly these.
        """
        numbers, dtype = archive.numbers(self.key, self.size), self._stored_dtype
        if not self.size:
            return np.empty(self.shape, dtype)
        strides = tuple(step * dtype.itemsize for step in self.stride)
        try:
            array: np.ndarray = np.ndarray(self.shape, dtype, numbers, strides=strides)
        except (ValueError, OverflowError):
            raise UserError("has a tensor that reaches beyond its numbers") from None
        if self.dtype == BFLOAT16:
            return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return array


@dataclass(frozen=True)
class StoredModule:
    """A module of a model."""

    kind: str
    """Full name of its class."""
    attributes: Mapping[Any, Any]
    """What it is given as its state, but for its modules, parameters and buffers."""
    tensors: Mapping[str, Any]
    """Parameters and persistent buffers by name, not yet looked at."""


@dataclass(frozen=True)
class StoredModel:
    """The model of a checkpoint."""

    kinds: frozenset[str]
    """Full names of all globals that the checkpoint asks for."""
    modules: dict[str, StoredModule]
    """By path; the model itself has the path ""."""
    arguments: list[Mapping[Any, Any]]
    """Of the training, as the checkpoint and its model state them."""

    @property
    def kind(self) -> str:
        """Full name of the model's class."""
        return self.modules[""].kind

    @property
    def attributes(self) -> Mapping[Any, Any]:
        """Attributes of the model itself."""
        return self.modules[""].attributes

    def tensors(self) -> dict[str, StoredTensor]:
        """Return parameters and persistent buffers by their names in the model.

        Raises
        ------
        UserError
            If one is something else, or is stored in a way in which nothing stores it.
        """
        return {
            f"{path}.{name}".removeprefix("."): tensor_of(value)
            for path, module in self.modules.items()
            for name, value in module.tensors.items()
        }


def read_model(archive: Archive) -> StoredModel:
    """Read the model that Ultralytics would take from a checkpoint.

    Raises
    ------
    UserError
        If there is none; the message says what there is, to follow the name of the file.
    """
    try:
        pickled = read_pickle(archive.pickled())
    except MalformedError as error:
        raise UserError(f"is damaged, or hides what it asks for: {shown(str(error))}") from None
    checkpoint = mapping_of(pickled.value)
    if checkpoint is None:
        raise UserError(f"holds {what_stands(pickled.value)} instead of a checkpoint")
    model = model_in(checkpoint)
    if any(map(is_state_dict, (checkpoint, checkpoint.get("state_dict"), model))):
        raise UserError(
            "holds weights without their network (a state dict); give the checkpoint that "
            "Ultralytics wrote, such as best.pt"
        )
    if not isinstance(model, StandIn):
        raise UserError(f"holds {what_stands(model)} instead of a model")
    modules = dict(islice(_modules(model, "", 0), MAX_MODULES + 1))
    if len(modules) > MAX_MODULES:
        raise UserError(f"has more modules than any YOLO model; {REMEDY}")
    if sum(len(module.tensors) for module in modules.values()) > MAX_TENSORS:
        raise UserError(f"has more tensors than any YOLO model; {REMEDY}")
    return StoredModel(pickled.kinds, modules, arguments_of(checkpoint))


def is_state_dict(value: Any) -> bool:
    """Return whether something is a table of tensors."""
    table = mapping_of(value) or {}
    return bool(table) and all(
        isinstance(each, StandIn) and each.kind in {*TENSORS, *PARAMETERS}
        for each in table.values()
    )


def _modules(stand_in: Any, path: str, depth: int) -> Iterator[tuple[str, StoredModule]]:
    if depth > MAX_DEPTH:
        raise UserError(f"has modules that are nested deeper than in any YOLO model; {REMEDY}")
    if not isinstance(stand_in, StandIn):
        raise UserError(f"holds {what_stands(stand_in)} instead of a module")
    state = mapping_of(stand_in.state) or {}
    children, parameters, buffers = (
        mapping_of(state.get(key)) or {} for key in ("_modules", "_parameters", "_buffers")
    )
    passing = _elements(state.get("_non_persistent_buffers_set"))
    if max(map(len, (children, parameters, buffers, passing))) > MAX_MEMBERS:
        raise UserError(f"has a module with more members than any YOLO model has; {REMEDY}")
    if not all(isinstance(name, str) for name in (*children, *parameters, *buffers)):
        raise UserError("has a module with members without names")
    persistent = {name: value for name, value in buffers.items() if name not in passing}
    tensors = {k: v for k, v in {**parameters, **persistent}.items() if v is not None}
    yield path, StoredModule(stand_in.kind, state, tensors)
    for name, child in children.items():
        if child is not None:
            yield from _modules(child, f"{path}.{name}".removeprefix("."), depth + 1)


def _elements(value: Any) -> list[Any]:
    """Return the elements of a set: collected as it is filled, or given as a list when made."""
    match value:
        case StandIn(arguments=(list(given),)):
            return given
        case StandIn(elements=elements):
            return elements
    return []


def tensor_of(value: Any) -> StoredTensor:
    """Return a tensor that a pickle describes.

    Raises
    ------
    UserError
        If it is none, or of a kind that no YOLO model has.
    """
    if isinstance(value, StandIn) and value.kind in PARAMETERS and value.arguments:
        value = value.arguments[0]
    match value:
        case StandIn(kind=kind, arguments=(storage, int(offset), shape, stride, *_)) if (
            kind in TENSORS
        ):
            return _stored(storage, offset, shape, stride)
    raise UserError(f"holds {what_stands(value)} where a tensor belongs")


def _stored(storage: Any, offset: int, shape: Any, stride: Any) -> StoredTensor:
    match storage:
        case StandIn(
            kind="storage", arguments=("storage", StandIn(kind=kind), str(key), _, int(count))
        ):
            dtype = DTYPES.get(kind.rpartition(".")[2])
        case _:
            raise UserError("has a tensor without numbers")
    if dtype is None:
        raise UserError(f"has numbers of the type {shown(kind)}, which no YOLO model has")
    if not (_are_sizes(shape) and _are_sizes(stride) and len(shape) == len(stride)):
        raise UserError("has a tensor without a shape")
    if offset or count != math.prod(shape):
        raise UserError("has a tensor that is a part of a larger one")
    return StoredTensor(key, dtype, shape, stride)


MAX_AXES = 8
"""Axes of a tensor; those of convolutions have 4."""
MAX_SIDE = 2**31
"""Length of an axis; a number of more bits could make the product endless."""


def _are_sizes(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) <= MAX_AXES
        and all(type(side) is int and 0 <= side < MAX_SIDE for side in value)
    )


ARTICLES = {
    type(None): "nothing",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    bytes: "bytes",
    list: "a list",
    tuple: "a list",
    dict: "a table",
}
"""What plain values are called in sentences."""


def what_stands(value: Any) -> str:
    """Return what a value is, for a sentence."""
    if isinstance(value, StandIn):
        return shown(value.kind)
    return ARTICLES.get(type(value), type(value).__name__)
