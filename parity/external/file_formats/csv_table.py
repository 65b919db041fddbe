"""CSV: a line per box below a header, ``image,x1,y1,x2,y2,score,label``."""

import csv
import io

from parity.errors import UserError
from parity.external.entries import IMAGE_KEYS, SCORE_KEYS, Entry, parse_entry
from parity.external.file_format import Contents, Format, register
from parity.external.image_names import ImageNames
from parity.external.json_records import ID
from parity.external.source import Source

DELIMITERS = ",;\t"


def recognises(source: Source) -> bool:
    """Return whether a source is text, no JSON, whose first line has a delimiter."""
    return source.document is None and any(mark in _first_line(source) for mark in DELIMITERS)


def read(source: Source, images: ImageNames) -> Contents:
    """Read a line per box; a line of an image alone states that nothing is in it."""
    delimiter = max(DELIMITERS, key=_first_line(source).count)
    rows = csv.DictReader(io.StringIO(source.text), delimiter=delimiter, skipinitialspace=True)
    columns = [column.strip() for column in rows.fieldnames or [] if column]
    if not any(key in columns for key in (*IMAGE_KEYS, ID)):
        raise UserError(f"{source.path}: its first line must name the columns, image among them.")
    entries: dict[str, list[Entry]] = {}
    for row in rows:
        where = f"{source.path}, line {rows.line_num}"
        if None in row or None in row.values():
            raise UserError(f"{where}: has another number of columns than the first line.")
        cells = {key.strip(): cell.strip() for key, cell in row.items() if key}
        filled = {key: cell for key, cell in cells.items() if cell}
        given = next((filled[key] for key in (*IMAGE_KEYS, ID) if key in filled), None)
        if given is None:
            raise UserError(f"{where}: names no image.")
        name = images.find(given, where)
        if name is None:
            continue
        own = entries.setdefault(name, [])
        if len(filled) > 1 or any(key in filled for key in SCORE_KEYS):
            own.append(parse_entry(filled, where))
    return Contents(entries)


def _first_line(source: Source) -> str:
    return source.text.split("\n", 1)[0]


register(
    Format(
        name="CSV",
        description="a line per box, under a header with the same names",
        recognises=recognises,
        read=read,
        generic=True,
    )
)
