"""The file or folder that external boxes come from, opened but not yet interpreted."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from parity.foreign import is_folder, parse_json, read_text

Record = dict[str, Any]
"""An object of somebody's JSON, or a row of a table, as it was parsed."""

LIST_KEYS = ("detections", "predictions", "annotations", "results", "boxes", "bboxes", "objects",
             "dets", "shapes")  # fmt: skip
"""Keys that people give to a list of boxes."""

IMAGE_KEYS = ("image", "image_name", "image_path", "filename", "file_name", "file", "path",
              "img", "imagePath", "img_name", "img_path", "image_file", "image_filename",
              "imageName", "filepath", "file_path", "fileName", "filePath", "im_file",
              "name")  # fmt: skip
"""Keys that people give to the name of an image."""


@dataclass(frozen=True)
class Source:
    """A file or folder."""

    path: Path
    """Where it is."""
    text: str = ""
    """Its content; empty for a folder."""
    document: Any = None
    """Its content if it is JSON, otherwise None; JSON Lines are a list of their values."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a file, or note a folder.

        Raises
        ------
        UserError
            If there is no such path, or it is no text or broken JSON.
        """
        if is_folder(path):
            return cls(path)
        text = read_text(path).lstrip()
        if not text.startswith(("[", "{")):
            return cls(path, text)
        document = parse_json(text, path)
        return cls(path, text, in_snake_case(document) if PASCAL_KEY.search(text) else document)

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


def in_snake_case(value: Any) -> Any:
    """Return a document with objects whose keys are in PascalCase, as C# writes them, in ours.

    The key of the image may be in lower case. An object that holds only lists stays as it is: its
    keys may be names of images.
    """
    if isinstance(value, list):
        return [in_snake_case(each) if isinstance(each, list | dict) else each for each in value]
    if not isinstance(value, dict):
        return value
    inner = {key: in_snake_case(each) for key, each in value.items()}
    known = LIST_KEYS + IMAGE_KEYS
    renamed = {WORD_IN_PASCAL.sub("_", key).lower(): each for key, each in inner.items()}
    plain = any(not isinstance(each, list) for each in inner.values())
    if all(PASCAL.fullmatch(key) for key in inner if key not in IMAGE_KEYS) and (
        plain or renamed.keys() & {*known}
    ):
        return renamed if len(renamed) == len(inner) else inner
    return inner


PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
"""A key as C# writes the name of a property."""

PASCAL_KEY = re.compile(r'"[A-Z][A-Za-z0-9]*"\s*:')
"""The same in JSON."""

WORD_IN_PASCAL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a further word begins; ``ClassID`` has two."""


def _is_record(document: Record) -> bool:
    """Return whether an object names an image, as a line of JSON Lines does, and its boxes none."""
    inner = [record for record in list_in(document) or [] if isinstance(record, dict)]
    is_named = any(isinstance(document.get(key), str | int) for key in IMAGE_KEYS)
    theirs = {*IMAGE_KEYS} - {"name"}  # which may be that of a class
    return is_named and not any(key in record for record in inner for key in theirs)


def list_in(record: Record) -> list[Any] | None:
    """Return the list of boxes that an object holds; None if it holds none."""
    return next((record[key] for key in LIST_KEYS if isinstance(record.get(key), list)), None)
