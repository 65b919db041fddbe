"""What Snakemake 9 notes of each output: the rule, the inputs and the parameters it was made with.

Without its record an output counts as up to date, whatever has changed. Snakemake ignores a record
that is cut off, and ends with a traceback at others that it cannot read.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDS = Path(".snakemake/metadata")
"""Holds a JSON file for each output, named after the output in base64."""

UNFINISHED = Path(".snakemake/incomplete")
"""Holds a file for each output that a job is writing, or was when it was killed."""


@dataclass(frozen=True)
class Record:
    """A file of records."""

    path: Path
    """Where it is."""
    output: str
    """The output that it is about."""
    content: dict[str, Any]
    """What it says; empty if it is damaged."""


def recorded_outputs() -> Iterator[Record]:
    """Yield the records of all outputs; files with other names, which Snakemake ignores, are none.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    for path in sorted(RECORDS.rglob("*")):
        if path.is_file() and (output := _output_of(path)):
            yield Record(path, output, _content_of(path))


def _output_of(path: Path) -> str:
    name = "".join(path.relative_to(RECORDS).parts).replace("@", "")
    with suppress(binascii.Error, ValueError):
        return base64.urlsafe_b64decode(name).decode()
    return ""


def _content_of(path: Path) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and content.get("rule"):
            return content
    return {}
