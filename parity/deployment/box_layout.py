"""Box format: what the four numbers of a candidate are taken for, and their px in the input."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, by_value
from parity.deployment.whole_px import WHOLE_PX, WholePx
from parity.detection.boxes import cxcywh_to_xyxy

Corners = tuple[float, float, float, float]
"""Numbers that belong to x1, y1, x2 and y2."""

UNMOVED: Corners = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class BoxFormatChoices(Choices):
    """What the four numbers of a candidate are taken for, and their px in the input."""

    box_format: Literal["cxcywh", "xyxy", "xywh", "full_sides", "cycxhw"] = "cxcywh"
    """``full_sides`` takes centre and sides but does not halve the sides; ``cycxhw`` has x and y
    exchanged."""
    input_shift: Corners = UNMOVED
    """What is added to x1, y1, x2, y2, input px."""
    whole_input_px: WholePx = "no"
    """How coordinates become whole px of the input, before suppression and rescaling."""


def to_corners(choices: BoxFormatChoices, boxes: np.ndarray) -> np.ndarray:
    """Return x1, y1, x2, y2 of boxes as a deployment takes them, (N, 4) float32 in input px.

    Parameters
    ----------
    choices : BoxFormatChoices
        What it takes them for.
    boxes : (N, 4) float32
        The coordinates of candidates, input px.
    """
    corners = TO_CORNERS[choices.box_format](boxes)
    if choices.input_shift != UNMOVED:
        corners = corners + np.array(choices.input_shift, np.float32)
    return INPUT_PX[choices.whole_input_px](corners)


def _from_corner(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def _with_full_sides(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2] - boxes[:, 2:], boxes[:, :2] + boxes[:, 2:]], axis=1)


TO_CORNERS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
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

INPUT_PX = by_value(BoxFormatChoices, "whole_input_px", WHOLE_PX)
