"""Refusing an entry two of whose fields say different things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from parity.errors import UserError
from parity.external.box_formats import BOX_FORMATS, FRACTION
from parity.external.observations import decimals
from parity.external.source import LIST_KEYS, Record

PERCENT = 100.0
"""Factor between a score and the same as a percentage."""


@dataclass(frozen=True)
class WrittenBox:
    """Four numbers of a box, as one field or four say them."""

    key: str
    """The field, or the four."""
    numbers: tuple[float, ...]
    """As they are written."""
    box_format: str = ""
    """What the key says they are; empty if nothing."""

    @property
    def is_fraction(self) -> bool:
        """Whether the key says that they are fractions of the image."""
        return self.box_format.endswith(FRACTION)

    def readings(self, size: tuple[int, int]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the corners, (4,) float64, that the numbers may be, and how far each may be off.

        Parameters
        ----------
        size : tuple of int
            Height and width by which fractions are multiplied; (1, 1) leaves them.
        """
        plain = self.box_format.removesuffix(FRACTION)
        scale = np.tile(size[::-1], 2) if self.is_fraction else np.ones(4)
        unit = 10.0 ** -decimals(np.array(self.numbers)) * scale
        formats = [BOX_FORMATS[plain]] if plain else [*BOX_FORMATS.values()]
        return [
            (each.to_corners(np.array([self.numbers]))[0] * scale, each.corner_error * unit)
            for each in formats
        ]


def check_one_box(boxes: Sequence[WrittenBox], where: str, size: tuple[int, int] = (1, 1)) -> None:
    """Check that all ways in which an entry says its box say the same one, as far as it is rounded.

    Parameters
    ----------
    boxes : sequence of WrittenBox
        The one that counts comes first; all in px or all fractions, if no size is given.
    where : str
        Position, for messages.
    size : tuple of int
        Height and width of the image, px.

    Raises
    ------
    UserError
        If one says another.
    """
    for other in boxes[1:]:
        first = boxes[0]
        pairs = product(first.readings(size), other.readings(size))
        if not any(
            (np.abs(one - two) <= error + further).all() for (one, error), (two, further) in pairs
        ):
            values = [[f"{number:g}" for number in each.numbers] for each in (first, other)]
            said = [f"[{', '.join(each)}]" for each in values]
            raise two_meanings(where, (first.key, said[0]), (other.key, said[1]))


def check_one_score(scores: Mapping[str, float], where: str) -> None:
    """Check that all scores of an entry, by their keys, are one, as far as they are rounded.

    One may be a percentage.

    Raises
    ------
    UserError
        If two differ.
    """
    (key, first), *others = scores.items()
    for other_key, other in others:
        pairs = ((first, other), (first / PERCENT, other), (first, other / PERCENT))
        if not any(abs(one - two) <= _rounding(one, two) for one, two in pairs):
            raise two_meanings(where, (key, f"{first:g}"), (other_key, f"{other:g}"))


def check_one_list(record: Record, where: str) -> None:
    """Check that an object holds one list of boxes, under whichever key; twice the same is one.

    A list of names or numbers alone is none of boxes.

    Raises
    ------
    UserError
        If it holds two.
    """
    check_same_lists(
        {key: each for key in LIST_KEYS if _may_hold_boxes(each := record.get(key))}, where
    )


def check_same_lists(lists: Mapping[str, object], where: str) -> None:
    """Check that lists, by their keys, are the same.

    Raises
    ------
    UserError
        If two differ.
    """
    first, *others = lists or ("",)
    for key in others:
        if lists[key] != lists[first]:
            raise UserError(
                f"{where}: {first} and {key} are different lists; leave out the one that is wrong."
            )


def _may_hold_boxes(value: object) -> bool:
    return isinstance(value, list) and (
        not value or any(isinstance(each, list | dict) for each in value)
    )


def _rounding(one: float, other: float) -> float:
    """Return how far two scores may be apart that were one before they were written."""
    fewer, more = sorted(decimals(np.array([score])) for score in (one, other))
    unit = 10.0 ** -max(fewer, 2 if fewer == more else 1)
    return unit * (1 if fewer == more else 0.5) * (1 + 1e-9)


def two_meanings(
    where: str, one: tuple[str, str], other: tuple[str, str], hint: str = ""
) -> UserError:
    """Return the error of two fields of an entry, given as key and value, that contradict."""
    return UserError(
        f"{where}: {one[0]} is {one[1]}, and {other[0]} is {other[1]}; leave out the one that is "
        f"wrong{hint}."
    )
