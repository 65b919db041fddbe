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


PART = "@"
"""What the name of a folder begins with that holds the rest of a long name."""


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
    for path, output in _outputs_in(RECORDS):
        yield Record(path, output, _content_of(path))


def noted_outputs() -> set[str]:
    """Return the outputs that have a record, and those that a job is writing, or was."""
    return {output for folder in (RECORDS, UNFINISHED) for _, output in _outputs_in(folder)}


def _outputs_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file that stands for an output, or whatever is in its place, and the output."""
    for path in sorted(folder.rglob("*")):
        *outer, last = path.relative_to(folder).parts
        is_part = last.startswith(PART) and path.is_dir()
        if is_part or not all(each.startswith(PART) for each in outer):
            continue
        if output := _output_of("".join([*outer, last])):
            yield path, output


def _output_of(encoded: str) -> str:
    name = encoded.replace(PART, "")
    with suppress(binascii.Error, ValueError):
        return base64.urlsafe_b64decode(name).decode()
    return ""


def _content_of(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    with suppress(ValueError, RecursionError):
        content = json.loads(path.read_bytes())
        if isinstance(content, dict) and content.get("rule"):
            return content
    return {}
