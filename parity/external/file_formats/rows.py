"""Rows of numbers without a header: ``bus.jpg,10,20,30,40,0.9,5``, as CSV, text or JSON."""

from collections.abc import Sequence
from typing import Any

from parity.data.image_names import Given, ImageNames, first_places, left_out
from parity.errors import UserError
from parity.external.entries import Entry
from parity.external.file_format import Contents, Format, register
from parity.external.image_keys import as_given, file_is_image
from parity.external.layouts import Row, find_layout
from parity.external.source import Source
from parity.external.tables import cells_of
from parity.foreign import is_number

FEWEST, MOST = 5, 11
"""Values of a row: a box and a class, and those of eight numbers with its score and its image.
Rows with keypoints are longer, and hold decimals."""

BOX = 4
"""Values of a box; the others may be names."""


def recognises(source: Source) -> bool:
    """Return whether a source is a list of lists, or text whose first line is such a row."""
    if source.document is not None:
        rows = source.records or []
        return bool(rows) and all(isinstance(row, list) for row in rows)
    try:
        _, first = next(cells_of(source), (0, []))
    except UserError:
        return False
    numbers = [cell for cell in first if is_number(cell)]
    named = first[:1] != numbers[:1]
    longest = len(first) <= MOST or any("." in number for number in numbers)
    return FEWEST + named <= len(first) and longest and len(numbers) >= BOX


def read(source: Source, images: ImageNames) -> Contents:
    """Read a row per box; a row of an image alone states that nothing is in it."""
    rows = _rows_of(source)
    column = _image_column(rows, images)
    own = "" if column is not None else file_is_image(source.path, images, rows[0][0])
    named: list[tuple[Given, Sequence[Any], str]] = []
    for where, row in rows:
        values: Sequence[Any]
        if column is None:
            named.append((own, row, where))
        elif column < len(row):
            image = as_given(row[column], where)
            values = [*row[:column], *row[column + 1 :]]
            named.append((image, [] if all(v in (None, "") for v in values) else values, where))
        else:
            raise UserError(f"{where}: names no image.")
    found = images.resolve(first_places((image, where) for image, _, where in named))
    layout = find_layout([(where, values) for _, values, where in named if values])
    entries: dict[str, list[Entry]] = {}
    for image, values, where in named:
        if image in found:
            boxes = entries.setdefault(found[image], [])
            boxes.extend([layout.parse(values, where)] if layout and values else [])
    unknown = left_out(dict.fromkeys(image for image, _, _ in named if image not in found))
    return Contents(entries, notes=(*unknown, *([layout.note] if layout else [])))


def _rows_of(source: Source) -> list[Row]:
    if source.document is None:
        return [(f"{source.path}, line {number}", row) for number, row in cells_of(source)]
    rows = source.records or []
    return [(f"{source.path}, entry {number}", row) for number, row in enumerate(rows, 1)]


def _image_column(rows: Sequence[Row], images: ImageNames) -> int | None:
    """Return the column that names an image of the run in most rows; None if none does."""
    known: dict[int, int] = {}
    for column in range(max((len(row) for _, row in rows), default=0)):
        texts = {
            row[column]: where
            for where, row in rows
            if column < len(row) and isinstance(row[column], str) and not is_number(row[column])
        }
        known[column] = len(images.resolve(texts))
    best = max(known, key=lambda column: known[column], default=None)
    return best if best is not None and known[best] else None


register(
    Format(
        name="rows without a header",
        description=(
            "`bus.jpg, x1, y1, x2, y2, score, class` as CSV, text or JSON lists; the order of box, "
            "score and class is recognised, and a file that is named after its image, such as "
            "`bus.txt`, needs no image in its rows"
        ),
        recognises=recognises,
        read=read,
    )
)
