"""The file or folder that external boxes come from, opened but not yet interpreted."""

import codecs
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from parity.errors import UserError

Record = dict[str, Any]
"""An object of somebody's JSON, or a row of a table, as it was parsed."""

LIST_KEYS = ("detections", "predictions", "annotations", "results", "boxes", "bboxes", "objects")
"""Keys that people give to a list of boxes."""

IMAGE_KEYS = ("image", "image_name", "image_path", "filename", "file_name", "file", "path", "name",
              "img")  # fmt: skip
"""Keys that people give to the name of an image."""

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Source:
    """A file or folder.

    Attributes
    ----------
    path : Path
        Where it is.
    text : str
        Its content; empty for a folder.
    document : object
        Its content if it is JSON, otherwise None; JSON Lines are a list of their values.
    """

    path: Path
    text: str = ""
    document: Any = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a file, or note a folder.

        Raises
        ------
        UserError
            If there is no such path, or it is no text or broken JSON.
        """
        if not path.exists():
            raise UserError(f"{path} does not exist.")
        if path.is_dir():
            return cls(path)
        text = read_text(path).lstrip()
        if not text.startswith(("[", "{")):
            return cls(path, text)
        return cls(path, text, parse_json(text, path))

    @property
    def header(self) -> Record:
        """The object that a JSON file is; empty if it is none, or describes a single image."""
        is_header = isinstance(self.document, dict) and not _is_record(self.document)
        return self.document if is_header else {}

    @property
    def records(self) -> list[Any] | None:
        """The list that a JSON file is or that its header precedes; None if there is none."""
        if isinstance(self.document, dict):
            return [self.document] if _is_record(self.document) else list_in(self.document)
        return self.document if isinstance(self.document, list) else None


def _is_record(document: Record) -> bool:
    """Return whether an object names an image, as a line of JSON Lines does, and its boxes none."""
    inner = [record for record in list_in(document) or [] if isinstance(record, dict)]
    is_named = any(isinstance(document.get(key), str | int) for key in IMAGE_KEYS)
    return is_named and not any(key in record for record in inner for key in IMAGE_KEYS)


def list_in(record: Record) -> list[Any] | None:
    """Return the list of boxes that an object holds; None if it holds none."""
    return next((record[key] for key in LIST_KEYS if isinstance(record.get(key), list)), None)


def read_text(path: Path) -> str:
    """Return the content of a text file.

    Raises
    ------
    UserError
        If it cannot be read, or is neither UTF-8 nor UTF-16 with a byte order mark.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}).") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UserError(f"{path} is not text in UTF-8; save it as UTF-8.")
    return text


def parse_json(text: str, path: Path) -> Any:
    """Return what JSON text says; JSON Lines are a list of their values.

    Raises
    ------
    UserError
        If it is broken; the sentence says where.
    """
    try:
        return _load(text, path)
    except json.JSONDecodeError as error:
        lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
        if error.msg == "Extra data" and len(lines) > 1:
            return _parse_lines(lines, path)
        raise _broken(path, error.lineno, error) from None


def _parse_lines(lines: Sequence[tuple[int, str]], path: Path) -> list[Any]:
    values = []
    for number, line in lines:
        try:
            values.append(_load(line, path))
        except json.JSONDecodeError as error:
            raise _broken(path, number, error) from None
    return values


def _load(text: str, path: Path) -> Any:
    def as_object(pairs: list[tuple[str, Any]]) -> Record:
        record = dict(pairs)
        if len(record) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise UserError(f"{path}: the key {shorten(twice)} stands twice in one object.")
        return record

    try:
        return json.loads(text, object_pairs_hook=as_object)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise UserError(f"{path}: its JSON is nested too deeply.") from None
    except ValueError:
        raise UserError(f"{path}: a number has too many digits to be one of a box.") from None


def _broken(path: Path, line: int, error: json.JSONDecodeError) -> UserError:
    return UserError(f"{path}: not valid JSON at line {line}, column {error.colno} ({error.msg}).")


LONGEST = 60
"""Characters of a value that a message repeats, at most; chosen."""


def name_in_words(name: object) -> str:
    """Return what a message says of a name: itself, unless it is long or cannot be printed."""
    text = str(name)
    return text if text.isprintable() and len(text) <= LONGEST else shorten(name)


def shorten(value: object) -> str:
    """Return what a message says of a value: its repr, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
