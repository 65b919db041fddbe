"""What the four numbers of a box can be: declared once, recognised by keys, words or numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parity.detection.boxes import cxcywh_to_xyxy
from parity.registry import Registry

FRACTION = "n"
"""Ends the name of a box format whose numbers are fractions of the image (normalised)."""

LARGEST_COORDINATE = 1e7
"""A larger coordinate is no px and no fraction of it; chosen: a thousand times the widest image, so
that boxes that were scaled a second time can be read. A score that is one by mistake is no larger,
either."""

REVERSED_SHARE = 0.1
"""Share of boxes with a third number below the first, or a fourth below the second, from which on
four numbers are not taken for corners; chosen."""


@dataclass(frozen=True)
class BoxFormat:
    """One meaning of four numbers."""

    to_corners: Callable[[np.ndarray], np.ndarray]
    """Turns (N, 4) boxes into x1, y1, x2, y2 in the same unit."""
    keys: tuple[tuple[str, str, str, str], ...]
    """Spellings of four keys or columns that say so; beside ``w`` and ``h``, ``width`` and
    ``height`` are those of the image, so they come later."""
    words: tuple[str, ...]
    """Words that say so in a declared format, in lower case, without blanks and underscores."""

    @property
    def corner_error(self) -> float:
        """Largest error of a corner if each of the four numbers is wrong by up to 1."""
        errors: np.ndarray = np.abs(self.to_corners(np.eye(4))).sum(axis=0)
        return float(errors.max())


BOX_FORMATS: Registry[BoxFormat] = Registry("box format")
"""The box formats in px; each also exists in fractions of the image."""

BOX_FORMATS.add(
    "xyxy",
    BoxFormat(
        to_corners=lambda boxes: boxes,
        keys=(
            ("x1", "y1", "x2", "y2"),
            ("xmin", "ymin", "xmax", "ymax"),
            ("x_min", "y_min", "x_max", "y_max"),
            ("left", "top", "right", "bottom"),
            ("x0", "y0", "x1", "y1"),
        ),
        words=("xyxy", "x1y1x2y2", "ltrb", "xminyminxmaxymax", "pascal"),
    ),
)
BOX_FORMATS.add(
    "cxcywh",
    BoxFormat(
        to_corners=cxcywh_to_xyxy,
        keys=(
            ("cx", "cy", "w", "h"),
            ("cx", "cy", "width", "height"),
            ("x_center", "y_center", "width", "height"),
            ("xc", "yc", "w", "h"),
            ("center_x", "center_y", "width", "height"),
            ("center_x", "center_y", "size_x", "size_y"),
            ("centerX", "centerY", "width", "height"),
        ),
        words=("cxcywh", "xcenter", "centre", "center"),
    ),
)
BOX_FORMATS.add(
    "xywh",
    BoxFormat(
        to_corners=lambda boxes: np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]]),
        keys=(
            ("x", "y", "w", "h"),
            ("x", "y", "width", "height"),
            ("left", "top", "w", "h"),
            ("left", "top", "width", "height"),
            ("x1", "y1", "w", "h"),
            ("x1", "y1", "width", "height"),
            ("xmin", "ymin", "width", "height"),
            ("x_min", "y_min", "width", "height"),
        ),
        words=("xywh", "ltwh", "coco"),
    ),
)

BOX_FORMAT_NAMES = (*BOX_FORMATS, *(f"{name}{FRACTION}" for name in BOX_FORMATS))
"""What a user may say of the boxes, ``box_format`` of the configuration."""


def parse_words(words: str) -> str:
    """Return the box format that a declaration such as "x_center y_center w h" means, or empty."""
    words = words.lower().replace(" ", "").replace("_", "")
    for name, each in BOX_FORMATS.items():
        if any(word in words for word in each.words):
            fraction = "normali" in words or words.endswith(f"{name}n") or "fraction" in words
            return f"{name}{FRACTION}" if fraction else name
    return ""


def guess(boxes: np.ndarray) -> str:
    """Return the box format in px that numbers suggest.

    Parameters
    ----------
    boxes : (N, 4) float64
        As they are written.
    """
    is_reversed = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    return "xywh" if len(boxes) and is_reversed.mean() > REVERSED_SHARE else "xyxy"
