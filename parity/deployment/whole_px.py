"""Whole px: how the four numbers of a box become integers."""

from collections.abc import Callable
from typing import Literal

import numpy as np

WholePx = Literal[
    "no",
    "rounded",
    "truncated",
    "floored",
    "outward",
    "sides_truncated",
    "sides_rounded",
    "centre_truncated",
    "centre_truncated_halves_kept",
    "centre_rounded",
]
"""Each corner by itself, or corner, width and height, or centre, width and height, of whose halves
the fraction is cut or kept; ``outward`` rounds the first corner down and the second up."""

Rule = Callable[[np.ndarray], np.ndarray]


def _outward(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], axis=1)


def _sides(rule: Rule) -> Rule:
    def whole(boxes: np.ndarray) -> np.ndarray:
        first, sides = rule(boxes[:, :2]), rule(boxes[:, 2:] - boxes[:, :2])
        return np.concatenate([first, first + sides], axis=1)

    return whole


def _centre(rule: Rule, halved: Rule) -> Rule:
    def whole(boxes: np.ndarray) -> np.ndarray:
        sides = rule(boxes[:, 2:] - boxes[:, :2])
        first = rule((boxes[:, :2] + boxes[:, 2:]) / 2) - halved(sides / 2)
        return np.concatenate([first, first + sides], axis=1)

    return whole


def _kept(halves: np.ndarray) -> np.ndarray:
    return halves


WHOLE_PX: dict[str, Rule] = {
    "no": lambda boxes: boxes,
    "rounded": np.rint,
    "truncated": np.trunc,
    "floored": np.floor,
    "outward": _outward,
    "sides_truncated": _sides(np.trunc),
    "sides_rounded": _sides(np.rint),
    "centre_truncated": _centre(np.trunc, halved=np.trunc),
    "centre_truncated_halves_kept": _centre(np.trunc, halved=_kept),
    "centre_rounded": _centre(np.rint, halved=_kept),
}
"""What makes whole numbers of x1, y1, x2, y2, (N, 4), by the values of :data:`WholePx`; halves of
sides are cut where x = cx - w / 2 is computed in integers."""
