"""Writing results so that no reader ever sees half a file."""

import glob
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from parity.integrity import (
    belongs,
    check_is_file,
    damaged,
    note_place,
    place_of,
    read_sealed,
    seal,
    tells_of_damage,
)


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that takes the name of ``path`` when the block succeeds.

    Its name is random, so that no two writers share it. What a killed one left of the same file is
    removed first, and so is what one that goes on has written: who begins last writes the file.
    """
    path = Path(path)
    temporary = _temporary(path)
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
    temporary = _temporary(destination)
    temporary.mkdir()
    try:
        yield temporary
        temporary.stat()  # before another's is removed
        if destination.exists():
            shutil.rmtree(destination)
        temporary.replace(destination)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary(path: Path) -> Path:
    """Return a hidden name beside a path, and remove what other writers of the path left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".????????.{glob.escape(path.name)}"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    return path.with_name(f".{secrets.token_hex(4)}.{path.name}")


def write_text(path: str | Path, text: str) -> None:
    """Write a text of a kind in :data:`parity.integrity.SEALS`, with its digest at the end."""
    with atomic(path) as temporary:
        write_sealed(temporary, text.encode())


def write_sealed(path: Path, content: bytes) -> None:
    """Write a text or a picture in place, with its digest at the end."""
    path.write_bytes(content + seal(content, path.suffix, place_of(path)))


def write_json(path: str | Path, schema: str, content: dict[str, Any]) -> None:
    """Write a JSON object that names its schema, one line per record of its lists."""
    with atomic(path) as temporary:
        temporary.write_text(as_json(schema, content, path))


def as_json(schema: str, content: dict[str, Any], path: str | Path) -> str:
    """Return the text that :func:`write_json` writes to a path."""
    document = {"schema": f"yolo-parity/{schema}", **content}
    members = (f"{json.dumps(key)}: {_pretty(value)}" for key, value in document.items())
    text = "{\n " + ",\n ".join(members)
    return text + seal(text.encode(), ".json", place_of(path)).decode()


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
        document = json.loads(read_sealed(path))
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
    with atomic(path) as temporary:
        with temporary.open("wb") as stream:
            save(stream, allow_pickle=False, **arrays)
        note_place(temporary)


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """Read all arrays of an npz.

    Raises
    ------
    UserError
        If the file is truncated, no npz, or a result of another place.
    """
    check_is_file(Path(path))
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays, noted = dict(stored), stored.zip.comment
    except Exception as error:
        if not tells_of_damage(error):
            raise
        raise damaged(path, f"is damaged ({error})") from None
    if not belongs(noted, path):
        raise damaged(path, "is damaged")
    return arrays
