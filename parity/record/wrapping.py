"""Wrapping functions of a library as soon as a program imports it."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MARK = "_yolo_parity_wraps"

_here = threading.local()


@contextmanager
def unwatched(failed: Callable[[BaseException], None]) -> Iterator[None]:
    """Do something of the recorder's own: nothing in it is recorded, and no error leaves it."""
    before = is_unwatched()
    _here.busy = True
    try:
        yield
    except Exception as error:
        failed(error)
    finally:
        _here.busy = before


def is_unwatched() -> bool:
    """Return whether this thread is within :func:`unwatched`."""
    return getattr(_here, "busy", False)


def wrap(
    owner: Any,
    name: str,
    *,
    before: Callable[..., Any] | None = None,
    after: Callable[..., None] | None = None,
    failed: Callable[[BaseException], None],
) -> None:
    """Have functions called before and after one of a library, which itself stays as it is.

    Parameters
    ----------
    owner : module or class
        What has the function; nothing happens if it has none of that name.
    name : str
        The function's name.
    before : callable, optional
        Takes the arguments; what it returns is given to ``after``.
    after : callable, optional
        Takes what ``before`` returned, the result, and the arguments.
    failed : callable
        Is given what goes wrong in ``before`` and ``after``.
    """
    original = getattr(owner, name, None)
    if original is None or getattr(original, MARK, False):
        return

    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if is_unwatched():
            return original(*args, **kwargs)
        begun = None
        if before is not None:
            with unwatched(failed):
                begun = before(*args, **kwargs)
        result = original(*args, **kwargs)
        if after is not None:
            with unwatched(failed):
                after(begun, result, *args, **kwargs)
        return result

    setattr(wrapper, MARK, True)
    setattr(owner, name, wrapper)


class AfterImport(MetaPathFinder):
    """Calls a function with a module when it has just been imported."""

    def __init__(
        self,
        actions: dict[str, Callable[[Any], None]],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._actions = actions
        self._failed = failed

    def find_spec(
        self, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one of the modules as the other finders do, and have its loader tell."""
        if fullname not in self._actions:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                self._extend(spec, self._actions[fullname])
                return spec
        return None

    def _extend(self, spec: ModuleSpec, action: Callable[[Any], None]) -> None:
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: ModuleType) -> None:
            execute(module)
            with unwatched(self._failed):
                action(sys.modules.get(module.__name__, module))

        loader.exec_module = exec_module
