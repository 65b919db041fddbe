"""Writing results so that no reader ever sees half a file."""

import glob
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from parity.errors import UserError


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that takes the name of ``path`` when the block succeeds.

    The name tells host and process, so that two writers never meet. What a killed process left is
    removed by the next that writes the same file on that host.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname()
    for left in path.parent.glob(glob.escape(f".{host}.") + "*" + glob.escape(f".{path.name}")):
        if not _runs(left.name.removeprefix(f".{host}.").removesuffix(f".{path.name}")):
            left.unlink(missing_ok=True)
    temporary = path.with_name(f".{host}.{os.getpid()}.{path.name}")
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())  # else a power cut could keep the name and lose the content
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(destination: str | Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of a folder when the block succeeds."""
    destination = Path(destination)
    temporary = destination.with_name(f".{os.getpid()}.{destination.name}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if destination.exists():
            shutil.rmtree(destination)
        temporary.replace(destination)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _runs(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def damaged(path: str | Path, what: str) -> UserError:
    """Return the error for a file that cannot be used.

    A result is moved aside, so that Snakemake misses it and makes it anew.

    Parameters
    ----------
    path : str or Path
        The file.
    what : str
        What is wrong with it, to follow its name.
    """
    if Path(path).parts[0] != "results":
        return UserError(f"{path} {what}; delete it and run again.")
    aside = Path(f"{path}.damaged")
    with suppress(FileNotFoundError):  # another process has just moved it
        Path(path).replace(aside)
    return UserError(f"{path} {what}; it was moved to {aside}: run again, and it is made anew.")


def write_json(path: str | Path, schema: str, content: dict[str, Any]) -> None:
    """Write a JSON object that names its schema, one line per record of its lists."""
    with atomic(path) as temporary:
        temporary.write_text(as_json(schema, content))


def as_json(schema: str, content: dict[str, Any]) -> str:
    """Return the text that :func:`write_json` writes."""
    document = {"schema": f"yolo-parity/{schema}", **content}
    members = (f"{json.dumps(key)}: {_pretty(value)}" for key, value in document.items())
    return "{\n " + ",\n ".join(members) + "\n}\n"


def _pretty(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]"
    if isinstance(value, dict) and value:
        members = (f"{json.dumps(key)}: {json.dumps(item)}" for key, item in value.items())
        return "{\n  " + ",\n  ".join(members) + "\n }"
    return json.dumps(value)


def read_json(path: str | Path, schema: str) -> dict[str, Any]:
    """Read a JSON object and check that it has the schema that is expected.

    Raises
    ------
    UserError
        If the file is no JSON or of another schema.
    """
    try:
        document = json.loads(Path(path).read_text())
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"is damaged ({error})") from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != f"yolo-parity/{schema}":
        raise damaged(path, f"should hold {schema}, not {found}")
    returned: dict[str, Any] = document
    return returned


def write_npz(path: str | Path, arrays: dict[str, np.ndarray], *, compressed: bool = True) -> None:
    """Write arrays as an npz; equal arrays give equal bytes."""
    save = np.savez_compressed if compressed else np.savez
    with atomic(path) as temporary, temporary.open("wb") as stream:
        save(stream, allow_pickle=False, **arrays)


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """Read all arrays of an npz.

    Raises
    ------
    UserError
        If the file is truncated or no npz.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the file may well be whole
        raise damaged(path, f"is damaged ({error})") from None
