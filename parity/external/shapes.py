"""What entries say beside a box: keypoints, oriented boxes and masks, as people write them."""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from parity.detection.boxes import LARGEST_FRACTION
from parity.detection.oriented_boxes import hulls_of, rectangles_of
from parity.detection.run_length import decode_runs
from parity.errors import UnreadableImageError, UserError, shown
from parity.external.box_formats import LARGEST_COORDINATE
from parity.external.source import Record
from parity.foreign import parse_number, shorten

KEYPOINT_KEYS = ("keypoints", "kpts", "keypoint", "landmarks")
ORIENTED_KEYS = ("xywhr", "oriented", "obb", "rbox", "rotated_box", "rotated_rect", "rotatedRect",
                 "xywha")  # fmt: skip
CORNER_KEYS = ("xyxyxyxy", "xyxyxyxyn", "corners", "quad", "poly")
MASK_KEYS = ("segmentation", "mask", "rle", "polygon", "polygons", "segments", "contour",
             "contours", "points", "mask_path", "mask_file")  # fmt: skip
UPRIGHT_KEYS = ("box", "bbox", "rect", "bounding_box", "boundingBox")
"""Keys of an upright box, under which oriented ones stand, too."""
SHAPE_KEYS = (*KEYPOINT_KEYS, *ORIENTED_KEYS, *CORNER_KEYS, *MASK_KEYS)

SEPARATE = tuple((*centre, *sides)
                 for centre in (("cx", "cy"), ("xc", "yc"), ("x_center", "y_center"),
                                ("center_x", "center_y"), ("x", "y"))
                 for sides in (("w", "h"), ("width", "height")))  # fmt: skip
CENTRE_AND_SIDES = (("center", "size"), ("centre", "size"))
"""Keys of an oriented box whose numbers stand apart, or in two pairs."""
ANGLE_KEYS = ("angle", "rotation", "theta", "r")
POINT_KEYS = ("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4")
VISIBILITY_KEYS = ("visible", "visibility", "score", "confidence", "conf", "v", "c", "prob")
POINT_COLUMN = re.compile(
    r"(?:kp|kpts?|keypoints?|point|landmark)_?(\d{1,4})_?([xyvcs]|conf|score|vis|visible)", re.A
)
"""A column of a table that holds a number of a keypoint: ``kp0_x``, ``keypoint_16_conf``."""

NAMED_POINT_COLUMN = re.compile(
    r"(?!(?:center|centre|min|max|(?:top|bottom)_?(?:left|right))_)(\w+?)_([xyvcs]|conf|confidence|"
    r"score|vis|visible|visibility)",
    re.ASCII,
)
"""The same of a keypoint with a name: ``left_eye_x``; not of a corner or of the centre of a box."""

LEAST_NAMED = 3
"""Keypoints with names, at least; chosen: fewer may be something else."""

MOST_PX = 1 << 28
"""Farthest px of a polygon that is filled; chosen: more than any image that is read has."""

LARGEST_MASK = 1 << 24
"""Px of a mask that is larger than its image, at most; chosen: those of an input of 4,096 x 4,096
px."""


@dataclass(frozen=True)
class WrittenShapes:
    """The shapes of one object as they are written; None is what is not."""

    keypoints: np.ndarray | None = None
    """(K, 2 or 3) float64. x, y and visibility."""
    oriented: np.ndarray | None = None
    """(5,) float64. cx, cy, width, height and angle."""
    corners: np.ndarray | None = None
    """(4, 2) float64. Of an oriented box."""
    mask: Any = None
    """Polygons, run lengths, the path of a picture, or px; an empty list where no px belongs to the
    object."""
    row: tuple[float, ...] = ()
    """The numbers of a line of YOLO's text after the class; what they are depends on the task."""
    fields: tuple["ShapeField", ...] = ()
    """Each way in which an object says a shape, if it says one in several; of each kind, the first
    counts."""

    @property
    def quadrilateral(self) -> np.ndarray | None:
        """The corners, or else those of a row or of a polygon, (4, 2); None without any."""
        if self.corners is None and len(self.row) == 8:
            return np.array(self.row).reshape(4, 2)
        if self.corners is None and isinstance(self.mask, list):
            points = self.mask[0] if len(self.mask) == 1 else self.mask
            flat = _flat(points, "the corners") if isinstance(points, list) else []
            return np.array(flat).reshape(4, 2) if len(flat) == 8 else None
        return self.corners

    @property
    def polygon(self) -> Any:
        """The mask, or else the polygon of a row; None without either."""
        return self.mask if self.mask is not None else list(self.row) or None


@dataclass(frozen=True)
class ShapeField:
    """A field, or several, that say one shape of an object."""

    key: str
    """Its name, or theirs."""
    written: Any
    """What it holds."""
    shapes: WrittenShapes
    """That shape alone."""


def parse_shapes(record: Record, where: str) -> WrittenShapes | None:
    """Return the shapes that an object or a row describes; None if it describes none.

    Raises
    ------
    UserError
        If one that counts is malformed.
    """
    kinds = _ways_of(record)
    if not any(kinds.values()):
        return None
    fields = []
    for kind, ways in kinds.items():
        for place, (key, value) in enumerate(ways.items()):
            with suppress(UserError) if place else nullcontext():  # what is none says no other
                alone = WrittenShapes(**{kind: PARSERS[kind](value, where)})
                fields.append(ShapeField(key, value, alone))
    counts: dict[str, Any] = {
        kind: next((v for f in fields if (v := getattr(f.shapes, kind)) is not None), None)
        for kind in kinds
    }
    return WrittenShapes(**counts, fields=tuple(fields) if fields[1:] else ())


PARSERS: dict[str, Callable[[Any, str], Any]] = {
    "keypoints": lambda value, where: _keypoints(value, f"{where}: keypoints"),
    "oriented": lambda value, where: _numbers(value, 5, f"{where}: the oriented box"),
    "corners": lambda value, where: _numbers(value, 8, f"{where}: corners").reshape(4, 2),
    "mask": lambda value, _: value,
}
"""What reads each kind of shape, a field of :class:`WrittenShapes`, given it and its position."""


def _ways_of(record: Record) -> dict[str, dict[str, Any]]:
    """Return each way in which a record says each kind of shape, by fields; the first counts."""
    keypoints, oriented, corners, mask, boxes = (
        {key: in_json(record[key]) for key in keys if record.get(key) not in (None, "", [])}
        for keys in (KEYPOINT_KEYS, ORIENTED_KEYS, CORNER_KEYS, MASK_KEYS, UPRIGHT_KEYS)
    )
    empty = [key for key in MASK_KEYS if record.get(key) == []]
    if empty and not mask:
        mask[empty[0]] = []
    columns = _columns_of_keypoints(record) or (
        None if keypoints else _columns_of_named_keypoints(record)
    )
    if columns is not None:
        keypoints["a column for each coordinate"] = columns
    for key, box in boxes.items():
        if isinstance(box, dict) and all(each in box for each in POINT_KEYS):
            corners[key] = [box[each] for each in POINT_KEYS]
        elif isinstance(box, list) and len(box) in (5, 8):
            (corners if len(box) == 8 else oriented)[key] = box
    if all(key in record for key in POINT_KEYS):
        corners[", ".join(POINT_KEYS)] = [record[key] for key in POINT_KEYS]
    angle = next((key for key in ANGLE_KEYS if record.get(key) not in (None, "")), None)
    keys = next((k for k in (*SEPARATE, *CENTRE_AND_SIDES) if all(e in record for e in k)), None)
    if angle and keys and not (oriented and keys[0] == "x"):  # which may be that of a corner
        oriented[", ".join((*keys, angle))] = [*(_pair(record[key]) for key in keys), record[angle]]
    return {"keypoints": keypoints, "oriented": oriented, "corners": corners, "mask": mask}


def in_json(value: Any) -> Any:
    """Return a value; text that holds a list or an object, as Python or JSON writes it, as that."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{", "(")):
        return value
    try:
        return json.loads(value.replace("'", '"').replace("(", "[").replace(")", "]"))
    except (ValueError, RecursionError):
        return value


def _columns_of_keypoints(record: Record) -> list[list[Any]] | None:
    """Return the keypoints of which each number has a key with the number of the point, or None."""
    found: dict[int, dict[str, Any]] = {}
    for key, value in record.items():
        if (named := POINT_COLUMN.fullmatch(key.lower())) is not None:
            axis = named[2] if named[2] in ("x", "y") else "visible"
            found.setdefault(int(named[1]), {})[axis] = value
    return [_point(found[number]) for number in sorted(found)] or None


def _columns_of_named_keypoints(record: Record) -> list[list[Any]] | None:
    """Return the same where keypoints have names, in the order in which they are written."""
    found: dict[str, dict[str, Any]] = {}
    for key, value in record.items():
        if (named := NAMED_POINT_COLUMN.fullmatch(key.lower())) is not None:
            axis = named[2] if named[2] in ("x", "y") else "visible"
            found.setdefault(named[1], {})[axis] = value
    points = [_point(each) for each in found.values() if {"x", "y"} <= each.keys()]
    return points if len(points) >= LEAST_NAMED else None


def _point(value: Any) -> Any:
    """Return a point as numbers, where its parts have names."""
    if not (isinstance(value, dict) and "x" in value and "y" in value):
        return value
    visible = next((value[key] for key in VISIBILITY_KEYS if value.get(key) is not None), None)
    return [value["x"], value["y"], *([] if visible is None else [visible])]


def _pair(value: Any) -> Any:
    """Return a centre, or sides, as a list, where its parts have names."""
    named = (("x", "y"), ("width", "height"), ("w", "h"))
    keys = next((k for k in named if isinstance(value, dict) and value.keys() == {*k}), ())
    return [value[key] for key in keys] or value


def _flat(value: Any, where: str) -> list[float]:
    value = in_json(value)
    if isinstance(value, str):
        value = value.strip("[]() ").replace(",", " ").split()
    if not isinstance(value, list):
        raise UserError(f"{where}: {shorten(value)} is not a list of numbers.")
    found = value
    if not {*map(type, value)} <= {int, float}:
        points = (each if isinstance(each, list) else [each] for each in map(_point, value))
        found = list(chain.from_iterable(points))
    if {*map(type, found)} <= {int, float}:  # as nearly all are, and there may be millions
        with suppress(OverflowError):
            if sum(map(abs, found)) <= LARGEST_COORDINATE:  # which NaN is not
                return list(map(float, found))
            numbers = np.array(found, np.float64)
            if np.abs(numbers).max(initial=0) <= LARGEST_COORDINATE:
                plain: list[float] = numbers.tolist()
                return plain
    return [parse_coordinate(each, where) for each in found]


def parse_coordinate(value: Any, where: str) -> float:
    """Return a coordinate.

    Raises
    ------
    UserError
        If it is no number, or too large for one.
    """
    number = parse_number(value, where)
    if abs(number) > LARGEST_COORDINATE:
        raise UserError(f"{where}: {shorten(value)} is too large for a coordinate.")
    return number


def _numbers(value: Any, many: int, where: str) -> np.ndarray:
    found = np.array(_flat(value, where), np.float64)
    if len(found) != many:
        raise UserError(f"{where} must be {many} numbers, not {shorten(value)}.")
    return found


def _keypoints(value: Any, where: str) -> np.ndarray:
    """Return keypoints: a flat list, points, points by name, or lists of x, y and visibilities."""
    if (
        isinstance(value, dict)
        and value
        and all(isinstance(v, list | dict) for v in value.values())
    ):
        named = [_point(each) for each in value.values()]
        value = value if "x" in value else named
    if isinstance(value, dict):
        keys = [key for key in ("x", "y", "visible") if isinstance(value.get(key), list)]
        return _of_columns(value, keys, where)
    found = _flat(value, where)
    value = list(map(_point, value)) if isinstance(value, list) else value
    points = value if isinstance(value, list) and value and isinstance(value[0], list) else None
    size = len(points[0]) if points else 3 if len(found) % 3 == 0 else 2
    lengths = {len(each) for each in points if isinstance(each, list)} if points else {size}
    if size not in (2, 3) or lengths != {size} or len(found) % size:
        raise UserError(f"{where} must be points of two or three numbers, not {shorten(value)}.")
    return np.array(found, np.float64).reshape(-1, size)


def _of_columns(value: Record, keys: Sequence[str], where: str) -> np.ndarray:
    """Return points, (N, 2 or 3), of which an object holds a list for each coordinate."""
    columns = [_flat(value.get(key), f"{where}: {key}") for key in keys]
    if list(keys[:2]) != ["x", "y"] or len(set(map(len, columns))) > 1:
        raise UserError(f"{where} must hold as many x as y, not {shorten(value)}.")
    return np.array(columns, np.float64).T


def oriented_of(shapes: WrittenShapes, size: tuple[int, int]) -> np.ndarray | None:
    """Return an oriented box, (5,) float64 in px of an image; None if there is none.

    Parameters
    ----------
    shapes : WrittenShapes
        As they are written; a centre and sides that are all fractions are fractions of the image.
    size : tuple of int
        Height and width of the image, px.
    """
    corners = corners_in_px(shapes, size)
    if corners is not None:
        rectangle: np.ndarray = rectangles_of(in_order(corners)[None])[0]
        return rectangle
    given = shapes.oriented
    if given is not None and np.abs(given[:4]).max() <= LARGEST_FRACTION:
        return np.concatenate([given[:4] * np.tile(size[::-1], 2), given[4:]])
    return given


def corners_in_px(shapes: WrittenShapes, size: tuple[int, int]) -> np.ndarray | None:
    """Return corners, (4, 2) float64 in px of an image; None if there are none.

    Those that are all fractions are fractions of the image.
    """
    corners = shapes.quadrilateral
    if corners is None or np.abs(corners).max() > LARGEST_FRACTION:
        return corners
    return corners * np.array(size[::-1], np.float64)


def hull_of(shapes: WrittenShapes, size: tuple[int, int]) -> list[float] | None:
    """Return the upright box around an oriented one, x1, y1, x2, y2 in px; None if there is none.

    That of corners has their digits.
    """
    corners, oriented = corners_in_px(shapes, size), oriented_of(shapes, size)
    if oriented is None:
        return None
    if corners is None:
        hull: list[float] = hulls_of(oriented[None])[0].tolist()
        return hull
    return [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]


def in_order(corners: np.ndarray) -> np.ndarray:
    """Return the corners of a rectangle, (4, 2), in order around it.

    Its diagonals halve each other.
    """
    return corners[_order_around(corners)]


def are_crossed(shapes: WrittenShapes) -> bool:
    """Return whether corners are written in an order that draws a bow tie, not a rectangle."""
    corners = shapes.quadrilateral
    return corners is not None and _order_around(corners) != [0, 1, 2, 3]


def _order_around(corners: np.ndarray) -> list[int]:
    def apart(order: list[int]) -> float:
        one, two, three, four = corners[order]
        return float(np.abs(one + three - two - four).max())

    return min(([0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 1, 3]), key=apart)


def keypoints_of(
    shapes: WrittenShapes, size: tuple[int, int], *, fractions: bool
) -> np.ndarray | None:
    """Return keypoints, (K, 2 or 3) float64, in px of an image if boxes are fractions of it."""
    found = shapes.keypoints
    if found is None and len(shapes.row) > 4:
        rest = shapes.row[4:]
        found = np.array(rest).reshape(-1, 3 if len(rest) % 3 == 0 else 2)
    if found is None or not fractions or np.abs(found[:, :2]).max() > LARGEST_FRACTION:
        return found
    scaled = found.copy()
    scaled[:, :2] *= size[::-1]
    return scaled


def mask_of(written: Any, folder: Path, size: tuple[int, int], where: str) -> np.ndarray:
    """Return a mask, (h, w) uint8: 1 where an object is.

    Parameters
    ----------
    written : object
        Polygons in px or fractions of the image, run lengths as COCO writes them, the path of a
        picture, or rows of 0 and 1.
    folder : Path
        Where the path of a picture starts.
    size : tuple of int
        Height and width of the image, px, in which polygons are filled.
    where : str
        Position, for messages.

    Raises
    ------
    UserError
        If it is none of these, or far larger than the image.
    """
    picture = picture_of(written, folder)
    if picture is not None:
        return _picture(picture, size, f"{where}: {shown(written)}")
    written = in_json(written)
    if isinstance(written, dict) and "counts" in written:
        return _run_lengths(written, size, where)
    if isinstance(written, dict) and isinstance(written.get("x"), list):
        written = _of_columns(written, ("x", "y"), where).tolist()
    if not isinstance(written, list):
        raise UserError(f"{where}: {shorten(written)} is not a mask.")
    return _mask_of_lists(written, size, where) if written else np.zeros(size, np.uint8)


def _mask_of_lists(written: list[Any], size: tuple[int, int], where: str) -> np.ndarray:
    """Return a mask that is written px by px, as points, or as one polygon or several."""
    if _is_grid(written):
        _check_size((len(written), len(written[0])), size, where)
        return np.array(written, np.uint8)
    written = [list(_point(each))[:2] if isinstance(each, dict) else each for each in written]
    written = _points_of_contour(written)
    nested = isinstance(written[0], list)
    of_points = all(
        isinstance(each, list) and len(each) == 2 and not isinstance(each[0], list)
        for each in written
    )
    if not nested or of_points:
        return _filled([_polygon(written, where)], size)
    return _filled([_polygon(_points_of_contour(each), where) for each in written], size)


def _points_of_contour(written: Any) -> Any:
    """Return points without the brackets that OpenCV puts around each point of a contour."""
    alone = isinstance(written, list) and all(
        isinstance(each, list)
        and len(each) == 1
        and isinstance(each[0], list)
        and len(each[0]) == 2
        for each in written
    )
    return [each[0] for each in written] if alone else written


def _is_grid(written: list[Any]) -> bool:
    """Return whether a mask is written px by px: rows of 0 and 1."""
    first = written[0]
    if not isinstance(first, list) or len(first) <= 2:
        return False
    return all(
        isinstance(row, list) and len(row) == len(first) and all(px in (0, 1) for px in row)
        for row in written
    )


def picture_of(written: Any, folder: Path) -> Path | None:
    """Return the path of the picture that a mask is written as; None if it is written otherwise."""
    is_path = isinstance(written, str) and not written.lstrip().startswith(("[", "{"))
    return folder / written if is_path else None


def _polygon(value: Any, where: str) -> np.ndarray:
    numbers = _flat(value, where)
    if not numbers or len(numbers) % 2:
        raise UserError(f"{where}: {shorten(value)} is not a polygon, x and y of each point.")
    return np.array(numbers, np.float64).reshape(-1, 2)


def _check_size(mask: tuple[int, int], size: tuple[int, int], where: str) -> None:
    """Check that a mask, of so many rows and columns, is not far larger than its image."""
    if mask[0] * mask[1] > max(LARGEST_MASK, size[0] * size[1]):
        height, width = map(shorten, mask)
        raise UserError(
            f"{where}: the mask has {width}x{height} px, and its image {size[1]}x{size[0]}; write "
            "it in the size of the image or of the input."
        )


def _filled(polygons: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Return what polygons enclose; those without an area, such as outlines of single px, nothing.

    Some programs leave them out.
    """
    import cv2  # noqa: PLC0415  slow, and planning reads boxes

    mask = np.zeros(size, np.uint8)
    points = np.concatenate(polygons)
    if np.abs(points).max() <= LARGEST_FRACTION:
        points = points * size[::-1]
    whole = np.rint(points).clip(-MOST_PX, MOST_PX).astype(np.int32)
    for polygon in np.split(whole, np.cumsum([len(each) for each in polygons[:-1]])):
        if cv2.contourArea(polygon) > 0:
            cv2.fillPoly(mask, [polygon], 1)
    return mask


def _picture(path: Path, size: tuple[int, int], where: str) -> np.ndarray:
    import cv2  # noqa: PLC0415  slow, and planning reads boxes

    from parity.data.animated_png import without_animation  # noqa: PLC0415
    from parity.data.decoding_cost import check_decoding_cost  # noqa: PLC0415
    from parity.data.image_files import open_image  # noqa: PLC0415
    from parity.data.reading import check_pixels  # noqa: PLC0415

    try:
        sides = check_pixels(path)
        if sides is not None:
            _check_size(sides, size, where)
        with open_image(path) as stream:
            content = stream.read()
        check_decoding_cost(content)
        content = without_animation(content)
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    except UnreadableImageError as error:
        raise UserError(f"{where} is not a picture of a mask: {error}.") from None
    except (OSError, cv2.error):
        pixels = None
    if pixels is None:
        raise UserError(f"{where} is not a picture of a mask.")
    mask: np.ndarray = (pixels > 0).astype(np.uint8)
    return mask


def _run_lengths(written: Record, size: tuple[int, int], where: str) -> np.ndarray:
    sides: Any = written.get("size")
    counts: Any = written.get("counts")
    whole = isinstance(sides, list) and len(sides) == 2 and all(type(side) is int for side in sides)
    if not whole or min(sides) < 1:
        raise UserError(f"{where}: {shorten(sides)} is not the height and width of a mask.")
    _check_size((sides[0], sides[1]), size, where)
    are_runs = isinstance(counts, list) and all(type(run) is int for run in counts)
    runs: str | list[int] = counts if are_runs or isinstance(counts, str) else []
    try:
        return decode_runs(runs, (sides[0], sides[1]))
    except ValueError as error:
        raise UserError(f"{where}: {error}.") from None
