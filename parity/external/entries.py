"""One box as somebody wrote it, and the keys that hold its parts."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from parity.errors import UserError
from parity.external.box_formats import BOX_FORMAT_NAMES, BOX_FORMATS, LARGEST_COORDINATE
from parity.external.contradictions import (
    WrittenBox,
    check_one_box,
    check_one_score,
    check_same_lists,
)
from parity.external.observations import FIRST_UNKNOWN_CLASS
from parity.external.shapes import (
    SHAPE_KEYS,
    WrittenShapes,
    parse_coordinate,
    parse_shapes,
)
from parity.external.source import Record
from parity.foreign import is_number, parse_number, shorten

BOX_KEYS = (*BOX_FORMAT_NAMES, "box", "bbox", "rect", "bounding_box", "boundingBox", "bndbox",
            "coordinates", "relative_coordinates", "relative_bounding_box", "relativeBoundingBox",
            "location", "b_box")  # fmt: skip
SCORE_KEYS = ("score", "confidence", "conf", "probability", "prob")
CATEGORY = "category_id"
"""Key of a class in COCO's results, where it may count otherwise than a model."""

CLASS_KEYS = ("class_id", CATEGORY, "cls_id", "class_index", "classId", "classID", "clsId",
              "classIndex", "id_class", "label_id", "labelId", "label_index",
              "labelIndex")  # fmt: skip
LABEL_KEYS = ("label", "class_name", "category_name", "class", "cls", "category", "className",
              "prediction", "predicted_class", "predicted_label", "clsName",
              "title")  # fmt: skip

ROBOFLOW = frozenset(("x", "y", "width", "height", "detection_id"))
"""Keys with which Roboflow writes the centre of a box and its size."""

NO_BOX_HINT = '; an image without any is listed alone: {"image": …}'

LOWEST_CLASS_ID = -1
"""What class 0 becomes where ids are one too low."""

LONGEST_CLASS_NAME = 200
"""Characters of a class name, at most; chosen."""

FORMAT_OF_KEYS: dict[tuple[str, ...], str] = {
    keys: name for name, each in BOX_FORMATS.items() for keys in each.keys
}
"""What four keys say their numbers are."""

WHOLE = re.compile(r"[-+]?\d{1,9}(\.0*)?", re.A)
"""A whole number as text, as pandas writes it, too."""

NAME = "name"
"""Names the class where something else names the image."""


@dataclass(frozen=True)
class Entry:
    """One box as it is written."""

    box: list[float]
    """Four numbers; none where it is a label alone, as of classification."""
    box_format: str
    """What its keys say they are; empty if nothing."""
    score: float
    """NaN if there is none."""
    label: int | str
    """Class id or name."""
    where: str
    """Position, for messages."""
    usual_format: str = ""
    """What they are by convention where nothing says so; empty if there is none."""
    shapes: WrittenShapes | None = None
    """What is said beside the box."""
    classes: Mapping[str, int | str] = field(default_factory=dict)
    """Everything that names its class, by key; the first counts."""
    boxes: tuple[WrittenBox, ...] = ()
    """Its box as each field says it; the first counts."""

    @property
    def known_format(self) -> str:
        """What the four numbers are, by their keys or by convention; empty if nothing says so."""
        return self.box_format or self.usual_format


def parse_entry(record: Record, where: str, *, bbox: str = "") -> Entry:
    """Return the box that an object or a row describes.

    Parameters
    ----------
    record : dict
        As it was parsed.
    where : str
        Position, for messages.
    bbox : str
        The usual box format of the key ``bbox`` in this kind of file; empty if there is none.

    Raises
    ------
    UserError
        If it holds no class, a number is none, or two fields say different boxes or scores.
    """
    shapes = parse_shapes(record, where)
    of_corners = shapes is not None and (shapes.corners is not None or shapes.oriented is not None)
    boxed = _upright_alone(record) if of_corners else record
    boxes = _boxes_in(boxed, where)
    for alike in (True, False):
        if same := [box for box in boxes if box.is_fraction is alike]:
            check_one_box(same, where)
    scores = {
        key: _parse_score(record[key], f"{where}: the score")
        for key in SCORE_KEYS
        if record.get(key) not in (None, "")
    }
    if len(scores) > 1:
        check_one_score(scores, where)
    known = (*CLASS_KEYS, *LABEL_KEYS, NAME)
    named = [key for key in known if record.get(key) not in (None, "")]
    if not named and not boxes and shapes is None:
        raise no_box(where)
    if not named:
        raise UserError(
            f"{where}: names no class; name it with class_id or label (also class, class_name, "
            "category or name)."
        )
    usual = bbox if next((k for k in BOX_KEYS if k in record), "") == "bbox" else ""
    classes = {key: parse_label(record[key], where) for key in named[:1]}
    for key in named[1:]:
        with suppress(UserError):  # what is no class says nothing else
            classes[key] = parse_label(record[key], where)
    counts = boxes[0] if boxes else WrittenBox("", ())
    return Entry(
        list(counts.numbers),
        counts.box_format,
        next(iter(scores.values()), math.nan),
        classes[named[0]],
        where,
        usual,
        shapes,
        classes,
        tuple(boxes),
    )


def has_classes(record: Record, boxes: Iterable[Record]) -> bool:
    """Return whether an object holds the classes of its boxes in a list, and they hold none."""
    named = any(key in box for box in boxes for key in (*CLASS_KEYS, *LABEL_KEYS, NAME))
    return not named and any(_columns(record, key) for key in (*CLASS_KEYS, *LABEL_KEYS))


def parse_columns(record: Record, boxes: object, where: str) -> list[Entry]:
    """Return the boxes of an object that holds a list each of boxes, scores and classes.

    Parameters
    ----------
    record : dict
        Holds the other lists; their keys are those of an entry, in the singular or the plural.
    boxes : list
        Four numbers each.
    where : str
        Position, for messages.

    Raises
    ------
    UserError
        If the lists differ in length, two say different things, or a box is malformed.
    """
    if not isinstance(boxes, list):
        raise UserError(f"{where}: {shorten(boxes)} is not a list of boxes.")
    given: dict[str, list[Any]] = {}
    spelled: set[str] = set()
    for key in (*SCORE_KEYS, *CLASS_KEYS, *LABEL_KEYS, *SHAPE_KEYS):
        columns = {
            name: each for name, each in _columns(record, key).items() if name not in spelled
        }
        check_same_lists(columns, where)
        spelled |= columns.keys()
        if columns:
            given[key] = next(iter(columns.values()))
    for values in given.values():
        if len(values) != len(boxes):
            raise UserError(f"{where}: {len(boxes)} boxes, but {len(values)} scores or classes.")
    return [
        parse_entry(
            {"box": box, **{key: values[i] for key, values in given.items()}},
            f"{where}, box {i + 1}",
        )
        for i, box in enumerate(boxes)
    ]


def _parse_score(value: Any, where: str) -> float:
    percent = isinstance(value, str) and value.rstrip().endswith("%")
    score = parse_number(value.rstrip("% "), where) / 100 if percent else parse_number(value, where)
    if abs(score) > LARGEST_COORDINATE:
        raise UserError(f"{where}: {shorten(value)} is too large for a number of a network.")
    return score


def _columns(record: Record, key: str) -> dict[str, list[Any]]:
    """Return the lists that an object holds under a key, in the singular or the plural."""
    spellings = (key, f"{key}s", f"{key}es")
    return {name: record[name] for name in spellings if isinstance(record.get(name), list)}


def parse_label(value: Any, where: str) -> int | str:
    """Return a class id, or the name of a class.

    Raises
    ------
    UserError
        If it is neither: a broken number, or one beyond any list of classes.
    """
    text = str(value).strip() if isinstance(value, str | float) else ""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif WHOLE.fullmatch(text):
        number = int(float(text))
    elif isinstance(value, str) and not is_number(text):
        if len(text) > LONGEST_CLASS_NAME:
            raise UserError(f"{where}: {shorten(value)} is too long for the name of a class.")
        return text
    else:
        raise UserError(f"{where}: {shorten(value)} is not a class id.")
    if not LOWEST_CLASS_ID <= number < FIRST_UNKNOWN_CLASS:
        raise UserError(f"{where}: {shorten(value)} is not a class id.")
    return number


def _upright_alone(record: Record) -> Record:
    """Return the upright box that a record holds beside the corners or the angle of its object."""
    given = ((key, record.get(key)) for key in BOX_KEYS)
    return {
        key: value
        for key, value in given
        if isinstance(value, list) and len(value) == 4 and all(map(is_number, value))
    }


def _boxes_in(record: Record, where: str) -> list[WrittenBox]:
    """Return the box of a record in each way in which it is said; the first must be well-formed."""
    ways: list[tuple[str, ...]] = [(key,) for key in BOX_KEYS if key in record]
    ways += [keys for keys in FORMAT_OF_KEYS if all(key in record for key in keys)]
    boxes = _parse_box(record, ways[0], where) if ways else []
    for place, keys in enumerate(ways[1:], 1):
        if len(keys) > 1 and any(keys[:2] == way[:2] for way in ways[:place]):
            continue  # a second width and height may be those of the image
        with suppress(UserError):  # what is no box says no other
            boxes += _parse_box(record, keys, where)
    return boxes


def _parse_box(record: Record, keys: tuple[str, ...], where: str) -> list[WrittenBox]:
    """Return the box that a key, or four, hold; each way in which it is said inside of an object.

    Raises
    ------
    UserError
        If it is no four numbers.
    """
    if len(keys) > 1:
        numbers = tuple(parse_coordinate(record[key], f"{where}: {key}") for key in keys)
        name = "cxcywh" if {*keys} <= ROBOFLOW <= record.keys() else FORMAT_OF_KEYS[keys]
        return [WrittenBox(", ".join(keys), numbers, name)]
    (key,) = keys
    value = record[key]
    if isinstance(value, str):
        value = _parse_text(value)
    if isinstance(value, dict):
        return _boxes_in(value, f"{where}: {key}")
    if not isinstance(value, list) or len(value) != 4:
        hint = "" if value else NO_BOX_HINT
        raise UserError(f"{where}: {key} must be four numbers, not {shorten(value)}{hint}.")
    if all(isinstance(v, list) for v in value[:2]):
        raise UserError(f"{where}: {key} must be four numbers, not points.")
    numbers = tuple(parse_coordinate(each, f"{where}: {key}") for each in value)
    return [WrittenBox(key, numbers, key if key in BOX_FORMAT_NAMES else "")]


def no_box(where: str) -> UserError:
    """Return the error of an entry that holds no box."""
    return UserError(f"{where}: holds no box (box, bbox, or x1, y1, x2, y2){NO_BOX_HINT}.")


def _parse_text(text: str) -> Any:
    """Return the box that a cell of a table holds: JSON, Python's way to print it, or numbers."""
    try:
        return json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        return text.strip("[](){} ").replace(",", " ").split()
