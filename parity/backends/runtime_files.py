"""The file of a runtime that a configuration names, and the files that belong to it."""

from pathlib import Path

from parity.backends.runtimes.runtime import RUNTIMES, Runtime
from parity.errors import UserError
from parity.sentences import listing


def runtime_of(path: str | Path) -> str:
    """Return the runtime that reads a file of its own, by the file's suffix.

    Raises
    ------
    UserError
        If no runtime does.
    """
    suffix = Path(path).suffix.lower()
    for name, runtime in RUNTIMES.items():
        if runtime.suffix and suffix == runtime.suffix:
            return name
    known = ", ".join(f"{runtime.suffix} ({name})" for name, runtime in own_runtimes().items())
    raise UserError(
        f"{path} is not a file of a runtime that is known here: {known}. Run it where it belongs, "
        "for example with examples/kit, and give its boxes under external."
    )


def own_runtimes() -> dict[str, Runtime]:
    """Return the runtimes that have files of their own, by name."""
    return {name: runtime for name, runtime in RUNTIMES.items() if runtime.suffix}


def own_file(path: str | Path) -> Path:
    """Return the file that a runtime loads: the path itself, or the one in an exporter's folder.

    Raises
    ------
    UserError
        If a folder holds no such file, or several.
    """
    path = Path(path)
    suffixes = {runtime.suffix for runtime in own_runtimes().values()}
    if not path.is_dir() or path.suffix in suffixes:
        return path
    found = sorted(each for each in path.iterdir() if each.suffix in suffixes)
    if len(found) != 1:
        named = listing([each.name for each in found]) or "none"
        raise UserError(f"{path} should hold one file that a runtime loads; it holds {named}.")
    return found[0]


def files_of(path: str | Path) -> list[Path]:
    """Return the file that a runtime loads and the files that belong to it.

    Raises
    ------
    UserError
        If one of them is not there or no file, or no runtime reads it.
    """
    main = own_file(path)
    files = [main, *(main.with_suffix(each) for each in RUNTIMES[runtime_of(main)].companions)]
    for file in files:
        if not file.exists():
            raise UserError(f"{file} does not exist; it belongs to {main.name}.")
        if not file.is_file():
            raise UserError(f"{file} is not a file; it belongs to {main.name}.")
    return files
