"""Dropping boxes that reach too far out."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, choice


@dataclass(frozen=True)
class DroppingChoices(Choices):
    """Which boxes are thrown away, beside those with a low score or a better neighbour."""

    dropped: Literal["no", "leaving_input", "reaching_padding", "leaving_image"] = choice(
        "no",
        moot={
            "no": ("dropped_after_nms",),
            "leaving_image": ("clip", "clip_frame", "clip_keeps_sides"),
        },
    )
    """Boxes that leave the input, those that reach into its padding, or those that leave the image
    once they are rescaled; before they are clipped."""
    dropped_after_nms: bool = False
    """Whether that happens after suppression, so that a dropped box still suppresses others."""
    given_classes: tuple[int, ...] = ()
    """The classes of which boxes are given, as the model numbers them; all if there are none."""
    class_confs: tuple[tuple[int, float], ...] = ()
    """Pairs of a class, as the model numbers it, and the confidence that its scores must exceed."""


def of_given_classes(choices: DroppingChoices, class_ids: np.ndarray) -> np.ndarray:
    """Return which boxes are of a class that is given, (N,) bool, of the model's ids, (N,)."""
    if not choices.given_classes:
        return np.ones(len(class_ids), bool)
    return np.isin(class_ids, choices.given_classes)


def above_own_confs(
    choices: DroppingChoices, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    """Return which scores exceed the confidence of their own class, (N,) bool.

    Parameters
    ----------
    choices : DroppingChoices
        The classes that have one.
    scores : (N,) float32
        Of boxes.
    class_ids : (N,) int32
        The model's ids of their classes.
    """
    passed = np.ones(len(scores), bool)
    for class_id, conf in choices.class_confs:
        passed &= (class_ids != class_id) | (scores > np.float32(conf))
    return passed


def within(boxes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return which boxes lie within a height and a width, (N,) bool.

    Parameters
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2, px.
    shape : tuple of int
        Height and width, px.
    """
    corners = boxes.reshape(-1, 2, 2)
    outside = (corners < 0) | (corners > np.array(shape[::-1], np.float32))
    returned: np.ndarray = ~np.any(outside, axis=(1, 2))
    return returned
