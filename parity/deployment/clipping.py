"""Clipping boxes: to which edges, to which px, in which frame, and what becomes of the sides."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, choice

_OF_CLIPPING = ("clip_limit", "clip_frame", "clip_keeps_sides")


@dataclass(frozen=True)
class ClippingChoices(Choices):
    """How boxes are clipped."""

    clip: Literal["all", "no", "left_top", "right_bottom"] = choice(
        "all", moot={"no": _OF_CLIPPING, "left_top": ("clip_limit",)}
    )
    """The edges that boxes are clipped to."""
    clip_limit: Literal["side", "last_px"] = "side"
    """The largest coordinate: the side of the image, or its last px, side - 1."""
    clip_frame: Literal["image", "input", "whole_px"] = "image"
    """When boxes are clipped: in the image; before, to the input; or in the image after their
    coordinates became whole px."""
    clip_keeps_sides: bool = False
    """Whether width and height are computed before the first corner is clipped, so that clipping it
    moves the second."""


def clip_boxes(choices: ClippingChoices, boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return boxes as a deployment clips them.

    Parameters
    ----------
    choices : ClippingChoices
        How it does it.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in px of what they are clipped to.
    shape : tuple of int
        Its height and width, px.

    Returns
    -------
    (N, 4) float32
    """
    if choices.clip == "no":
        return boxes
    less = 1 if choices.clip_limit == "last_px" else 0
    lowest = 0 if choices.clip in ("all", "left_top") else -np.inf
    width, height = (
        side - less if choices.clip in ("all", "right_bottom") else np.inf for side in shape[::-1]
    )
    low = np.full(2, lowest, np.float32)
    high = np.array([width, height], np.float32)
    first, second = boxes[:, :2].clip(low, high), boxes[:, 2:]
    if choices.clip_keeps_sides:
        second = first + (second - boxes[:, :2])
    return np.concatenate([first, second.clip(low, high)], axis=1)
