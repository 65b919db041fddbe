"""The file or folder that external boxes come from, opened but not yet interpreted."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from parity.errors import UserError

Record = dict[str, Any]
"""An object of somebody's JSON, or a row of a table, as it was parsed."""

LIST_KEYS = ("detections", "predictions", "annotations", "results", "boxes", "objects")
"""Keys that people give to a list of boxes."""


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
        Its content if it is JSON, otherwise None.
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
            If there is no such path, or it is an empty file or broken JSON.
        """
        if not path.exists():
            raise UserError(f"{path} does not exist; name a file or a folder of detections.")
        if path.is_dir():
            return cls(path)
        text = path.read_text(encoding="utf-8-sig", errors="replace").lstrip()
        if not text:
            raise UserError(f"{path} is empty.")
        if text[0] not in "[{":
            return cls(path, text)
        try:
            return cls(path, text, json.loads(text))
        except json.JSONDecodeError as error:
            raise UserError(
                f"{path}: not valid JSON at line {error.lineno}, column {error.colno} "
                f"({error.msg})."
            ) from None

    @property
    def header(self) -> Record:
        """The object that a JSON file is; empty if it is none."""
        return self.document if isinstance(self.document, dict) else {}

    @property
    def records(self) -> list[Any] | None:
        """The list that a JSON file is or that its header precedes; None if there is none."""
        return self.document if isinstance(self.document, list) else list_in(self.header)


def list_in(record: Record) -> list[Any] | None:
    """Return the list of boxes that an object holds; None if it holds none."""
    return next((record[key] for key in LIST_KEYS if isinstance(record.get(key), list)), None)
