"""COCO JSON files: what they hold, read strictly."""

import math
import re
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec

from parity.errors import UserError
from parity.foreign import parse_json, read_text, shorten

LARGEST_PX = 1e7
"""A larger coordinate is no px; chosen: a thousand times the widest image."""


class CocoImage(msgspec.Struct):
    """An image of a COCO file."""

    id: int | str
    file_name: str


class CocoCategory(msgspec.Struct):
    """A class of a COCO file."""

    id: int | str
    name: str


class CocoAnnotation(msgspec.Struct):
    """An object of a COCO file.

    ``bbox`` is x, y, width, height in px, ``area`` is in px². ``segmentation`` and ``keypoints``
    are checked where a task needs them.
    """

    image_id: int | str
    category_id: int | str
    bbox: tuple[float, float, float, float] | None = None
    area: float | None = None
    iscrowd: int | bool = False
    segmentation: Any = None
    keypoints: Any = None


class Coco(msgspec.Struct):
    """What counts of a COCO file."""

    images: list[CocoImage]
    categories: list[CocoCategory]
    annotations: list[CocoAnnotation]


def load_coco(path: Path) -> Coco:
    """Read what counts of a COCO file.

    Raises
    ------
    UserError
        If it is no JSON, or no COCO; the sentence says where and what.
    """
    try:
        document = parse_json(read_text(path), path)
    except UserError as error:
        raise UserError(f"labels: {error}") from None
    try:
        coco = msgspec.convert(document, Coco)
    except UnicodeEncodeError as error:
        key = shorten(error.object)
        raise UserError(f"labels: {path}: the key {key} is not valid text.") from None
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at `$")
        keys = re.findall(r"[^.\[\]`]+", place)
        value = reduce(lambda v, key: v[int(key) if isinstance(v, list) else key], keys, document)
        raise UserError(
            f"labels: {path} is not a COCO JSON file: {place.strip('.`') or 'it'} is "
            f"{shorten(value)} ({expected[:1].lower()}{expected[1:]})."
        ) from None
    for number, each in enumerate(coco.annotations):
        check_numbers(each, f"labels: {path}: annotations[{number}]")
    return coco


def names_by_id(pairs: Iterable[tuple[int | str, str]], where: str) -> dict[int | str, str]:
    """Return names by id; an id of two names is refused."""
    named: dict[int | str, str] = {}
    for number, (key, name) in enumerate(pairs):
        if named.setdefault(key, name) != name:
            raise UserError(f"{where}[{number}] has the id {shorten(key)}, as another one does.")
    return named


def check_numbers(each: CocoAnnotation, where: str) -> None:
    """Check that the box of an object lies somewhere and has sides."""
    box, area = each.bbox or (0, 0, 0, 0), each.area or 0
    wrong = next((n for n in (*box, area) if not math.isfinite(n)), None)
    wrong = next((n for n in box if abs(n) > LARGEST_PX), wrong)
    if wrong is not None:
        raise UserError(f"{where} holds {wrong:g}, which is not a number of px.")
    if min(*box[2:], area) < 0:
        raise UserError(f"{where} has a negative width, height or area.")
