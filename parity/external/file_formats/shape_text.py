"""Text files of keypoints, polygons and oriented boxes: YOLO's, and DOTA's."""

import math
from collections.abc import Sequence
from pathlib import Path

from parity.data.image_names import ImageNames, left_out
from parity.errors import UserError
from parity.external.entries import Entry, parse_entry, parse_label
from parity.external.file_format import Contents, Format, files_in, files_of_images, register
from parity.external.shapes import WrittenShapes, parse_coordinate
from parity.external.source import Source
from parity.external.tables import rows_of_words
from parity.foreign import is_number

FILES = ("*.txt",)

FEWEST = 9
"""Words of a line, at least: a class and eight numbers."""

CORNERS = 8
"""Numbers of the corners of an oriented box."""

TASK1 = "Task1_"
"""Starts the name of a file that holds one class of all images, as DOTA's server takes them."""


DIFFICULTIES = ("0", "1", "2")
"""What DOTA's labels end with: how difficult an object is. A score has decimals."""


def recognises(source: Source) -> bool:
    """Return whether a source is a folder of text files with more numbers than a box has."""
    if not source.path.is_dir():
        return False
    rows = (row for path in files_in(source.path, FILES) for _, row in rows_of_words(path))
    first = next((row for row in rows if _counts(row)), [])
    return len(first) >= FEWEST and sum(map(is_number, first)) >= CORNERS


def read(source: Source, images: ImageNames) -> Contents:
    """Read a file per image, or one per class whose lines name their images."""
    files = files_in(source.path, FILES)
    by_class = [path for path in files if path.name.startswith(TASK1)]
    return _read_classes(by_class, images) if by_class else _read_images(source, files, images)


def _read_images(source: Source, files: Sequence[Path], images: ImageNames) -> Contents:
    named, notes = files_of_images(source.path, files, images)
    entries = {
        name: [_entry(row, where) for where, row in rows_of_words(path) if _counts(row)]
        for name, path in named.items()
    }
    return Contents(entries, notes=notes)


def _read_classes(files: Sequence[Path], images: ImageNames) -> Contents:
    rows = [(path, where, row) for path in files for where, row in rows_of_words(path)]
    for _, where, row in rows:
        if len(row) != CORNERS + 2:
            raise UserError(f"{where}: expected an image, a score and the corners of a box.")
    found = images.resolve({row[0]: where for _, where, row in rows})
    entries: dict[str, list[Entry]] = {}
    for path, where, row in rows:
        if row[0] in found:
            record = {
                "score": row[1],
                "corners": list(row[2:]),
                "label": path.stem.removeprefix(TASK1),
            }
            entries.setdefault(found[row[0]], []).append(parse_entry(record, where))
    unknown = dict.fromkeys(row[0] for _, _, row in rows if row[0] not in found)
    return Contents(entries, notes=left_out(unknown))


def _entry(row: Sequence[str], where: str) -> Entry:
    """Return what a line says: eight numbers and a name, or a class and numbers."""
    if len(row) < FEWEST:
        raise UserError(f"{where}: expected a class and {CORNERS} numbers or more.")
    if not is_number(row[CORNERS]):
        last = row[CORNERS + 1] if len(row) > CORNERS + 1 else None
        said = None if last in DIFFICULTIES else last
        record = {"corners": list(row[:CORNERS]), "label": row[CORNERS], "score": said}
        return parse_entry(record, where)
    numbers = [parse_coordinate(word, where) for word in row[1:]]
    has_score = len(numbers) % 2 == 1
    score = numbers.pop() if has_score else math.nan
    if score < 0:
        raise UserError(f"{where}: the score {score:g} is below 0.")
    shapes = WrittenShapes(row=tuple(numbers))
    return Entry([], "", score, parse_label(row[0], where), where, shapes=shapes)


def _counts(row: Sequence[str]) -> bool:
    """Return whether a line is an object; DOTA's files start with two lines on the image."""
    return not row[0].startswith(("imagesource:", "gsd:"))


register(
    Format(
        name="shape text files",
        description=(
            "a folder with `bus.txt` for `bus.jpg`: class, box and keypoints, class and corners or "
            "class and polygon as fractions, as `save_txt` writes them, or DOTA's eight corners in "
            "px and a class name; also DOTA's `Task1_<class>.txt`"
        ),
        recognises=recognises,
        read=read,
        files=FILES,
    )
)
