"""YOLO's text files: a folder with ``bus.txt`` for ``bus.jpg``, a line per box."""

import math
from pathlib import Path

from parity.errors import UserError
from parity.external.entries import Entry, parse_number
from parity.external.file_format import Contents, Format, register
from parity.external.image_names import ImageNames
from parity.external.source import Source

FILES = "*.txt"


def recognises(source: Source) -> bool:
    """Return whether a source is a folder of text files."""
    return source.path.is_dir() and next(source.path.rglob(FILES), None) is not None


def read(source: Source, images: ImageNames) -> Contents:
    """Read a file per image; an empty one states that nothing is in it."""
    files = {path.stem: path for path in sorted(source.path.rglob(FILES))}
    entries = {
        name: _read_file(files[stem]) for name in images if (stem := Path(name).stem) in files
    }
    return Contents(entries, box_format="cxcywhn")


def _read_file(path: Path) -> list[Entry]:
    entries = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path}, line {number}"
        values = [parse_number(value, where) for value in line.split()]
        if not values:
            continue
        if len(values) not in (5, 6):
            raise UserError(f"{where}: expected class, cx, cy, width, height and a score.")
        score = values[5] if len(values) == 6 else math.nan
        entries.append(Entry(values[1:5], "", score, int(values[0]), where))
    return entries


register(
    Format(
        name="YOLO text files",
        description=(
            "a folder with `bus.txt` for `bus.jpg`: class, centre, width and height as fractions, "
            "score; an empty file is an image without boxes"
        ),
        recognises=recognises,
        read=read,
        files=FILES,
    )
)
