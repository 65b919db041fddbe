"""Walking through folders that somebody else filled, each of them once."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parity.errors import UserError
from parity.foreign import is_of_system


@dataclass(frozen=True)
class Folder:
    """A folder that was come to."""

    prefix: str
    """Where it is below the root: empty, or a path that ends in a slash."""
    path: str
    entries: list[os.DirEntry[str]]
    """What it holds besides folders, sorted by name."""
    error: OSError | None = None
    """Why it cannot be searched, if so."""


def folders_below(root: str, *, without: Iterable[str] = ()) -> Iterator[Folder]:
    """Yield a folder and those below it, each once, real ones before those that links lead to.

    Parameters
    ----------
    root : str
        Where to begin.
    without : iterable of str
        Folders that are left out, as those of the system always are.
    """
    seen = {os.path.realpath(folder) for folder in without}
    pending = deque([("", root, os.path.realpath(root))])
    links: deque[tuple[str, str, str]] = deque()
    while pending or links:
        prefix, path, real = pending.popleft() if pending else links.popleft()
        if real in seen or is_of_system(real):
            continue
        seen.add(real)
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Folder(prefix, path, [], error)
            continue
        files = []
        for entry in found:
            inner = f"{prefix}{entry.name}/"
            if not _is_folder(entry):
                files.append(entry)
            elif entry.is_symlink():
                links.append((inner, entry.path, os.path.realpath(entry.path)))
            else:
                pending.append((inner, entry.path, f"{real.rstrip('/')}/{entry.name}"))
        yield Folder(prefix, path, files)


def files_below(folder: Path) -> list[Path]:
    """Return everything below a folder that is no folder, sorted; links to folders are followed.

    Raises
    ------
    UserError
        If a folder is the system's, or cannot be searched, since what is in it would be left out in
        silence.
    """
    if is_of_system(os.path.realpath(folder)):
        raise UserError(f"{folder} is a folder of the system; name one that holds your files.")
    found: list[Path] = []
    for each in folders_below(str(folder)):
        if each.error is not None:
            raise UserError(f"{each.path} cannot be searched ({each.error.strerror}).")
        found += [Path(entry.path) for entry in each.entries]
    return sorted(found)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
