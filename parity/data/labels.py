"""Reading ground-truth labels: a folder of YOLO text files, or a COCO JSON file."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from parity.data.image_names import Given, ImageNames, left_out
from parity.detection.boxes import cxcywh_to_xyxy
from parity.errors import UserError
from parity.foreign import lines_of, name_in_words, parse_json, parse_number, read_text, shorten

SLACK = 0.01
"""By how much a fraction may lie outside 0 to 1: what Ultralytics tolerates (``verify_image_label``
in ``ultralytics.data.utils``, 8.4.190)."""

LARGEST_PX = 1e7
"""A larger coordinate is no px; chosen: a thousand times the widest image."""

LARGEST_FRACTION = 1.5
"""COCO's boxes of a whole file that are no larger are no px; chosen."""


@dataclass(frozen=True)
class Truth:
    """The labelled objects of one image.

    Attributes
    ----------
    boxes : (N, 4) float64
        x1, y1, x2, y2 in px of the image.
    class_ids : (N,) int64
        Index into the model's names.
    areas : (N,) float64
        px²; of the object's outline where it is known, otherwise of its box.
    crowd : (N,) bool
        Whether a box surrounds a crowd, whose objects are not counted one by one.
    """

    boxes: np.ndarray
    class_ids: np.ndarray
    areas: np.ndarray
    crowd: np.ndarray

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.class_ids)


@dataclass(frozen=True)
class Labels:
    """The labels of a run's images.

    Attributes
    ----------
    images : dict of str to Truth
        By name of the image; images that the labels do not list are not in it.
    notes : list of str
        Sentences on what was left out.
    """

    images: dict[str, Truth]
    notes: list[str]


def load_labels(
    source: str | Path, shapes: Mapping[str, tuple[int, int]], names: Mapping[int, str]
) -> Labels:
    """Read the labels of some images.

    Parameters
    ----------
    source : str or Path
        A folder of YOLO text files, ``a/b.txt`` for the image ``a/b.jpg``; or a COCO JSON.
    shapes : mapping of str to tuple of int
        Height and width by image name, px.
    names : mapping of int to str
        The model's classes.

    Raises
    ------
    UserError
        If the labels are damaged, or fit neither the images nor the classes.
    """
    path = Path(source)
    labels = read_folder(path, shapes, names) if path.is_dir() else read_coco(path, shapes, names)
    if not any(len(truth) for truth in labels.images.values()):
        raise UserError(f"labels: {source} names no object in any of the {len(shapes)} images.")
    return labels


def read_folder(
    folder: Path, shapes: Mapping[str, tuple[int, int]], names: Mapping[int, str]
) -> Labels:
    """Read YOLO's text files; as in YOLO, an image without one holds no object."""
    images: dict[str, Truth] = {}
    absent, doubled = 0, 0
    foreign = {path.relative_to(folder).as_posix() for path in folder.rglob("*.txt")}
    for name, shape in shapes.items():
        own = Path(name).with_suffix(".txt")
        is_there = (folder / own).is_file()
        foreign.discard(own.as_posix())
        objects = read_yolo(read_text(folder / own), names, folder / own) if is_there else []
        unlike = list(dict.fromkeys(objects))
        images[name] = _in_px(unlike, shape)
        absent += not is_there
        doubled += len(objects) - len(unlike)
    notes = [
        f"Images without a label file, which count as images without objects: {absent}.",
        f"Duplicate lines in label files, which count once, as in YOLO: {doubled}.",
    ]
    said = [note for note, count in zip(notes, (absent, doubled), strict=True) if count]
    return Labels(images, [*said, *left_out(sorted(foreign))])


Object = tuple[int, float, float, float, float]
"""Class, centre and sides of a labelled object, in fractions of the image."""


def read_yolo(text: str, names: Mapping[int, str], file: Path) -> list[Object]:
    """Read one text file: class, and centre and sides or an outline, in fractions of the image.

    Raises
    ------
    UserError
        If a line is neither, names a class that the model does not have, or holds something else
        than fractions of the image.
    """
    return [
        _parse_line(line.split(), names, f"{file}: line {number}")
        for number, line in enumerate(lines_of(text), 1)
        if line.strip()
    ]


def _parse_line(words: list[str], names: Mapping[int, str], where: str) -> Object:
    if len(words) != 5 and (len(words) < 7 or len(words) % 2 == 0):
        raise UserError(
            f"{where} is not a YOLO label: {shorten(' '.join(words))} should be class, cx, cy, "
            "width and height, or class and the points of an outline."
        )
    class_id, *values = (parse_number(word, f"{where} is not a YOLO label") for word in words)
    if class_id not in names:
        named = name_in_words(words[0])
        raise UserError(f"{where} names class {named}, which the model does not have.")
    outside = next((v for v in values if not -SLACK <= v <= 1 + SLACK), None)
    if outside is not None:
        raise UserError(
            f"{where} holds {outside:g}; YOLO labels are fractions of the image, from 0 to 1."
        )
    cx, cy, width, height = values if len(values) == 4 else _bounds(values)
    if min(width, height) < 0:
        raise UserError(f"{where} holds a negative width or height, {min(width, height):g}.")
    return int(class_id), cx, cy, width, height


def _bounds(outline: list[float]) -> tuple[float, ...]:
    xs, ys = outline[::2], outline[1::2]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _in_px(objects: list[Object], shape: tuple[int, int]) -> Truth:
    height, width = shape
    boxes = np.array([each[1:] for each in objects], np.float64).reshape(-1, 4)
    corners = cxcywh_to_xyxy(boxes * (width, height, width, height))
    sides = corners[:, 2:] - corners[:, :2]
    return Truth(
        corners,
        np.array([each[0] for each in objects], np.int64),
        sides.prod(axis=1),
        np.zeros(len(objects), bool),
    )


class CocoImage(msgspec.Struct):
    """An image of a COCO file."""

    id: int | str
    file_name: str


class CocoCategory(msgspec.Struct):
    """A class of a COCO file."""

    id: int | str
    name: str


class CocoAnnotation(msgspec.Struct):
    """An object of a COCO file; ``bbox`` is x, y, width, height in px, ``area`` is in px²."""

    image_id: int | str
    category_id: int | str
    bbox: tuple[float, float, float, float]
    area: float | None = None
    iscrowd: int | bool = False


class Coco(msgspec.Struct):
    """What counts of a COCO file."""

    images: list[CocoImage]
    categories: list[CocoCategory]
    annotations: list[CocoAnnotation]


def read_coco(
    path: Path, shapes: Mapping[str, tuple[int, int]], names: Mapping[int, str]
) -> Labels:
    """Read a COCO JSON file; its images are found by path or file name, its classes by name.

    Raises
    ------
    UserError
        If it is no such file, the model has none of its classes, or something in it cannot be.
    """
    coco = load_coco(path)
    images = _by_id(((each.id, each.file_name) for each in coco.images), f"labels: {path}: images")
    categories = _by_id(
        ((each.id, each.name) for each in coco.categories), f"labels: {path}: categories"
    )
    class_of = {name: class_id for class_id, name in names.items()}
    known = {key: class_of[name] for key, name in categories.items() if name in class_of}
    if not known:
        raise UserError(f"labels: the model has none of the categories of {path}.")
    places: dict[Given, str] = dict.fromkeys(images.values(), f"labels: {path}")
    found = ImageNames(shapes).resolve_once(places)
    rows: dict[str, list[CocoAnnotation]] = {name: [] for name in found.values()}
    foreign: Counter[str] = Counter()
    for number, each in enumerate(coco.annotations):
        where = f"labels: {path}: annotations[{number}]"
        for key, listed in ((each.image_id, images), (each.category_id, categories)):
            if key not in listed:
                what = "image" if listed is images else "category"
                raise UserError(f"{where} names the {what} {shorten(key)}, which is not listed.")
        _check_annotation(each, where)
        name = found.get(images[each.image_id])
        if name is not None and each.category_id in known:
            rows[name].append(each)
        elif name is not None:
            foreign[categories[each.category_id]] += 1
    kept = [each for own in rows.values() for each in own]
    if kept and max(max(map(abs, each.bbox)) for each in kept) <= LARGEST_FRACTION:
        raise UserError(f"labels: {path} gives boxes as fractions of the image; COCO's are in px.")
    notes = {
        "Images that are not in the labels and are left out": len(shapes) - len(rows),
        "Boxes left out, since the model does not have their classes "
        f"({', '.join(map(name_in_words, sorted(foreign)))})": foreign.total(),
    }
    return Labels(
        {name: _truth(rows[name], known) for name in shapes if name in rows},
        [f"{note}: {count}." for note, count in notes.items() if count],
    )


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
        return msgspec.convert(document, Coco)
    except UnicodeEncodeError as error:
        key = shorten(error.object)
        raise UserError(f"labels: {path}: the key {key} is no text that can be written.") from None
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at `$")
        keys = re.findall(r"[^.\[\]`]+", place)
        value = reduce(lambda v, key: v[int(key) if isinstance(v, list) else key], keys, document)
        raise UserError(
            f"labels: {path} is not a COCO JSON file: {place.strip('.`') or 'it'} is "
            f"{shorten(value)} ({expected[:1].lower()}{expected[1:]})."
        ) from None


def _by_id(pairs: Iterable[tuple[int | str, str]], where: str) -> dict[int | str, str]:
    """Return names by id; an id of two names is refused."""
    named: dict[int | str, str] = {}
    for number, (key, name) in enumerate(pairs):
        if named.setdefault(key, name) != name:
            raise UserError(f"{where}[{number}] has the id {shorten(key)}, as another one does.")
    return named


def _check_annotation(each: CocoAnnotation, where: str) -> None:
    """Check that an object lies somewhere and has sides."""
    numbers = (*each.bbox, each.area or 0)
    wrong = next((n for n in numbers if not math.isfinite(n)), None)
    wrong = next((n for n in each.bbox if abs(n) > LARGEST_PX), wrong)
    if wrong is not None:
        raise UserError(f"{where} holds {wrong:g}, which is no px of an image.")
    if min(*each.bbox[2:], numbers[4]) < 0:
        raise UserError(f"{where} has a negative width, height or area.")


def _truth(rows: list[CocoAnnotation], known: Mapping[Any, int]) -> Truth:
    boxes = np.array([row.bbox for row in rows], np.float64).reshape(-1, 4)
    areas = [row.bbox[2] * row.bbox[3] if row.area is None else row.area for row in rows]
    boxes[:, 2:] += boxes[:, :2]
    return Truth(
        boxes,
        np.array([known[row.category_id] for row in rows], np.int64),
        np.array(areas, np.float64),
        np.array([row.iscrowd for row in rows], bool),
    )
