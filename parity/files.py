"""Writing results so that no reader ever sees half a file."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from parity.errors import UserError


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that takes the name of ``path`` when the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}); delete it and run again.") from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != f"yolo-parity/{schema}":
        raise UserError(f"{path} should hold {schema}, not {found}; delete it and run again.")
    return document


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
    except FileNotFoundError:
        raise
    except Exception as error:
        raise UserError(f"{path} is damaged ({error}); delete it and run again.") from None
