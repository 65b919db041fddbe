"""One box as somebody wrote it, and the keys that hold its parts."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from parity.errors import UserError
from parity.external.box_formats import BOX_FORMAT_NAMES, BOX_FORMATS
from parity.external.source import Record

IMAGE_KEYS = ("image", "image_name", "image_path", "filename", "file_name", "file", "path", "name",
              "img")  # fmt: skip
BOX_KEYS = ("box", "bbox", *BOX_FORMAT_NAMES, "rect", "bounding_box", "coordinates")
SCORE_KEYS = ("score", "confidence", "conf", "probability", "prob")
CLASS_KEYS = ("class_id", "category_id", "cls_id", "class_index", "classId", "id_class")
LABEL_KEYS = ("label", "class_name", "category_name", "class", "cls", "category", "className")

NO_BOX_HINT = '; an image without any is listed alone: {"image": …}'

SCORE_EXCESS = 1e-6
"""A score may exceed 1 by so much without being a percentage; chosen."""


@dataclass(frozen=True)
class Entry:
    """One box as it is written.

    Attributes
    ----------
    box : list of float
        Four numbers.
    box_format : str
        What its keys say they are; empty if nothing.
    score : float
        NaN if there is none.
    label : float, int or str
        Class id or name.
    where : str
        Position, for messages.
    """

    box: list[float]
    box_format: str
    score: float
    label: float | int | str
    where: str


def parse_entry(record: Record, where: str, *, bbox: str = "") -> Entry:
    """Return the box that an object or a row describes.

    Parameters
    ----------
    record : dict
        As it was parsed.
    where : str
        Position, for messages.
    bbox : str
        The box format of the key ``bbox`` where the kind of file fixes it.

    Raises
    ------
    UserError
        If it holds no box or no class, or a number is none.
    """
    box, box_format = _parse_box(record, where, bbox)
    given = next((record[k] for k in SCORE_KEYS if record.get(k) not in (None, "")), None)
    score = math.nan if given is None else parse_number(given, f"{where}: the score")
    if 1.0 + SCORE_EXCESS < score <= 100 and isinstance(given, str) and "%" in given:
        score /= 100
    label: float | int | str | None = next((record[k] for k in CLASS_KEYS if k in record), None)
    if label is None or label == "":
        label = next((record[k] for k in LABEL_KEYS if k in record), None)
    if label is None or label == "":
        raise UserError(f"{where}: names no class (class_id or label).")
    return Entry(box, box_format, score, label, where)


def parse_columns(record: Record, boxes: list[Any], where: str) -> list[Entry]:
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
        If the lists differ in length, or a box is malformed.
    """
    columns = {
        "score": _column(record, SCORE_KEYS),
        "class_id": _column(record, CLASS_KEYS),
        "label": _column(record, LABEL_KEYS),
    }
    given = {key: values for key, values in columns.items() if values is not None}
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


def _column(record: Record, keys: Iterable[str]) -> list[Any] | None:
    spellings = (spelling for key in keys for spelling in (key, f"{key}s", f"{key}es"))
    return next((record[k] for k in spellings if isinstance(record.get(k), list)), None)


def parse_number(value: Any, where: str) -> float:
    """Return a number, without its percent sign if it has one.

    Raises
    ------
    UserError
        If it is no finite number.
    """
    try:
        number = float(value.strip().rstrip("%") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise UserError(f"{where}: {value!r} is not a number.") from None
    if not math.isfinite(number):
        raise UserError(f"{where}: {value!r} is not a finite number.")
    return number


def _parse_box(record: Record, where: str, bbox: str) -> tuple[list[float], str]:
    for key in BOX_KEYS:
        if key not in record:
            continue
        value = record[key]
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = value.strip("[]() ").replace(",", " ").split()
        if isinstance(value, dict):
            return _parse_box(value, f"{where}: {key}", "")
        if not isinstance(value, list) or len(value) != 4:
            hint = "" if value else NO_BOX_HINT
            raise UserError(f"{where}: {key} must be four numbers, not {value!r}{hint}.")
        if all(isinstance(v, list) for v in value[:2]):
            raise UserError(f"{where}: {key} must be four numbers, not points.")
        box_format = key if key in BOX_FORMAT_NAMES else bbox if key == "bbox" else ""
        return [parse_number(v, f"{where}: {key}") for v in value], box_format
    for name, each in BOX_FORMATS.items():
        for keys in each.keys:
            if all(key in record for key in keys):
                return [parse_number(record[key], f"{where}: {key}") for key in keys], name
    raise UserError(f"{where}: holds no box (box, bbox, or x1, y1, x2, y2){NO_BOX_HINT}.")
