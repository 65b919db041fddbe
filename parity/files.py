"""Writing results so that no reader ever sees half a file, or a damaged one without noticing.

A text ends with a digest of all that precedes it, archives (``.npz``, ``.pt``) hold a checksum of
each member, and pictures end with a mark: so each file tells whether it is whole.
"""

import glob
import hashlib
import json
import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from parity.errors import UserError

RESULTS = "results"
"""The folder of everything that a run makes, and that it can make anew."""

MADE_AS_A_WHOLE = ".snakemake_timestamp"
"""What Snakemake leaves in a folder that is one output of a rule."""

_COMMENT = b"<!-- sha256: ", b" -->\n"

SEALS = {".json": (b',\n "digest": "', b'"\n}\n'), ".html": _COMMENT, ".md": _COMMENT}
"""What stands before and after the digest at the end of a text, by suffix."""

ARCHIVES = frozenset({".npz", ".pt"})
ZIP_MARK = b"PK"

LAST_BYTES = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9"}
"""How a picture ends, by suffix: the IEND chunk of PNG with its checksum, and JPEG's EOI."""


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
    """Write a text of which :data:`SEALS` knows the kind, with its digest at the end."""
    content = text.encode()
    with atomic(path) as temporary:
        temporary.write_bytes(content + _seal(content, Path(path).suffix))


def read_sealed(path: str | Path) -> bytes:
    """Read a text whose digest is at its end; one that is no result may lack it.

    Raises
    ------
    UserError
        If it is damaged.
    """
    path = Path(path)
    content = path.read_bytes()
    if is_result(path) and not _is_sealed(content, path.suffix):
        raise damaged(path, "is damaged")
    return content


def _seal(content: bytes | memoryview, suffix: str) -> bytes:
    before, after = SEALS[suffix]
    return before + hashlib.sha256(content).hexdigest().encode() + after


def _is_sealed(content: bytes, suffix: str) -> bool:
    length = len(_seal(b"", suffix))
    return content.endswith(_seal(memoryview(content)[:-length], suffix))


def check_whole(path: str | Path) -> None:
    """Check that a result is as it was written; a file from elsewhere carries no such proof.

    Raises
    ------
    UserError
        If it is damaged.
    """
    path = Path(path)
    if not is_result(path):
        return
    whole = True
    if path.suffix in SEALS:
        read_sealed(path)
    elif path.suffix in ARCHIVES:
        whole = _is_whole_archive(path)
    elif path.suffix in LAST_BYTES:
        end = LAST_BYTES[path.suffix]
        with path.open("rb") as stream:
            stream.seek(-min(len(end), path.stat().st_size), os.SEEK_END)
            whole = stream.read() == end
    if not whole:
        raise damaged(path, "is damaged")


def _is_whole_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        with path.open("rb") as stream:  # torch's older format is no archive
            return stream.read(len(ZIP_MARK)) not in (ZIP_MARK, b"")


def is_result(path: str | Path) -> bool:
    """Return whether a run made a file, and can make it anew."""
    return Path(path).parts[0] == RESULTS


def damaged(path: str | Path, what: str) -> UserError:
    """Return the error for a file that cannot be used.

    A result is moved aside, so that Snakemake misses it and makes it anew; one in a folder that a
    rule makes as a whole, with that folder.

    Parameters
    ----------
    path : str or Path
        The file.
    what : str
        What is wrong with it, to follow its name.
    """
    if not is_result(path):
        return UserError(f"{path} {what}; delete it and run again.")
    folder = Path(path).parent
    moved = folder if (folder / MADE_AS_A_WHOLE).exists() else Path(path)
    aside = moved.with_name(f"{moved.name}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    with suppress(FileNotFoundError):  # another process has just moved it
        moved.replace(aside)
    return UserError(f"{path} {what}; it was moved to {aside}: run again, and it is made anew.")


def write_json(path: str | Path, schema: str, content: dict[str, Any]) -> None:
    """Write a JSON object that names its schema, one line per record of its lists."""
    with atomic(path) as temporary:
        temporary.write_text(as_json(schema, content))


def as_json(schema: str, content: dict[str, Any]) -> str:
    """Return the text that :func:`write_json` writes."""
    document = {"schema": f"yolo-parity/{schema}", **content}
    members = (f"{json.dumps(key)}: {_pretty(value)}" for key, value in document.items())
    text = "{\n " + ",\n ".join(members)
    return text + _seal(text.encode(), ".json").decode()


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
    except ValueError as error:
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
