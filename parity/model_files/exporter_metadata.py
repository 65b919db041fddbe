"""What Ultralytics' exporter writes into an ONNX file beside the model, read as plain data."""

import ast
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

LARGEST_SIDE = 8192
"""Largest side of an input, px; also the limit of ``imgsz`` in the configuration."""

LONGEST = 1_000_000
"""Characters of a value, at most; chosen: twice the names of 20,000 classes. Python takes 500 bytes
of memory for a character of a list."""

SHOWN = 60
"""Characters of a value that a message shows at most; chosen."""

DIGITS = re.compile(r"[0-9]{1,6}")
"""A class id as text."""

EXPECTED = {
    "imgsz": f"height and width, each from 1 to {LARGEST_SIDE}",
    "names": "a name for each class from 0 on",
    "stride": f"a whole number from 1 to {LARGEST_SIDE}",
    "args": "keys with values",
    "kpt_shape": "how many keypoints, and 2 or 3 numbers each",
}


@dataclass(frozen=True)
class ExporterMetadata:
    """The metadata of a file; None for what it does not say or says wrongly."""

    imgsz: tuple[int, int] | None
    """Height and width of the input, px."""
    names: dict[int, str] | None
    """Class names by id."""
    stride: int | None
    """Largest stride of the network, px."""
    task: str | None
    """What it was trained to find."""
    arguments: dict[str, Any]
    end2end: bool
    """Whether its head needs no NMS."""
    keypoint_shape: tuple[int, int] | None = None
    """Keypoints of an object and numbers of a keypoint."""
    wrong: dict[str, str] = field(default_factory=dict)
    """What is wrong with each key that is there but cannot be used, in words."""


def read_metadata(properties: Mapping[str, str]) -> ExporterMetadata:
    """Read the metadata of a file; nothing is evaluated but literals of Python."""
    readers: dict[str, Callable[[Any], Any]] = {
        "imgsz": _imgsz,
        "names": _names,
        "stride": _stride,
        "args": _arguments,
        "kpt_shape": _keypoint_shape,
    }
    found = {
        key: read(literal(properties[key])) if key in properties else None
        for key, read in readers.items()
    }
    wrong = {
        key: f"{key} is {_shown(properties[key])}; expected {EXPECTED[key]}"
        for key, value in found.items()
        if value is None and key in properties
    }
    return ExporterMetadata(
        imgsz=found["imgsz"],
        names=found["names"],
        stride=found["stride"],
        task=properties.get("task"),
        arguments=found["args"] or {},
        end2end=properties.get("end2end") == "True",
        keypoint_shape=found["kpt_shape"],
        wrong=wrong,
    )


def literal(text: str) -> Any:
    """Return the value of a literal of Python or, failing that, of JSON; None if it is neither."""
    if len(text) > LONGEST:
        return None
    for read in (ast.literal_eval, json.loads):
        with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return read(text)
    return None


def _imgsz(value: Any) -> tuple[int, int] | None:
    if is_side(value):
        return value, value
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(is_side, value)):
        return value[0], value[1]
    return None


def _stride(value: Any) -> int | None:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return whole if is_side(whole) else None


def is_side(value: Any) -> bool:
    """Return whether a value can be the side of an image, px."""
    return type(value) is int and 1 <= value <= LARGEST_SIDE


def _names(value: Any) -> dict[int, str] | None:
    """Return names by id, of a list or a mapping, whose keys are text in JSON."""
    named = dict(enumerate(value)) if isinstance(value, list | tuple) else value
    if not isinstance(named, dict) or not named:
        return None
    if all(isinstance(key, str) and DIGITS.fullmatch(key) for key in named):
        named = {int(key): name for key, name in named.items()}
    ids = [key for key in named if type(key) is int]
    if len(ids) < len(named) or sorted(ids) != list(range(len(named))):
        return None
    if not all(isinstance(name, str | int) for name in named.values()):
        return None
    return {key: str(named[key]) for key in named}


def _keypoint_shape(value: Any) -> tuple[int, int] | None:
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(is_side, value)):
        return (value[0], value[1]) if value[1] in (2, 3) else None
    return None


def _arguments(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return value
    return None


def _shown(text: str) -> str:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return ascii(shown) if not shown.isprintable() else repr(shown)
