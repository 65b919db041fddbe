"""Attributes of modules as plain values, which can be compared and written down."""

from typing import Any

MAX_LENGTH = 200
"""Elements of a list, and characters of a text, among the attributes (chosen): 43 layers are kept
at most."""
MAX_NESTED = 2
"""How deep such lists are nested."""
NOT_PLAIN = object()
"""What stands for anything else."""


def as_plain(value: Any, nested: int = MAX_NESTED) -> Any:
    """Return a number, a text, None, or a list of such; :data:`NOT_PLAIN` for anything else."""
    if isinstance(value, str):
        return value if len(value) <= MAX_LENGTH else NOT_PLAIN
    if value is None or isinstance(value, bool | int | float):
        return value
    if not isinstance(value, list | tuple) or not nested or len(value) > MAX_LENGTH:
        return NOT_PLAIN
    elements = [as_plain(each, nested - 1) for each in value]
    return NOT_PLAIN if NOT_PLAIN in elements else elements


def size_of_plain(value: Any) -> int:
    """Return how many numbers and characters a plain value holds."""
    if isinstance(value, list):
        return 1 + sum(map(size_of_plain, value))
    return len(value) if isinstance(value, str) else 1
