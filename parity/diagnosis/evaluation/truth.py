"""What is known to be wrong with a deployment that is diagnosed to measure the diagnosis."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from parity.external.observations import NOTHING_DECLARED, Declared

Kinds = Mapping[str, tuple[str, ...]]
"""Words of the truths, and the names of the catalogue that say the same (patterns of
:mod:`fnmatch`)."""


@dataclass(frozen=True)
class DeploymentTruth:
    """What is wrong with a deployment."""

    name: str
    """Of the deployment."""
    faults: tuple[str, ...] = ()
    """What is wrong: names of the catalogue, or words that :data:`Kinds` explain."""
    optional: tuple[str, ...] = ()
    """What may be named as well; it says the same in other words or changes next to nothing."""
    unknown: tuple[str, ...] = ()
    """What no catalogue holds, in free words."""
    task: str = "detect"
    """What the network that it runs is made for."""
    language: str = ""
    """In whose manner it is written."""
    declared: Declared = NOTHING_DECLARED
    """What its users know of it."""

    @property
    def held_out(self) -> bool:
        """Return whether nobody looks at it while the diagnosis is being changed.

        A hash of the name decides, so that nobody chooses.
        """
        return hashlib.sha256(self.name.encode()).digest()[0] % 2 == 1


def load_truths(path: str | Path, kinds: Kinds) -> dict[str, DeploymentTruth]:
    """Read truths by the name of the deployment.

    Parameters
    ----------
    path : str or Path
        YAML or JSON: lists ``faults``, ``optional`` and ``unknown``, ``task``, ``language`` and
        ``declared`` of each deployment.
    kinds : dict of str to tuple of str
        A fault that they give no name in the catalogue is something unknown.
    """
    return {name: _truth(name, entry or {}, kinds) for name, entry in _load(path).items()}


def _truth(name: str, entry: dict[str, Any], kinds: Kinds) -> DeploymentTruth:
    faults = entry.get("faults", ())
    return DeploymentTruth(
        name,
        faults=tuple(word for word in faults if names_of(word, kinds)),
        optional=tuple(entry.get("optional", ())),
        unknown=(*entry.get("unknown", ()), *(w for w in faults if not names_of(w, kinds))),
        task=entry.get("task", "detect"),
        language=entry.get("language", ""),
        declared=declared_in(entry.get("declared", {})),
    )


def declared_in(header: Mapping[str, Any]) -> Declared:
    """Return the thresholds, the geometry and the export that an object states."""
    known = ("conf", "iou", "max_det", "geometry", "export")
    return Declared(**{key: header[key] for key in known if header.get(key) is not None})


def load_kinds(path: str | Path) -> Kinds:
    """Read which names of the catalogue say what the truths call by a word of their own."""
    return {word: tuple(names) for word, names in _load(path).items()}


def names_of(word: str, kinds: Kinds) -> tuple[str, ...]:
    """Return the patterns of names that say what a word of a truth says; none where nothing can."""
    return kinds.get(word, (word,))


def is_named(word: str, named: Iterable[str], kinds: Kinds) -> bool:
    """Return whether one of some names says what a word of a truth says."""
    patterns = names_of(word, kinds)
    return any(fnmatchcase(name, pattern) for name in named for pattern in patterns)


def false_names(named: Iterable[str], words: Collection[str], kinds: Kinds) -> tuple[str, ...]:
    """Return the names that say what none of some words says."""
    return tuple(n for n in named if not any(is_named(word, [n], kinds) for word in words))


def _load(path: str | Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    return loaded
