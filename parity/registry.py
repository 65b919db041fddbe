"""Registries: folders of which every module adds its entries by being imported.

Such a folder calls :func:`import_modules` in its ``__init__.py``, so that a new module is found
without being named anywhere. :func:`parity.provenance.local_imports` knows the call and counts all
modules of the folder as imported.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

Registered = TypeVar("Registered")


class Registry(Mapping[str, Registered]):
    """Entries by name, in the order in which they were added.

    Parameters
    ----------
    what : str
        What an entry is called, for messages.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, Registered] = {}

    def add(self, name: str, entry: Registered) -> Registered:
        """Add an entry and return it.

        Raises
        ------
        ValueError
            If there is one of that name already.
        """
        if name in self._entries:
            raise ValueError(f"there are two {self.what}s called {name}")
        self._entries[name] = entry
        return entry

    def __getitem__(self, name: str) -> Registered:
        """Return the entry of a name."""
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._entries)


def import_modules(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, but not its sub-packages.

    Parameters
    ----------
    package : str
        ``__name__`` of the package.
    path : iterable of str
        ``__path__`` of the package.
    """
    for module in pkgutil.iter_modules(path):
        if not module.ispkg:
            importlib.import_module(f"{package}.{module.name}")
