"""Oriented boxes: which survive, and how their angle is written down."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from parity.deployment.nms_variants import NmsChoices, select
from parity.deployment.rescaling_variants import RescalingChoices, is_mapped_plainly, to_image
from parity.deployment.stage import Choices, by_value, choice
from parity.deployment.thresholds import passing
from parity.deployment.turning import oriented_back
from parity.detection.boxes import cxcywh_to_xyxy
from parity.detection.decoding import Candidates
from parity.detection.letterbox import Letterbox
from parity.detection.nms import CLASS_OFFSET_PX, largest_float32
from parity.detection.oriented_boxes import (
    corners_of,
    hulls_of,
    oriented_boxes,
    probabilistic_iou,
    rectangles_of,
    scale_oriented,
    suppress_oriented,
)

Shape = tuple[int, int]


@dataclass(frozen=True)
class AngleChoices(Choices):
    """How an oriented box is written down."""

    angle: Literal["as_given", "modulo_quarter", "dropped"] = "as_given"
    """What is returned of it: as the network gives it; taken into [0, 90) degrees though the sides
    stay (``modulo_quarter``); or 0 (``dropped``)."""
    angle_unit: Literal["radians", "degrees", "taken_for_degrees"] = "radians"
    """Radians; degrees; or what becomes of radians that are taken for degrees
    (``taken_for_degrees``), as where they are passed to ``cv2.boxPoints``."""
    angle_sign: Literal["kept", "reversed"] = "kept"
    """Whether it is turned the other way."""
    sides: Literal["kept", "exchanged"] = "kept"
    """Whether width and height are exchanged."""
    corners_clipped: bool = False
    """Whether each corner is moved into the image by itself."""


@dataclass(frozen=True)
class OrientedNmsChoices(NmsChoices):
    """What suppression of oriented boxes compares."""

    oriented_overlap: Literal["probabilistic", "upright", "hulls", "exact"] = choice(
        "probabilistic",
        moot=dict.fromkeys(("upright", "hulls", "exact"), ("oriented_suppressors",)),
    )
    """``probabilistic`` IoU; the IoU of the boxes without their angle (``upright``), of their
    upright ``hulls``, or of the turned boxes as ``cv2.dnn.NMSBoxesRotated`` has it (``exact``)."""
    oriented_suppressors: Literal["all", "kept"] = "all"
    """Which boxes suppress others by their probabilistic IoU: suppressed ones, too, as in
    Ultralytics, or those alone that are kept."""


def select_oriented(choices: OrientedNmsChoices, found: Candidates) -> Candidates:
    """Apply thresholds and suppression to oriented candidates.

    Parameters
    ----------
    choices : OrientedNmsChoices
        How a deployment suppresses.
    found : Candidates
        Boxes as cx, cy, width, height in input px; the last of the extras is the angle.

    Returns
    -------
    Candidates
        Those that stay, boxes as before.
    """
    iou, max_det = choices.iou, choices.max_det
    overlapping = choices.suppression in ("classwise", "agnostic")
    if overlapping and choices.oriented_overlap == "probabilistic":
        if choices.oriented_suppressors == "kept":
            return _suppress_by_kept(choices, found)
        conf = choices.conf
        if choices.conf_inclusive:
            conf = float(np.nextafter(np.float32(conf), np.float32(-1)))
        if choices.suppression == "classwise":
            return suppress_oriented(found, conf=conf, iou=iou, max_det=max_det)
        one = replace(found, class_ids=np.arange(len(found), dtype=np.int32) * 0)
        places = replace(one, scores=found.scores, extras=_with_places(found))
        kept = suppress_oriented(places, conf=conf, iou=iou, max_det=max_det)
        return found.at(kept.extras[:, 0].astype(int))
    passed = found.at(passing(choices, found.scores))
    if not len(passed):
        return passed
    boxes = OVERLAPPING[choices.oriented_overlap](passed)
    if overlapping and choices.oriented_overlap == "exact":
        return passed.at(_rotated_nms(choices, passed))
    return passed.at(select(choices, boxes, passed.scores, passed.class_ids))


def _suppress_by_kept(choices: OrientedNmsChoices, found: Candidates) -> Candidates:
    """Return the boxes that stay, by falling score, if only those that stay suppress others."""
    passed = found.at(passing(choices, found.scores))
    ranked = passed.at(np.argsort(-passed.scores, kind="stable"))
    boxes = oriented_boxes(ranked)
    if choices.suppression == "classwise":
        boxes[:, :2] += ranked.class_ids.astype(np.float32)[:, None] * np.float32(CLASS_OFFSET_PX)
    left = np.ones(len(boxes), bool)
    kept: list[int] = []
    for i in range(len(boxes)):
        if len(kept) == choices.max_det:
            break
        if left[i]:
            kept.append(i)
            alike = probabilistic_iou(boxes[i : i + 1], boxes[i + 1 :])[0]
            left[i + 1 :] &= alike <= largest_float32(choices.iou)
    return ranked.at(np.array(kept, np.int64))


def _with_places(found: Candidates) -> np.ndarray:
    """Return the extras of candidates after a column of their places."""
    places = np.arange(len(found), dtype=np.float32)[:, None]
    return np.concatenate([places, found.extras], axis=1)


def _rotated_nms(choices: OrientedNmsChoices, found: Candidates) -> np.ndarray:
    boxes = oriented_boxes(found).astype(np.float64)
    if choices.suppression == "classwise":
        boxes[:, :2] += found.class_ids[:, None] * float(CLASS_OFFSET_PX)
    rectangles = [((x, y), (w, h), math.degrees(angle)) for x, y, w, h, angle in boxes.tolist()]
    kept = cv2.dnn.NMSBoxesRotated(rectangles, found.scores.tolist(), 0.0, choices.iou)
    return np.asarray(kept, np.int64).reshape(-1)[: choices.max_det]


OVERLAPPING: dict[str, Callable[[Candidates], np.ndarray]] = by_value(
    OrientedNmsChoices,
    "oriented_overlap",
    {
        "probabilistic": lambda found: hulls_of(oriented_boxes(found)),
        "upright": lambda found: cxcywh_to_xyxy(found.boxes),
        "hulls": lambda found: hulls_of(oriented_boxes(found)),
        "exact": lambda found: hulls_of(oriented_boxes(found)),
    },
)
"""The boxes x1, y1, x2, y2 that are compared, where it is upright ones."""


def rescale_oriented(
    choices: RescalingChoices, boxes: np.ndarray, place: Letterbox, image_shape: Shape
) -> np.ndarray:
    """Return oriented boxes in px of the image as a deployment rescales them, (N, 5) float32.

    Parameters
    ----------
    choices : RescalingChoices
        How it does it; nothing is clipped.
    boxes : (N, 5) float32
        In px of the input.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image, px.
    """
    return oriented_back(choices, _rescaled(choices, boxes, place, image_shape), image_shape)


def _rescaled(
    choices: RescalingChoices, boxes: np.ndarray, place: Letterbox, image_shape: Shape
) -> np.ndarray:
    if is_mapped_plainly(choices):
        return scale_oriented(boxes, (place.height, place.width), image_shape)
    corners = to_image(choices, cxcywh_to_xyxy(boxes[:, :4]), place, image_shape)
    sides = corners[:, 2:] - corners[:, :2]
    return np.concatenate([corners[:, :2] + sides / 2, sides, boxes[:, 4:]], axis=1)


def write_angles(choices: AngleChoices, boxes: np.ndarray) -> np.ndarray:
    """Return oriented boxes, (N, 5) float32, as a deployment writes them down."""
    written = boxes.astype(np.float32)
    if choices.sides == "exchanged":
        written[:, 2:4] = written[:, 3:1:-1]
    angles = ANGLES[choices.angle](written[:, 4])
    angles = -angles if choices.angle_sign == "reversed" else angles
    written[:, 4] = UNITS[choices.angle_unit](angles)
    return written


def write_hulls(
    choices: AngleChoices, written: np.ndarray, image_shape: Shape
) -> tuple[np.ndarray, np.ndarray]:
    """Return the upright boxes around written ones, (N, 4) float32, and these, (N, 5) float32.

    Corners that are clipped are no rectangle: what is written then is read as
    :func:`parity.detection.oriented_boxes.rectangles_of` says.

    Parameters
    ----------
    choices : AngleChoices
        How a deployment writes oriented boxes down.
    written : (N, 5) float32
        See :func:`write_angles`.
    image_shape : tuple of int
        Height and width of the image, px.
    """
    if not choices.corners_clipped:
        return hulls_of(written), written
    corners = np.clip(corners_of(written), 0, np.array(image_shape[::-1], np.float32))
    hulls = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return hulls, rectangles_of(corners).astype(np.float32)


UNITS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    AngleChoices,
    "angle_unit",
    {
        "radians": lambda angles: angles,
        "degrees": np.degrees,
        "taken_for_degrees": np.radians,
    },
)
"""What is written down of angles in radians."""


ANGLES: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    AngleChoices,
    "angle",
    {
        "as_given": lambda angles: angles,
        "modulo_quarter": lambda angles: np.mod(angles, np.float32(math.pi / 2)),
        "dropped": np.zeros_like,
    },
)
"""What is returned of angles in radians."""
