"""The metadata of a model as text by key, as the exporter writes it into ONNX files."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

DATED = "date"
"""Key of the time of the export, which is left out: equal exports have equal bytes."""


def metadata_props(model: "onnx.ModelProto") -> dict[str, str]:
    """Return what the exporter wrote beside a model."""
    return {entry.key: entry.value for entry in model.metadata_props}


def metadata_of_json(text: str | bytes) -> dict[str, str]:
    """Return what :func:`metadata_of` does of JSON; empty if it is none."""
    with suppress(ValueError, RecursionError):
        return metadata_of(json.loads(text))
    return {}


def metadata_of(stored: Any) -> dict[str, str]:
    """Return the values of a mapping, stored as JSON or YAML, as text; empty if it is no mapping.

    JSON has no numbers as keys, so class ids come as text.

    Raises
    ------
    ValueError
        If an id has thousands of digits.
    """
    if not isinstance(stored, dict):
        return {}
    return {str(key): str(_with_ids(value)) for key, value in stored.items() if key != DATED}


def _with_ids(value: Any) -> Any:
    if isinstance(value, dict) and value and all(str(key).isdecimal() for key in value):
        return {int(key): each for key, each in value.items()}
    return value
