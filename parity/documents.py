"""Documents that rules pass to each other: frozen dataclasses with one reader and one writer.

A document is a dataclass whose class variable ``SCHEMA`` names its kind and version; what it holds
are numbers, text, lists, mappings, arrays and further dataclasses.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec
import numpy as np

from parity.files import as_json, atomic, read_json, write_json
from parity.foreign import as_kind
from parity.integrity import damaged, read_sealed


class Document(Protocol):
    """A dataclass that a file holds."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    SCHEMA: ClassVar[str]


class _Head(msgspec.Struct):
    """The part of any document that says what it is."""

    schema: str


Kind = TypeVar("Kind")
Read = TypeVar("Read", bound=Document)
Other = TypeVar("Other", bound=Document)


def save(path: str | Path, document: Document) -> None:
    """Write a document as JSON, one line per record of its lists."""
    write_json(path, document.SCHEMA, to_plain(document))


def save_if_changed(path: str | Path, document: Document) -> None:
    """Write a document unless the file holds exactly it, so that its time stays."""
    text = as_json(document.SCHEMA, to_plain(document), path)
    with suppress(OSError, ValueError):
        if Path(path).is_file() and Path(path).read_text() == text:  # a pipe has no end
            return
    with atomic(path) as temporary:
        temporary.write_text(text)


def load(path: str | Path, kind: type[Read]) -> Read:
    """Read a document.

    Parameters
    ----------
    path : str or Path
        What :func:`save` wrote.
    kind : type
        The dataclass that it holds.

    Raises
    ------
    UserError
        If the file is no JSON, of another schema, or a field is missing or of another kind.
    """
    text = read_sealed(path)
    try:
        if msgspec.json.decode(text, type=_Head).schema == f"yolo-parity/{kind.SCHEMA}":
            return msgspec.json.decode(text, type=kind, dec_hook=_list_to_array)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass  # NaN, which only Python's reader takes, or an error, which is told below
    content = read_json(path, kind.SCHEMA)
    try:
        return from_plain(content, kind)
    except msgspec.ValidationError as error:
        raise damaged(path, f"is damaged ({error})") from None


def load_one_of(path: str | Path, first: type[Read], second: type[Other]) -> Read | Other:
    """Read a document that is of one of two kinds, see :func:`load`; it says which."""
    with suppress(msgspec.DecodeError, ValueError, RecursionError):
        head = msgspec.json.decode(read_sealed(path), type=_Head)
        if head.schema == f"yolo-parity/{second.SCHEMA}":
            return load(path, second)
    return load(path, first)


def to_plain(record: Any) -> Any:
    """Return a dataclass as plain values, arrays as lists; keys of mappings become text."""
    return msgspec.to_builtins(record, str_keys=True, enc_hook=_array_to_list)


def from_plain(content: Mapping[str, Any], kind: type[Kind]) -> Kind:
    """Return the dataclass that plain values describe.

    Raises
    ------
    msgspec.ValidationError
        If a field is missing or of another kind; the message says which.
    """
    record = as_kind(content, kind, str_keys=True, dec_hook=_list_to_array)
    _set_defaults(record)
    return record


def _set_defaults(value: Any) -> None:
    """Give records the fields that msgspec leaves to their class, where vars() does not see them.

    A file that :func:`save` wrote holds every field, so :func:`load` has nothing to do here.
    """
    if is_dataclass(value):
        for field in fields(value):
            found = getattr(value, field.name)
            object.__setattr__(value, field.name, found)
            _set_defaults(found)
    elif isinstance(value, dict):
        for each in value.values():
            _set_defaults(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _set_defaults(each)


def _list_to_array(kind: type, value: Any) -> np.ndarray:
    if kind is not np.ndarray:
        raise TypeError(f"{kind.__name__} cannot stand in a document")
    return np.array(value)


def _array_to_list(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot stand in a document")
