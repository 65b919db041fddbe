"""How a stage of a deployment declares its choices.

A stage is a frozen dataclass of its choices, a :class:`Choices`, that stands beside the functions
that act on them. What a choice allows is its type: a ``Literal`` or ``bool`` lists its values,
anything else is open (numbers, pairs). ``Pipeline`` inherits from all stages.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, field
from functools import cache
from operator import attrgetter
from typing import Any, Literal, Self, TypeVar, get_args, get_origin

Value = TypeVar("Value")
Action = TypeVar("Action")
Stage = type[Any]
"""A subclass of :class:`Choices`."""


def choice(default: Value, *, moot: Mapping[Value, Iterable[str]]) -> Value:
    """Declare a choice of which some values make other choices moot.

    A choice without any is declared by its default alone.

    Parameters
    ----------
    default : value
        What the correct pipeline has.
    moot : mapping of value to iterable of str
        By value, the choices of any stage that no longer matter.
    """
    mooted = {value: frozenset(names) for value, names in moot.items()}
    declared: Value = field(default=default, metadata={"moot": mooted})
    return declared


HASH = "_hash"
"""Where a pipeline keeps its hash, which is computed once: pipelines are keys of many caches."""


class Choices:
    """Base of the dataclass of a stage: an unknown value raises at construction."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises
        ------
        ValueError
            If a value is not among those that its choice allows.
        """
        _check(self, _known_values(type(self)))

    def __getstate__(self) -> dict[str, Any]:
        """Return the values without their hash, which differs from process to process."""
        return {name: value for name, value in vars(self).items() if name != HASH}

    def replace(self, **changes: Any) -> Self:
        """Return the same with some choices changed; what ``dataclasses.replace`` does, but faster.

        Parameters
        ----------
        **changes
            Values by choice.

        Raises
        ------
        TypeError
            If there is no such choice.
        ValueError
            If a value is not among those that its choice allows.
        """
        unknown = changes.keys() - _fields(type(self)).keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no choice {min(unknown)!r}")
        changed = object.__new__(type(self))
        vars(changed).update(vars(self), **changes)
        vars(changed).pop(HASH, None)
        _check(changed, changes)
        return changed


def _fields(stage: Stage) -> dict[str, Field[Any]]:
    return getattr(stage, "__dataclass_fields__", {})


def fields_of(*stages: Stage) -> tuple[str, ...]:
    """Return the names of the choices of some stages, inherited ones included."""
    return tuple(dict.fromkeys(name for stage in stages for name in _fields(stage)))


def allowed(stage: Stage, name: str) -> tuple[Any, ...]:
    """Return the values that a choice may have, the default of a ``bool`` first.

    Parameters
    ----------
    stage : type
        A stage, or ``Pipeline``.
    name : str
        The choice.

    Returns
    -------
    tuple
        In the order in which they are declared; empty if any value of its type will do.
    """
    declared = _fields(stage)[name]
    if declared.type is bool:
        return declared.default, not declared.default
    return get_args(declared.type) if get_origin(declared.type) is Literal else ()


def listed(*stages: Stage) -> tuple[str, ...]:
    """Return the names of the choices of some stages that list their values."""
    return tuple(name for stage in stages for name in fields_of(stage) if allowed(stage, name))


def _check(choices: Choices, names: Iterable[str]) -> None:
    known = _known_values(type(choices))
    for name in names:
        if name in known and getattr(choices, name) not in known[name]:
            options = ", ".join(map(repr, allowed(type(choices), name)))
            raise ValueError(f"{name} is {getattr(choices, name)!r}; it must be one of {options}")


_known: dict[Stage, dict[str, frozenset[Any]]] = {}


def _known_values(stage: Stage) -> dict[str, frozenset[Any]]:
    if stage not in _known:
        _known[stage] = {name: frozenset(allowed(stage, name)) for name in listed(stage)}
    return _known[stage]


def values(choices: Choices, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of some choices: equal values give equal results of their stage."""
    return _values_of(names)(choices)


@cache
def _values_of(names: tuple[str, ...]) -> Callable[[Choices], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda choices: tuple(getattr(choices, name) for name in names)


def moot(choices: Choices) -> frozenset[str]:
    """Return the choices that do not matter, given the values of the others."""
    declared = _fields(type(choices))
    tables = {name: field.metadata["moot"] for name, field in declared.items() if field.metadata}
    nothing: frozenset[str] = frozenset()
    return nothing.union(*(t.get(getattr(choices, name), nothing) for name, t in tables.items()))


def by_value(stage: Stage, name: str, actions: Mapping[str, Action]) -> dict[str, Action]:
    """Return what each value of a choice does.

    Parameters
    ----------
    stage : type
        The stage that declares the choice.
    name : str
        The choice.
    actions : mapping of str to function
        One for every value.

    Raises
    ------
    TypeError
        If a value has none, or something has one that is no value.
    """
    if set(actions) != set(allowed(stage, name)):
        different = sorted(set(actions) ^ set(allowed(stage, name)))
        raise TypeError(f"{stage.__name__}.{name} and its functions disagree about {different}")
    return dict(actions)
