"""Non-maximum suppression and what deployments do in its place."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np

from parity.deployment.stage import by_value, choice
from parity.deployment.thresholds import ThresholdChoices
from parity.detection.nms import CLASS_OFFSET_PX, nms

_OF_OVERLAPS = ("overlap", "suppressed_in", "sorted", "iou", "merging")


@dataclass(frozen=True)
class NmsChoices(ThresholdChoices):
    """What says which candidates survive, beside the thresholds.

    Attributes
    ----------
    suppression : str
        Among which boxes suppression works; ``none`` keeps all, ``best`` and ``best_per_class``
        keep one.
    overlap : str
        How overlap is computed: ``nmsboxes`` is ``cv2.dnn.NMSBoxes``, ``nmsboxes_xyxy`` the same
        given corners where it expects sides, ``unclamped`` lets the sides of an intersection be
        negative, ``plus_one`` counts whole px.
    suppressed_in : str
        Which boxes suppression is given: in input px, as they are returned, or cut to integers.
    sorted : bool
        Whether the better box goes first.
    merging : bool
        Whether a box takes the mean of those it suppresses.
    """

    suppression: Literal["none", "best", "best_per_class", "classwise", "agnostic"] = choice(
        "classwise", moot=dict.fromkeys(("none", "best", "best_per_class"), _OF_OVERLAPS)
    )
    overlap: Literal["iou", "nmsboxes", "nmsboxes_xyxy", "unclamped", "plus_one"] = "iou"
    suppressed_in: Literal["input", "image", "integers"] = "input"
    sorted: bool = True
    merging: bool = False


def select(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    """Return the indices of the boxes that are kept, in the order in which they are returned.

    Parameters
    ----------
    choices : NmsChoices
        How a deployment suppresses.
    boxes : (N, 4) float32
        x1, y1, x2, y2 as suppression is given them.
    scores : (N,) float32
        They pass the confidence threshold.
    class_ids : (N,) int32
        Classes.
    """
    if not len(boxes):
        return np.zeros(0, np.int64)
    return SUPPRESSIONS[choices.suppression](choices, boxes, scores, class_ids)


Selection = Callable[[NmsChoices, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Indices of the boxes that are kept, of boxes, scores and classes."""


def _order(choices: NmsChoices, scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, kind="stable") if choices.sorted else np.arange(len(scores))


def _all(
    choices: NmsChoices, _boxes: np.ndarray, scores: np.ndarray, _class_ids: np.ndarray
) -> np.ndarray:
    return _order(choices, scores)[: choices.max_det]


def _best(
    choices: NmsChoices, _boxes: np.ndarray, scores: np.ndarray, _class_ids: np.ndarray
) -> np.ndarray:
    return _order(choices, scores)[:1]


def _best_per_class(
    choices: NmsChoices, _boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    order = _order(choices, scores)
    first = np.unique(class_ids[order], return_index=True)[1]
    return order[np.sort(first)][: choices.max_det]


def _by_overlap(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    given = FRAMES[choices.suppressed_in](boxes)
    return OVERLAPS[choices.overlap](choices, given, scores, class_ids)


def _apart(choices: NmsChoices, boxes: np.ndarray, class_ids: np.ndarray) -> np.ndarray:
    if choices.suppression != "classwise":
        return boxes
    returned: np.ndarray = boxes + class_ids.astype(np.float32)[:, None] * np.float32(
        CLASS_OFFSET_PX
    )
    return returned


def _by_iou(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    ranks = scores if choices.sorted else -np.arange(len(scores), dtype=np.float32)
    return nms(_apart(choices, boxes, class_ids), ranks, choices.iou, choices.max_det)


def _by_nmsboxes(
    choices: NmsChoices,
    boxes: np.ndarray,
    scores: np.ndarray,
    class_ids: np.ndarray,
    *,
    as_sides: bool,
) -> np.ndarray:
    rectangles = boxes.astype(np.float64)
    if as_sides:
        rectangles[:, 2:] -= rectangles[:, :2]
    rectangles = np.nan_to_num(FRAMES[choices.suppressed_in](rectangles))
    best = np.argsort(-scores, kind="stable")[: 4 * choices.max_det + 100]
    for used in (best, np.arange(len(scores))):
        given = rectangles[used], scores[used]
        if choices.suppression == "classwise":
            kept = cv2.dnn.NMSBoxesBatched(*given, class_ids[used], 0.0, choices.iou)
        else:
            kept = cv2.dnn.NMSBoxes(*given, 0.0, choices.iou)
        if len(used) == len(scores) or len(kept) >= choices.max_det:
            break
    return used[np.asarray(kept, np.int64).reshape(-1)][: choices.max_det]


def _one_by_one(
    choices: NmsChoices,
    boxes: np.ndarray,
    scores: np.ndarray,
    class_ids: np.ndarray,
    *,
    clamped: bool,
    more: float,
) -> np.ndarray:
    order = _order(choices, scores)
    x1, y1, x2, y2 = _apart(choices, boxes, class_ids)[order].astype(np.float64).T
    area = (x2 - x1 + more) * (y2 - y1 + more)
    alive = np.ones(len(order), bool)
    kept: list[int] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        if len(kept) == choices.max_det:
            break
        rest = slice(i + 1, None)
        width = np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]) + more
        height = np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]) + more
        if clamped:
            width, height = np.maximum(width, 0), np.maximum(height, 0)
        intersection = width * height
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = intersection / (area[i] + area[rest] - intersection)
        alive[rest] &= ~(overlap > choices.iou)
    return order[kept]


SUPPRESSIONS: dict[str, Selection] = by_value(
    NmsChoices,
    "suppression",
    {
        "none": _all,
        "best": _best,
        "best_per_class": _best_per_class,
        "classwise": _by_overlap,
        "agnostic": _by_overlap,
    },
)

OVERLAPS: dict[str, Selection] = by_value(
    NmsChoices,
    "overlap",
    {
        "iou": _by_iou,
        "nmsboxes": partial(_by_nmsboxes, as_sides=True),
        "nmsboxes_xyxy": partial(_by_nmsboxes, as_sides=False),
        "unclamped": partial(_one_by_one, clamped=False, more=0.0),
        "plus_one": partial(_one_by_one, clamped=True, more=1.0),
    },
)

FRAMES: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    NmsChoices,
    "suppressed_in",
    {"input": lambda boxes: boxes, "image": lambda boxes: boxes, "integers": np.trunc},
)
"""What suppression makes of the boxes that it is given; for ``image`` they are rescaled before."""


def merge(
    choices: NmsChoices,
    boxes: np.ndarray,
    scores: np.ndarray,
    class_ids: np.ndarray,
    kept: np.ndarray,
) -> np.ndarray:
    """Return the boxes of the kept, each the mean of those it overlaps, weighted by score.

    Parameters
    ----------
    choices : NmsChoices
        The IoU threshold, and whether classes are kept apart.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in any frame.
    scores : (N,) float32
        Weights.
    class_ids : (N,) int32
        Classes.
    kept : (K,) int64
        What :func:`select` returned.

    Returns
    -------
    (K, 4) float32
    """
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    merged = np.empty((len(kept), 4), np.float32)
    for row, i in enumerate(kept):
        sides = np.minimum(boxes[i, 2:], boxes[:, 2:]) - np.maximum(boxes[i, :2], boxes[:, :2])
        intersection = np.prod(np.maximum(sides, 0), axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = intersection / (areas[i] + areas - intersection)
        joined = overlap > choices.iou
        if choices.suppression == "classwise":
            joined &= class_ids == class_ids[i]
        joined[i] = True
        weights = scores[joined].astype(np.float64)
        merged[row] = weights @ boxes[joined] / weights.sum()
    return merged
