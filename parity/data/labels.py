"""Reading ground-truth labels: a folder of YOLO text files, or a COCO JSON file."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parity.detection.boxes import cxcywh_to_xyxy
from parity.errors import UserError


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
    images, absent = {}, 0
    for name, shape in shapes.items():
        file = folder / Path(name).with_suffix(".txt")
        text = file.read_text() if file.is_file() else ""
        absent += not file.is_file()
        images[name] = read_yolo(text, shape, names, file)
    note = f"{absent} images have no label file and count as images without objects."
    return Labels(images, [note] if absent else [])


def read_yolo(text: str, shape: tuple[int, int], names: Mapping[int, str], file: Path) -> Truth:
    """Read one text file: class, and centre and sides or an outline, in fractions of the image.

    Raises
    ------
    UserError
        If a line is neither, or names a class that the model does not have.
    """
    boxes, class_ids = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            class_id, *values = map(float, line.split())
            box = np.array(values).reshape(2, 2) if len(values) == 4 else _bounds(values)
        except ValueError:
            raise UserError(f"{file}: line {number} is not a YOLO label: {line!r}.") from None
        if class_id not in names:
            raise UserError(
                f"{file}: line {number} names class {class_id:g}, which the model does not have."
            )
        boxes.append(box * shape[::-1])
        class_ids.append(int(class_id))
    corners = cxcywh_to_xyxy(np.array(boxes, np.float64).reshape(-1, 4))
    sides = corners[:, 2:] - corners[:, :2]
    return Truth(
        corners, np.array(class_ids, np.int64), sides.prod(axis=1), np.zeros(len(boxes), bool)
    )


def _bounds(outline: list[float]) -> np.ndarray:
    points = np.array(outline).reshape(-1, 2)
    if len(points) < 3:
        raise ValueError("an outline has at least three points")
    low, high = points.min(axis=0), points.max(axis=0)
    return np.stack([(low + high) / 2, high - low])


def read_coco(
    path: Path, shapes: Mapping[str, tuple[int, int]], names: Mapping[int, str]
) -> Labels:
    """Read a COCO JSON file; its images are found by path or file name, its classes by name.

    Raises
    ------
    UserError
        If it is no such file, or the model has none of its classes.
    """
    try:
        document = json.loads(path.read_text())
        entries = {entry["id"]: entry["file_name"] for entry in document["images"]}
        categories = {entry["id"]: entry["name"] for entry in document["categories"]}
        annotations = document["annotations"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"labels: {path} is not a COCO JSON file ({error!r}).") from None
    class_of = {name: class_id for class_id, name in names.items()}
    known = {key: class_of[name] for key, name in categories.items() if name in class_of}
    if not known:
        raise UserError(f"labels: the model has none of the categories of {path}.")
    by_image = _match_file_names(entries, shapes)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in by_image.values()}
    foreign: Counter[str] = Counter()
    for entry in annotations:
        name = by_image.get(entry["image_id"])
        if name is not None and entry["category_id"] not in known:
            foreign[categories.get(entry["category_id"], str(entry["category_id"]))] += 1
        elif name is not None:
            rows[name].append(entry)
    notes = []
    if len(rows) < len(shapes):
        notes.append(f"{len(shapes) - len(rows)} images are not in the labels and are left out.")
    if foreign:
        listed = ", ".join(sorted(foreign))
        notes.append(
            f"{foreign.total()} boxes of classes that the model does not have are left out: "
            f"{listed}."
        )
    return Labels({name: _truth(rows[name], known) for name in shapes if name in rows}, notes)


def _match_file_names(entries: dict[Any, str], shapes: Mapping[str, Any]) -> dict[Any, str]:
    short: Counter[str] = Counter(Path(name).name for name in shapes)
    by_short = {Path(name).name: name for name in shapes if short[Path(name).name] == 1}
    found = {}
    for key, file_name in entries.items():
        name = file_name if file_name in shapes else by_short.get(Path(file_name).name)
        if name is not None:
            found[key] = name
    return found


def _truth(rows: Iterable[dict[str, Any]], known: dict[Any, int]) -> Truth:
    rows = list(rows)
    boxes = np.array([row["bbox"] for row in rows], np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    areas = [row.get("area", row["bbox"][2] * row["bbox"][3]) for row in rows]
    return Truth(
        boxes,
        np.array([known[row["category_id"]] for row in rows], np.int64),
        np.array(areas, np.float64),
        np.array([row.get("iscrowd", 0) for row in rows], bool),
    )
