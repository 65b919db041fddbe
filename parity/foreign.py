"""Text, JSON and numbers that somebody else wrote: read strictly, or refused in one sentence."""

import codecs
import json
import math
import os
import re
import reprlib
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from parity.errors import UserError

Kind = TypeVar("Kind")

LFS = b"version https://git-lfs"
"""How a pointer begins that Git LFS leaves where it has not fetched a file."""
POINTER = "is a pointer of Git LFS; fetch the file itself with git lfs pull"
"""What is said of one."""

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

LARGEST_FILE = 1 << 30
"""Bytes of a text file, at most; chosen: twice the largest file of COCO's labels."""

NUMBER = re.compile(
    r"[-+]?((\d++(\.\d*+)?|\.\d++)(e[-+]?\d++)?|nan|inf|infinity)", re.IGNORECASE | re.ASCII
)
"""A number as text. Python's own reader takes ``1_000`` and the digits of other scripts, too."""

LINE_END = re.compile(r"\r\n|\r|\n")
"""Where a line ends; ``str.splitlines`` also ends one at characters that a name may hold."""

SYSTEM = ("/proc/", "/sys/")
"""Folders of Linux that hold no files, but what the kernel says, endlessly many."""

LONGEST = 60
"""Characters of a value that a message repeats, at most; chosen."""


class _Shortened(reprlib.Repr):
    """Writes values where they are long, too, and whole numbers that Python itself refuses to."""

    def repr_int(self, x: int, level: int) -> str:
        with suppress(ValueError):
            return super().repr_int(x, level)
        return f"a number of more than {sys.get_int_max_str_digits():,} digits"


_SHORT = _Shortened()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 4 * LONGEST
_SHORT.maxlevel = 3


def is_file(path: Path) -> bool:
    """Return whether a path is a regular file that somebody wrote.

    One that the system cannot even look for is none, nor is one that the system makes up.
    """
    with suppress(OSError):  # a name that is too long
        return path.is_file() and not is_of_system(os.path.realpath(path))
    return False


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; one that the system cannot even look for is none."""
    with suppress(OSError):
        return path.is_dir()
    return False


def is_of_system(real: str) -> bool:
    """Return whether a path without links is the root, or what the system makes up."""
    return real == "/" or f"{real}/".startswith(SYSTEM)


def read_text(path: Path) -> str:
    """Return the content of a text file.

    Raises
    ------
    UserError
        If it cannot be read, is too large, or is neither UTF-8 nor UTF-16 with a byte order mark.
    """
    try:
        if not is_file(path):
            raise UserError(
                f"{path} is not a file." if path.exists() else f"{path} does not exist."
            )
        if (size := path.stat().st_size) > LARGEST_FILE:
            raise UserError(
                f"{path} has {size:,} bytes, and a file may have {LARGEST_FILE:,}; divide it."
            )
        data = path.read_bytes()
        if data.startswith(LFS):
            raise UserError(f"{path} {POINTER}.")
        text = data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}).") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        if b"\0" in data:
            raise UserError(
                f"{path} is a binary file, or UTF-16 without a byte order mark; save text as UTF-8."
            )
        raise UserError(f"{path} is not text in UTF-8; save it as UTF-8.")
    return text


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without their ends."""
    *lines, last = LINE_END.split(text)
    return [*lines, last] if last else lines


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
        lines = [(i, line) for i, line in enumerate(lines_of(text), 1) if line.strip()]
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
    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(pairs)
        if len(record) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = next(key for key, count in counts.items() if count > 1)
            raise UserError(f"{path}: the key {shorten(twice)} appears twice in one object.")
        return record

    try:
        return json.loads(text, object_pairs_hook=as_object)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise UserError(f"{path}: its JSON is nested too deeply.") from None
    except ValueError:
        raise UserError(f"{path}: a number has too many digits.") from None


def _broken(path: Path, line: int, error: json.JSONDecodeError) -> UserError:
    return UserError(f"{path}: not valid JSON at line {line}, column {error.colno} ({error.msg}).")


def as_kind(value: Any, kind: type[Kind], **options: Any) -> Kind:
    """Return plain values as a kind, as :func:`msgspec.convert` does.

    Raises
    ------
    msgspec.ValidationError
        If they are of another kind, or hold text that no UTF-8 can be.
    """
    try:
        found: Kind = msgspec.convert(value, kind, **options)
    except UnicodeEncodeError as error:
        raise msgspec.ValidationError(f"{shorten(error.object)} is not valid text") from None
    return found


def is_number(value: Any) -> bool:
    """Return whether a value is a number that a float can be, NaN too, or the text of one."""
    if isinstance(value, str):
        return NUMBER.fullmatch(value.strip()) is not None
    return isinstance(value, float) or (_is_whole(value) and abs(value) <= sys.float_info.max)


def parse_number(value: Any, where: str) -> float:
    """Return a finite number, given as one or as text.

    Raises
    ------
    UserError
        If it is none; the sentence begins with its position.
    """
    if is_number(value) and math.isfinite(number := float(value)):
        return number
    finite = "finite " if is_number(value) or _is_whole(value) else ""
    raise UserError(f"{where}: {shorten(value)} is not a {finite}number.")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def name_in_words(name: object) -> str:
    """Return what a message says of a name: itself, cut where it is long, if it can be printed."""
    return _cut(name) if isinstance(name, str) and name.isprintable() else shorten(name)


def shorten(value: object) -> str:
    """Return what a message says of a value: its repr, cut where it is long."""
    return _cut(_SHORT.repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
