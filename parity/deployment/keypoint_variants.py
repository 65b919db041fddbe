"""Keypoints: from the numbers of a prediction to points in the image."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.decoding_variants import sigmoid
from parity.deployment.rescaling_variants import RescalingChoices, is_mapped_plainly, to_image
from parity.deployment.stage import by_value, fields_of, values
from parity.deployment.turning import is_turned_back, points_back, shape_back
from parity.detection.keypoints import scale_keypoints
from parity.detection.letterbox import Letterbox

Shape = tuple[int, int]

VISIBLE = 0.5
"""Least visibility of a keypoint that is seen; earlier versions of ``Keypoints`` in
``ultralytics.engine.results`` put others at 0, 0."""

LEAST_VISIBILITY = 1e-7
"""Distance of a visibility from 0 and 1 when its logit is taken; chosen: about float32's."""


@dataclass(frozen=True)
class KeypointChoices(RescalingChoices):
    """What keypoints are taken for, and where they are put; they are rescaled as boxes are."""

    keypoint_layout: Literal["points", "pairs", "planes"] = "points"
    """How the numbers of a prediction are divided: x, y and visibility of a keypoint, then of the
    next (``points``); the same, but every two numbers are taken for the start of the next
    (``pairs``); or all x, then all y (``planes``)."""
    keypoint_axes: Literal["xy", "yx", "written_yx"] = "xy"
    """``yx`` has x and y exchanged when they are read, ``written_yx`` at the very end."""
    keypoint_frame: Literal[
        "image",
        "input",
        "border_kept",
        "input_fraction",
        "image_fraction",
        "box",
        "box_added",
        "times_input",
        "stretched",
        "letterboxed",
        "top_left",
    ] = "image"
    """What coordinates are in the end: px of the ``image``; px of the ``input``; px of the image
    with the border left in (``border_kept``); fractions of the input or image; px from the corner
    of the ``box``; or too far by that corner (``box_added``) or by the size of the input
    (``times_input``); or scaled as where the image was stretched (``stretched``), letterboxed with
    a border that is no whole px (``letterboxed``), or put in the corner (``top_left``)."""
    keypoint_clip: bool = True
    """Whether they are clipped to the image."""
    keypoint_integers: Literal["no", "rounded", "truncated"] = "no"
    """How they become whole numbers."""
    keypoint_hidden: Literal["kept", "zero"] = "kept"
    """What becomes of keypoints that are hardly visible; ``zero`` puts them at 0, 0."""
    visibility: Literal["none", "sigmoid", "logit"] = "none"
    """What is applied to visibilities, which are between 0 and 1 already."""


_RESCALING = fields_of(RescalingChoices)
_OWN = tuple(name for name in fields_of(KeypointChoices) if name not in _RESCALING)
_ULTRALYTICS = values(KeypointChoices(), _OWN)


def place_keypoints(
    choices: KeypointChoices,
    extras: np.ndarray,
    shape: Shape,
    *,
    boxes: np.ndarray,
    place: Letterbox,
    image_shape: Shape,
) -> np.ndarray:
    """Return keypoints as a deployment returns them.

    Parameters
    ----------
    choices : KeypointChoices
        How it does it.
    extras : (N, K * D) float32
        The numbers of all keypoints, in px of the input.
    shape : tuple of int
        K keypoints of D numbers: x, y and, if three, visibility.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in px of the image, moved back where it was turned.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image as the network was given it, px.

    Returns
    -------
    (N, K, D) float32
    """
    if values(choices, _OWN) == _ULTRALYTICS and is_mapped_plainly(choices):
        points = extras.reshape(len(extras), *shape)
        scaled = scale_keypoints(points, (place.height, place.width), image_shape)
        if is_turned_back(choices):
            scaled[..., :2] = points_back(choices, scaled[..., :2], image_shape)
        return scaled
    points = LAYOUTS[choices.keypoint_layout](extras, shape).astype(np.float32)
    if choices.keypoint_axes == "yx":
        points[..., :2] = points[..., 1::-1]
    hidden = points[..., 2:].max(axis=2, initial=0) < VISIBLE
    if shape[1] > 2:
        points[..., 2] = VISIBILITIES[choices.visibility](points[..., 2])
    points[..., :2] = _in_frame(choices, points[..., :2], boxes, place, image_shape)
    points[..., :2] = INTEGERS[choices.keypoint_integers](points[..., :2])
    if shape[1] > 2 and choices.keypoint_hidden == "zero":
        points[..., :2][hidden] = 0
    if choices.keypoint_axes == "written_yx":
        points[..., :2] = points[..., 1::-1]
    return points


def _in_frame(
    choices: KeypointChoices,
    points: np.ndarray,
    boxes: np.ndarray,
    place: Letterbox,
    image_shape: Shape,
) -> np.ndarray:
    frame = choices.keypoint_frame
    sides = np.array([place.width, place.height], np.float32)
    if frame == "input":
        return points
    if frame == "input_fraction":
        return points / sides
    given = points * sides if frame == "times_input" else points
    flat = np.tile(given.reshape(-1, 2), 2)
    if frame == "border_kept":
        flat = flat + np.array([place.left, place.top] * 2, np.float32)
    mapped = to_image(choices, flat, place, image_shape)[:, :2].reshape(points.shape)
    whole = np.array(image_shape[::-1], np.float32)
    if frame == "stretched":
        mapped = points * (whole / sides)
    gain = np.min(sides / whole)
    if frame == "letterboxed":
        mapped = (points - (sides - whole * gain) / 2) / gain
    if frame == "top_left":
        mapped = points / gain
    if frame == "box_added":
        mapped = mapped + boxes[:, None, :2]
    if choices.keypoint_clip:
        mapped = mapped.clip(0, whole)
    mapped = points_back(choices, mapped, image_shape)
    if frame == "image_fraction":
        return mapped / np.array(shape_back(choices, image_shape)[::-1], np.float32)
    return mapped - boxes[:, None, :2] if frame == "box" else mapped


def _in_pairs(extras: np.ndarray, shape: Shape) -> np.ndarray:
    starts = 2 * np.arange(shape[0])[:, None] + np.arange(shape[1])
    return extras[:, starts.clip(max=extras.shape[1] - 1)]


LAYOUTS: dict[str, Callable[[np.ndarray, Shape], np.ndarray]] = by_value(
    KeypointChoices,
    "keypoint_layout",
    {
        "points": lambda extras, shape: extras.reshape(len(extras), *shape),
        "pairs": _in_pairs,
        "planes": lambda extras, shape: extras.reshape(len(extras), *shape[::-1]).swapaxes(1, 2),
    },
)
"""What divides (N, K * D) numbers into (N, K, D), given K and D."""


def _logit(visibility: np.ndarray) -> np.ndarray:
    inside = visibility.astype(np.float64).clip(LEAST_VISIBILITY, 1 - LEAST_VISIBILITY)
    returned: np.ndarray = np.log(inside / (1 - inside))
    return returned


Change = Callable[[np.ndarray], np.ndarray]

VISIBILITIES: dict[str, Change] = by_value(
    KeypointChoices,
    "visibility",
    {"none": lambda visibility: visibility, "sigmoid": sigmoid, "logit": _logit},
)
"""What is applied to visibilities, (N, K)."""

INTEGERS: dict[str, Change] = by_value(
    KeypointChoices,
    "keypoint_integers",
    {"no": lambda points: points, "rounded": np.rint, "truncated": np.trunc},
)
"""What makes whole numbers of coordinates."""
