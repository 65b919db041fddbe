"""The ways of writing a box: which keys hold it and what its four numbers are."""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.errors import UserError

BOX_KEYS = ("box", "bbox", "xyxy", "xywh", "cxcywh", "xyxyn", "xywhn", "cxcywhn", "rect",
            "bounding_box", "coordinates")  # fmt: skip

COLUMNS = {
    "xyxy": (
        ("x1", "y1", "x2", "y2"),
        ("xmin", "ymin", "xmax", "ymax"),
        ("x_min", "y_min", "x_max", "y_max"),
        ("left", "top", "right", "bottom"),
    ),
    "xywh": (
        ("x", "y", "width", "height"),
        ("x", "y", "w", "h"),
        ("left", "top", "width", "height"),
        ("x1", "y1", "w", "h"),
    ),
    "cxcywh": (
        ("cx", "cy", "w", "h"),
        ("cx", "cy", "width", "height"),
        ("x_center", "y_center", "width", "height"),
        ("xc", "yc", "w", "h"),
    ),
}


@dataclass(frozen=True)
class Entry:
    """One box as it is written.

    Attributes
    ----------
    box : list of float
        Four numbers.
    kind : str
        What its keys say they are; empty if nothing.
    score : float
        NaN if there is none.
    label : int or str
        Class id or name.
    where : str
        Position, for messages.
    """

    box: list[float]
    kind: str
    score: float
    label: Any
    where: str


def parse_number(value: Any, where: str) -> float:
    """Return a number; a sentence with the position if it is none."""
    try:
        number = float(str(value).strip().rstrip("%")) if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        raise UserError(f"{where}: {value!r} is not a number.") from None
    if not math.isfinite(number):
        raise UserError(f"{where}: {value!r} is not a finite number.")
    return number


def parse_box(entry: dict[str, Any], where: str, coco: bool) -> tuple[list[float], str]:
    """Return the four numbers of an entry and what its keys say they are.

    Parameters
    ----------
    entry : dict
        As it was written.
    where : str
        Position, for messages.
    coco : bool
        Whether it is an entry of COCO's results format, whose ``bbox`` is x, y, width, height.
    """
    for key in BOX_KEYS:
        if key not in entry:
            continue
        value = entry[key]
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                value = value.strip("[]() ").replace(",", " ").split()
        if isinstance(value, dict):
            return parse_box(value, f"{where}: {key}", False)
        if not isinstance(value, list) or len(value) != 4:
            raise UserError(f"{where}: {key} must be four numbers, not {value!r}{_none(value)}.")
        if len(value) == 4 and all(isinstance(v, list) for v in value[:2]):
            raise UserError(f"{where}: {key} must be four numbers, not points.")
        kind = key if key.startswith(("xy", "cx")) else "xywh" if coco and key == "bbox" else ""
        return [parse_number(v, f"{where}: {key}") for v in value], kind
    for kind, spellings in COLUMNS.items():
        for keys in spellings:
            if all(key in entry for key in keys):
                return [parse_number(entry[key], f"{where}: {key}") for key in keys], kind
    raise UserError(f"{where}: holds no box (box, bbox, or x1, y1, x2, y2){_none([])}.")


def _none(value: Any) -> str:
    return "" if value else '; an image without any is listed alone: {"image": …}'


def to_xyxy(
    entries: dict[str, list[Entry]], images: dict[str, tuple[int, int]], declared: str
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Turn boxes of any format into corners in px.

    Parameters
    ----------
    entries : dict of str to list of Entry
        By image.
    images : dict of str to (int, int)
        Height and width by name, px.
    declared : str
        The format that the file or the user declares; empty if none.

    Returns
    -------
    boxes : dict of str to (N, 4) float64
        x1, y1, x2, y2.
    notes : list of str
        What was inferred, a sentence each.
    """
    written = [entry for own in entries.values() for entry in own]
    kinds = {entry.kind for entry in written}
    notes: list[str] = []
    kind = declared or (kinds.pop() if len(kinds) == 1 else "")
    numbers = np.array([entry.box for entry in written], np.float64).reshape(-1, 4)
    if not kind:
        kind = _guess(numbers)
        notes.append(f"Boxes are taken for {kind}, which their numbers suggest; nothing says so.")
    fraction = kind.endswith("n")
    base = kind.removesuffix("n")
    if not fraction and not declared and len(numbers) and 0 < np.abs(numbers).max() <= 1.5:
        fraction = True
        notes.append("Boxes are taken for fractions of the image, for none exceeds 1.5.")
    boxes = {}
    for name, own in entries.items():
        array = np.array([entry.box for entry in own], np.float64).reshape(-1, 4)
        if base == "cxcywh":
            half = array[:, 2:] / 2
            array = np.concatenate([array[:, :2] - half, array[:, :2] + half], axis=1)
        elif base == "xywh":
            array = np.concatenate([array[:, :2], array[:, :2] + array[:, 2:]], axis=1)
        if fraction:
            height, width = images[name]
            array = array * np.array([width, height, width, height], np.float64)
        boxes[name] = array
    return boxes, notes


def _guess(numbers: np.ndarray) -> str:
    if len(numbers) and (numbers[:, 2:] < numbers[:, :2]).any(axis=1).mean() > 0.1:
        return "xywh"
    return "xyxy"
