"""What a runtime must be able to do, and the registry of runtimes.

The workflow imports all runtimes at every start to know their names, so a module that declares one
imports its package only when it loads a model.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from parity.errors import UserError, in_one_line, shown
from parity.registry import Registry

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of a model."""

    name: str
    """In the model."""
    shape: tuple[int | str, ...]
    """A number for every axis that is fixed, text for one that is not."""
    dtype: str
    """As numpy calls it; what the runtime calls it where numpy has none like it."""


@dataclass(frozen=True)
class Session:
    """A model that a runtime has loaded."""

    run: "Callable[[np.ndarray], list[np.ndarray]]"
    """Returns all outputs for an input, both with the axis of the batch."""
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    executed_by: str
    """What executes the model, for people: a provider, or a runtime and its device."""
    versions: Mapping[str, str]
    """Of the packages that execute it."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the exporter wrote into the file beside the model."""
    providers: tuple[str, ...] = ()
    """The execution providers in use, the preferred first; empty for a runtime without any."""


class Load(Protocol):
    """What a runtime registers: a function that loads a model."""

    def __call__(self, path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:
        """Load a model.

        Parameters
        ----------
        path : str or Path
            An ONNX file, or a file of the runtime's own.
        threads : int
            Threads that a run may use.
        providers : tuple of str
            Execution providers, the preferred first, for a runtime that has several.

        Raises
        ------
        UserError
            If the runtime is not installed or cannot load the model.
        """


def only_input(inputs: Sequence[TensorInfo], path: str | Path) -> TensorInfo:
    """Return the input of a model, which must have just one.

    Raises
    ------
    UserError
        If it has none or several.
    """
    if len(inputs) != 1:
        named = shown(", ".join(repr(tensor.name) for tensor in inputs)) or "none"
        raise UserError(
            f"{path} takes {len(inputs)} inputs ({named}); expected only the "
            "image; export it without the others, or make them constants."
        )
    return inputs[0]


def some_outputs(outputs: Sequence[TensorInfo], path: str | Path) -> tuple[TensorInfo, ...]:
    """Return the outputs of a model, which must have one at least.

    Raises
    ------
    UserError
        If it has none.
    """
    if not outputs:
        raise UserError(f"{path} has no output; export the model again.")
    return tuple(outputs)


def in_requirements() -> None:
    """Do nothing: what ``requirements.txt`` installs is there."""


def install_command(requirements: str) -> str:
    """Return what to type so that this Python has what a file of requirements pins."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return f"{python} -m pip install -r {requirements}"


def needing(what: str, *packages: str, requirements: str) -> Callable[[], None]:
    """Return a check that packages can be imported, which imports none of them.

    Parameters
    ----------
    what : str
        What needs them, such as ``runtime is openvino``, for the sentence.
    packages : str
        Their names in Python.
    requirements : str
        The file that pins them.
    """

    def check() -> None:
        for package in packages:
            if find_spec(package) is None:
                raise UserError(
                    f"{what}, which needs {package}, and that is not installed here; run "
                    f"{install_command(requirements)}."
                )

    return check


@dataclass(frozen=True)
class Runtime:
    """A runtime."""

    title: str
    """What people call it."""
    load: Load
    """Loads a model."""
    reads_onnx: bool = True
    """Whether it reads ONNX files."""
    suffix: str = ""
    """Of the files that it alone reads; empty if there are none."""
    companions: tuple[str, ...] = ()
    """Suffixes of the files that belong to such a file and have the same name."""
    precisions: tuple[int, ...] = ()
    """Bits per weight in which such a file can be made here from a checkpoint; empty if it
    cannot."""
    tested: bool = True
    """Whether it is tested by this project."""
    check: Callable[[], object] = in_requirements
    """Raises a UserError where it is not installed."""
    check_converter: Callable[[], object] = in_requirements
    """The same of what converts a checkpoint to its files here."""


RUNTIMES: Registry[Runtime] = Registry("runtime")
"""The runtimes by their name in ``exports.<name>.runtime``."""


def required(package: str, runtime: str) -> ModuleType:
    """Import the package of a runtime.

    Raises
    ------
    UserError
        If it is not installed, naming the file of requirements.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise UserError(
            f"runtime is {runtime}, which is not installed here ({in_one_line(error)}); run "
            f"{install_command(f'requirements-{runtime}.txt')}."
        ) from None
