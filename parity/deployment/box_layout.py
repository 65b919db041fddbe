"""Box format: what the four numbers of a candidate are taken for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, by_value
from parity.detection.boxes import cxcywh_to_xyxy


@dataclass(frozen=True)
class BoxFormatChoices(Choices):
    """What the four numbers of a candidate are taken for.

    Attributes
    ----------
    box_format : str
        ``full_sides`` takes centre and sides but does not halve the sides; ``cycxhw`` has x and y
        exchanged.
    """

    box_format: Literal["cxcywh", "xyxy", "xywh", "full_sides", "cycxhw"] = "cxcywh"


def to_corners(choices: BoxFormatChoices, boxes: np.ndarray) -> np.ndarray:
    """Return x1, y1, x2, y2 of boxes as a deployment takes them.

    Parameters
    ----------
    choices : BoxFormatChoices
        What it takes them for.
    boxes : (N, 4) float32
        The coordinates of candidates, input px.
    """
    return FORMATS[choices.box_format](boxes)


def _from_corner(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def _with_full_sides(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2] - boxes[:, 2:], boxes[:, :2] + boxes[:, 2:]], axis=1)


FORMATS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    BoxFormatChoices,
    "box_format",
    {
        "cxcywh": cxcywh_to_xyxy,
        "xyxy": np.copy,
        "xywh": _from_corner,
        "full_sides": _with_full_sides,
        "cycxhw": lambda boxes: cxcywh_to_xyxy(boxes[:, [1, 0, 3, 2]]),
    },
)
"""What makes x1, y1, x2, y2 of the four numbers, (N, 4)."""
