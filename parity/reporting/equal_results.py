"""What gives equal results, so that one row or sentence speaks of all."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from parity.comparison.results import ComparisonResults

Item = TypeVar("Item")


def equal_groups(items: Iterable[Item], key: Callable[[Item], object]) -> list[list[Item]]:
    """Return items in groups of equal keys, in the order of their first one."""
    groups: list[tuple[object, list[Item]]] = []
    for item in items:
        own = key(item)
        same = next((members for known, members in groups if known == own), None)
        if same is None:
            groups.append((own, [item]))
        else:
            same.append(item)
    return [members for _, members in groups]


def nameless(comparison: ComparisonResults | None) -> ComparisonResults | None:
    """Return a comparison without the name of its candidate."""
    return replace(comparison, candidate="") if comparison else None
