"""CSV: a line per box below a header, ``image,x1,y1,x2,y2,score,label``."""

import re
from collections import Counter

from parity.data.image_names import Given, ImageNames, first_places, image_of_file, left_out
from parity.errors import UserError
from parity.external.box_formats import BOX_FORMATS
from parity.external.entries import (
    BOX_KEYS,
    CLASS_KEYS,
    LABEL_KEYS,
    SCORE_KEYS,
    Entry,
    parse_entry,
)
from parity.external.file_format import Contents, Format, register
from parity.external.image_keys import ID, file_is_image, image_in
from parity.external.shapes import ANGLE_KEYS, POINT_COLUMN, POINT_KEYS, SHAPE_KEYS
from parity.external.source import IMAGE_KEYS, Record, Source
from parity.external.tables import DELIMITERS, cells_of, first_line
from parity.foreign import is_number, name_in_words

BOX_COLUMNS = {key for each in BOX_FORMATS.values() for keys in each.keys for key in keys}
SHAPES = (*SHAPE_KEYS, *ANGLE_KEYS, *POINT_KEYS)

OF_OBJECTS = {*BOX_COLUMNS, *SHAPES, *BOX_KEYS, *SCORE_KEYS, *CLASS_KEYS, *LABEL_KEYS}
PARTS = OF_OBJECTS - {"width", "height"}
"""Columns that only a box has; width and height may be those of the image."""

OF_IMAGES = {*IMAGE_KEYS, ID, "width", "height", "index"}
"""Columns that may stand beside an image without boxes."""

COLUMNS = {
    key.lower(): key
    for key in (
        *sorted(BOX_COLUMNS),
        *SHAPES,
        *BOX_KEYS,
        *SCORE_KEYS,
        *CLASS_KEYS,
        *LABEL_KEYS,
        *IMAGE_KEYS,
        ID,
    )
}
"""The names of columns that count, however their letters are written."""

RANKED = re.compile(
    r"(?:top|label|class|prediction|pred)_?(\d{1,4})(?:_?(?:label|class|name))?", re.ASCII
)
RANKED_SCORE = re.compile(
    r"(?:top|label|class|prediction|pred)?_?(?:(\d{1,4})_)?"
    r"(?:score|confidence|conf|probability|prob)(?:_?(\d{1,4}))?",
    re.ASCII,
)
"""Columns of the best labels of an image, and of their scores: ``top1, top1_conf`` or ``label_1,
score_1``."""


def recognises(source: Source) -> bool:
    """Return whether a source is text, no JSON, whose first line has a delimiter."""
    return any(mark in first_line(source) for mark in DELIMITERS)


def read(source: Source, images: ImageNames) -> Contents:
    """Read a line per box; a line of an image alone states that nothing is in it."""
    lines = cells_of(source)
    columns = _columns_of(next(lines)[1], source)
    names_images = any(key in columns for key in (*IMAGE_KEYS, ID))
    own = None if names_images else image_of_file(source.path, images)
    if not names_images and own is None:
        raise UserError(
            f"{source.path}: its first line must name the columns, image among them, unless the "
            "file is named after an image."
        )
    ranks, of_classes = _ranks(columns), _classes_in(columns)
    named: list[tuple[Given, Record, str]] = []
    for number, cells in lines:
        where = f"{source.path}, line {number}"
        row = {key: cell for key, cell in zip(columns, cells, strict=False) if key and cell}
        if not row:
            continue
        given = image_in(row, where, images)
        if len(cells) != len(columns) and not (len(cells) < len(columns) and _says_nothing(row)):
            raise UserError(f"{where}: has a different number of columns than the first line.")
        if given is None:
            given = file_is_image(source.path, images, where)
        named.append((given, row, where))
    places = first_places((given, where) for given, _, where in named)
    if not named and own is not None:
        if not {*columns} & {*COLUMNS.values()}:
            raise UserError(
                f"{source.path}: its first line names no column of a box, and no line follows; "
                "name the columns, or leave the file empty where nothing was detected."
            )
        places = {own: str(source.path)}
    found = images.resolve(places)
    entries: dict[str, list[Entry]] = {name: [] for name in found.values()}
    for given, row, where in named:
        if given in found and ranks:
            entries[found[given]] += _ranked(row, ranks, where)
        elif given in found and of_classes:
            entries[found[given]] += _probabilities(row, of_classes, where)
        elif given in found and not _says_nothing(row):
            entries[found[given]].append(parse_entry(row, where))
    return Contents(entries, notes=left_out(given for given in places if given not in found))


def _columns_of(header: list[str], source: Source) -> list[str]:
    columns = [COLUMNS.get(cell.lower(), cell) for cell in header]
    twice = [name for name, count in Counter(filter(None, columns)).items() if count > 1]
    if twice:
        raise UserError(
            f"{source.path}: its first line names the column {name_in_words(twice[0])} twice."
        )
    return columns


def _classes_in(columns: list[str]) -> list[str]:
    """Return the columns that are named after classes; none where others are of a box."""
    others = [name for name in columns if name and name not in OF_IMAGES]
    of_a_box = {*others} & PARTS or any(map(POINT_COLUMN.fullmatch, others))
    return [] if of_a_box else others


def _probabilities(row: Record, classes: list[str], where: str) -> list[Entry]:
    """Return the labels of a row that holds a probability in a column for each class."""
    given = {name: row[name] for name in classes if name in row}
    odd = next((name for name, cell in given.items() if not is_number(cell)), None)
    if odd is not None:
        raise UserError(
            f"{where}: {name_in_words(given[odd])} in the column {name_in_words(odd)} is no part "
            "of a box and no probability; name the columns image, x1, y1, x2, y2, score and label, "
            "or image, label and probability."
        )
    return [parse_entry({"label": name, "score": cell}, where) for name, cell in given.items()]


def _ranks(columns: list[str]) -> list[tuple[str, str]]:
    """Return the columns of the label and of the score of each rank; none where they differ."""
    labels, scores = {}, {}
    for name in columns:
        if (found := RANKED.fullmatch(name.lower())) is not None:
            labels[int(found[1])] = name
        elif (found := RANKED_SCORE.fullmatch(name.lower())) is not None and any(found.groups()):
            scores[int(found[1] or found[2])] = name
    both = labels.keys() == scores.keys()
    return [(labels[rank], scores[rank]) for rank in sorted(labels)] if both else []


def _ranked(row: Record, ranks: list[tuple[str, str]], where: str) -> list[Entry]:
    """Return the labels of a row that holds the best of an image and their scores."""
    given = [(row[label], row.get(score)) for label, score in ranks if label in row]
    return [parse_entry({"label": label, "score": score}, where) for label, score in given]


def _says_nothing(row: Record) -> bool:
    """Return whether a row holds no part of a box, so that it states an image without objects."""
    return not PARTS & row.keys()


register(
    Format(
        name="CSV",
        description=(
            "a line per box, under a header with the same names; a line of an image alone is an "
            "image without boxes; for classification, also a column of probabilities per class, or "
            "`top1, top1_conf, top2, top2_conf, ...`"
        ),
        recognises=recognises,
        read=read,
        generic=True,
    )
)
