"""Metadata that is stored as JSON or YAML, as the text that the exporter writes into ONNX files."""

from typing import Any

DATED = "date"
"""Key of the time of the export, which is left out: equal exports have equal bytes."""


def metadata_of(stored: Any) -> dict[str, str]:
    """Return the values of a mapping as text; empty if it is no mapping.

    JSON has no numbers as keys, so class ids come as text.
    """
    if not isinstance(stored, dict):
        return {}
    return {str(key): str(_with_ids(value)) for key, value in stored.items() if key != DATED}


def _with_ids(value: Any) -> Any:
    if isinstance(value, dict) and value and all(str(key).isdecimal() for key in value):
        return {int(key): each for key, each in value.items()}
    return value
