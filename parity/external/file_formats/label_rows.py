"""Labels without a header: ``bus.jpg,bus,0.94``, or a text file per image with ``0.94 bus``."""

from collections.abc import Sequence

from parity.data.image_names import ImageNames, first_places, left_out
from parity.errors import UserError
from parity.external.entries import Entry, parse_entry
from parity.external.file_format import Contents, Format, files_in, files_of_images, register
from parity.external.source import Source
from parity.external.tables import cells_of, rows_of_words
from parity.foreign import is_number

FILES = ("*.txt",)


def recognises(source: Source) -> bool:
    """Return whether a source is such rows: its first names a label and a probability alone."""
    if source.path.is_dir():
        rows = (row for path in files_in(source.path, FILES) for _, row in rows_of_words(path))
        first = next(rows, [])
        return len(first) > 1 and _has_score(first) and not _has_box(first)
    if source.document is not None:
        return False
    try:
        _, cells = next(cells_of(source), (0, []))
    except UserError:
        return False
    return len(cells) == 3 and not is_number(cells[0]) and _has_score(cells[1:])


def read(source: Source, images: ImageNames) -> Contents:
    """Read a row per label, the more probable of an image first or not."""
    if source.path.is_dir():
        return _read_folder(source, images)
    rows = [(f"{source.path}, line {number}", cells) for number, cells in cells_of(source)]
    for where, cells in rows:
        if len(cells) != 3:
            raise UserError(f"{where}: expected an image, a label and a probability.")
    found = images.resolve(first_places((cells[0], where) for where, cells in rows))
    entries: dict[str, list[Entry]] = {}
    for where, cells in rows:
        if cells[0] in found:
            entries.setdefault(found[cells[0]], []).append(_entry(cells[1:], where))
    return Contents(entries, notes=left_out(cells[0] for _, cells in rows if cells[0] not in found))


def _read_folder(source: Source, images: ImageNames) -> Contents:
    files, notes = files_of_images(source.path, files_in(source.path, FILES), images)
    entries = {
        name: [_entry(row, where) for where, row in rows_of_words(path)]
        for name, path in files.items()
    }
    return Contents(entries, notes=notes)


def _has_score(words: Sequence[str]) -> bool:
    """Return whether the first or the last of some words is a number with decimals."""
    return any(is_number(word) and "." in word for word in (words[0], words[-1]))


def _has_box(words: Sequence[str]) -> bool:
    return sum(map(is_number, words)) > 3


def _entry(words: Sequence[str], where: str) -> Entry:
    """Return a label: its words stand before or after the probability."""
    if len(words) < 2 or not _has_score(words):
        raise UserError(f"{where}: expected a label and a probability.")
    first = is_number(words[0]) and "." in words[0]
    label, score = (words[1:], words[0]) if first else (words[:-1], words[-1])
    return parse_entry({"label": " ".join(label), "score": score}, where)


register(
    Format(
        name="label rows",
        description=(
            "`bus.jpg, bus, 0.94`, or a folder with `bus.txt` for `bus.jpg` whose lines read "
            "`0.94 bus`, as `save_txt` writes them; for classification"
        ),
        recognises=recognises,
        read=read,
        files=FILES,
    )
)
