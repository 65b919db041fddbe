"""Text whose lines are cells: CSV with its delimiters, and columns between blanks."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from parity.errors import UserError
from parity.external.layouts import Row
from parity.external.source import Source
from parity.foreign import lines_of, read_text

DELIMITERS = ",;\t"


def rows_of_words(path: Path) -> list[Row]:
    """Return the words of each line of a text file that is not blank."""
    lines = enumerate(lines_of(read_text(path)), 1)
    return [(f"{path}, line {number}", row) for number, line in lines if (row := line.split())]


def first_line(source: Source) -> str:
    """Return the first line of a text; empty if a source is none."""
    return "" if source.document is not None else source.text.split("\n", 1)[0]


def cells_of(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line that is not empty, and its cells, without blanks around them.

    Raises
    ------
    UserError
        If quotes are not closed or a cell is too long.
    """
    line = first_line(source)
    delimiter = max(DELIMITERS, key=line.count)
    if delimiter not in line:
        for number, each in enumerate(lines_of(source.text), 1):
            if cells := each.split():
                yield number, cells
        return
    text = io.StringIO(source.text, newline="")
    rows = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for row in rows:
            if cells := [cell.strip() for cell in row]:
                yield rows.line_num, cells
    except csv.Error as error:
        raise UserError(f"{source.path}, line {rows.line_num}: not valid CSV ({error}).") from None
