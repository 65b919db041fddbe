"""Which columns of rows without a header hold the box, the score and the class."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parity.detection.boxes import LARGEST_FRACTION
from parity.errors import UserError
from parity.external.entries import WHOLE, Entry, parse_entry
from parity.foreign import is_number, shorten

Row = tuple[str, Sequence[Any]]
"""The position of a row, for messages, and its values."""


@dataclass(frozen=True)
class Layout:
    """The order of the columns of a row."""

    box: int
    """First column of the box, of four."""
    label: int | None
    """Column of the class; None if there is none, as where a model knows one class."""
    score: int | None = None
    """Column of the score; None if there is none."""
    numbers: int = 4
    """Of the box: four of an upright one, five with an angle, or eight of corners."""
    angle: int | None = None
    """Column of an angle that stands apart from the box."""
    keypoints: int = 0
    """Numbers of keypoints, which end the row."""

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.numbers + len(self._further) + self.keypoints

    @property
    def _further(self) -> dict[int, str]:
        named = {"class": self.label, "score": self.score, "angle": self.angle}
        return {column: name for name, column in named.items() if column is not None}

    def _box_of(self, row: Sequence[Any]) -> list[Any]:
        box = list(row[self.box : self.box + self.numbers])
        return box if self.angle is None else [*box, row[self.angle]]

    @property
    def note(self) -> str:
        """A sentence that says the order."""
        names = {self.box: "box", **self._further}
        if self.keypoints:
            names[self.width] = "keypoints"
        order = ", ".join(names[column] for column in sorted(names))
        return f"The columns are read as {order}: nothing names them, but they fit that order."

    def fits(self, rows: Sequence[Sequence[Any]], highest: float) -> bool:
        """Return whether the columns of all rows can be in this order.

        Parameters
        ----------
        rows : sequence
            As many values as :attr:`width`, each.
        highest : float
            The highest score that is allowed.
        """
        boxes = list(map(self._box_of, rows))
        return (
            all(is_number(value) for box in boxes for value in box)
            and (self.label is None or all(_is_class(row[self.label]) for row in rows))
            and (self.score is None or all(_is_score(row[self.score], highest) for row in rows))
            and _have_one_unit(np.array(boxes, np.float64))
        )

    def largest_class(self, rows: Sequence[Sequence[Any]]) -> float:
        """Return the largest class id of rows; 0 where classes are names."""
        given = [0 if self.label is None else row[self.label] for row in rows]
        return max(float(label) if is_number(label) else 0 for label in given)

    def parse(self, row: Sequence[Any], where: str) -> Entry:
        """Return the box of a row."""
        label = 0 if self.label is None else row[self.label]
        record = {"box": self._box_of(row), "class": label}
        if self.score is not None:
            record["score"] = row[self.score]
        if self.keypoints:
            record["keypoints"] = list(row[-self.keypoints :])
        return parse_entry(record, where)


def flat_row(row: Any) -> Any:
    """Return a row such as ``[[x1, y1, x2, y2], score, class]`` without its inner brackets."""
    if not isinstance(row, list) or sum(isinstance(value, list) for value in row) != 1:
        return row
    return [part for value in row for part in (value if isinstance(value, list) else [value])]


LAYOUTS = (
    Layout(box=0, score=4, label=5),
    Layout(box=0, label=4, score=5),
    Layout(label=0, box=1, score=5),
    Layout(label=0, score=1, box=2),
    Layout(box=0, label=4),
    Layout(label=0, box=1),
    Layout(box=0, score=5, label=6, numbers=5),
    Layout(box=0, score=4, label=5, angle=6),
    *(
        layout
        for numbers in (5, 8)
        for layout in (
            Layout(box=0, score=numbers, label=numbers + 1, numbers=numbers),
            Layout(box=0, label=numbers, score=numbers + 1, numbers=numbers),
            Layout(label=0, box=1, score=numbers + 1, numbers=numbers),
            Layout(label=0, score=1, box=2, numbers=numbers),
        )
    ),
)
"""The orders that people use, the more usual first."""

WITH_KEYPOINTS = (LAYOUTS[0], LAYOUTS[1], Layout(box=0, score=4, label=None))
"""Those behind which keypoints stand."""

LEAST_KEYPOINTS = 5
"""Numbers of keypoints, at least; chosen: with fewer, a row is one of oriented boxes."""


def _layouts_with_keypoints(width: int) -> Iterator[Layout]:
    """Yield the orders of rows that end with keypoints, those of three numbers first."""
    for numbers in (3, 2):
        for layout in WITH_KEYPOINTS:
            rest = width - layout.width
            if rest >= LEAST_KEYPOINTS and rest % numbers == 0:
                yield replace(layout, keypoints=rest)


FULL_MARKS = (1.0, 100.0, math.inf)
"""Highest scores with which an order is sought: of fractions, of percentages, of any numbers."""


def find_layout(rows: Sequence[Row]) -> Layout | None:
    """Return the order of the columns of rows; None if there are no rows.

    Where whole numbers fit several orders, the one whose class ids are smallest counts.

    Raises
    ------
    UserError
        If rows differ in length, or hold no box with a class in any order.
    """
    if not rows:
        return None
    width = len(rows[0][1])
    for where, row in rows:
        if len(row) != width:
            raise UserError(
                f"{where}: has {len(row)} values, where the first row has {width}; put a label of "
                "several words between quotes and commas between the values."
            )
    values = [row for _, row in rows]
    for highest in FULL_MARKS:
        fitting = [e for e in LAYOUTS if e.width == width and e.fits(values, highest)]
        if fitting:
            return min(fitting, key=lambda layout: layout.largest_class(values))
        posed = (each for each in _layouts_with_keypoints(width) if each.fits(values, highest))
        if (found := next(posed, None)) is not None:
            return found
    where, row = next((each for each in rows if not _may_be_one(each[1])), rows[0])
    raise UserError(
        f"{where}: {shorten(list(row))} should be a box, a score and a class, such as x1, y1, x2, "
        "y2, score, class."
    )


def _have_one_unit(boxes: np.ndarray) -> bool:
    """Return whether all numbers of boxes can be px, or all fractions of the image.

    The first corner of a box may lie at 0, the centre of an oriented one not; an angle is neither.
    """
    largest = np.abs(boxes).max(axis=0)
    lengths = largest[:4] if len(largest) == 5 else largest[2:]
    return bool(lengths.max() <= LARGEST_FRACTION or lengths.min() > LARGEST_FRACTION)


def _may_be_one(row: Sequence[Any]) -> bool:
    layouts = (*LAYOUTS, *_layouts_with_keypoints(len(row)))
    return any(len(row) == each.width and each.fits([row], math.inf) for each in layouts)


def _is_score(value: Any, highest: float) -> bool:
    if isinstance(value, str):
        value = value.strip().rstrip("%")
    return is_number(value) and 0 <= float(value) <= highest


def _is_class(value: Any) -> bool:
    if isinstance(value, str) and not is_number(value):
        return bool(value.strip())
    return is_number(value) and WHOLE.fullmatch(str(value).strip()) is not None
