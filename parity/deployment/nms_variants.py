"""Non-maximum suppression and what deployments do in its place."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np

from parity.deployment.dropping import DroppingChoices
from parity.deployment.stage import by_value, choice
from parity.deployment.thresholds import ThresholdChoices
from parity.detection.boxes import xyxy_to_xywh
from parity.detection.nms import CLASS_OFFSET_PX, MAX_CANDIDATES, nms

_OF_OVERLAPS = (
    "overlap", "suppressed_in", "order", "iou", "iou_inclusive", "class_offset", "merging",
    "suppressors",
)  # fmt: skip
_OF_NMSBOXES = ("order", "class_offset", "suppressors")


@dataclass(frozen=True)
class NmsChoices(DroppingChoices, ThresholdChoices):
    """What says which candidates survive, beside the thresholds."""

    suppression: Literal["none", "best", "best_per_class", "classwise", "agnostic"] = choice(
        "classwise",
        moot={
            **dict.fromkeys(("none", "best", "best_per_class"), _OF_OVERLAPS),
            "agnostic": ("class_offset",),
        },
    )
    """Among which boxes suppression works; ``none`` keeps all, ``best`` and ``best_per_class`` keep
    one."""
    overlap: Literal[
        "iou",
        "nmsboxes",
        "nmsboxes_xyxy",
        "nmsboxes_cxcywh",
        "unclamped",
        "plus_one",
        "smaller",
        "suppressed",
        "distance",
    ] = choice(
        "iou",
        moot=dict.fromkeys(("nmsboxes", "nmsboxes_xyxy", "nmsboxes_cxcywh"), _OF_NMSBOXES),
    )
    """How overlap is computed: ``nmsboxes`` is ``cv2.dnn.NMSBoxes``, ``nmsboxes_xyxy`` and
    ``nmsboxes_cxcywh`` the same given corners, or the centre, where it expects a corner and sides;
    ``unclamped`` lets the sides of an intersection be negative, ``plus_one`` counts whole px,
    ``smaller`` divides by the smaller area instead of the union, ``suppressed`` counts whole px and
    divides by the area of the box with the lower rank, ``distance`` is IoU less the distance of the
    centres (DIoU)."""
    suppressed_in: Literal["input", "integers", "rounded", "fractions", "unrounded", "image"] = (
        "input"
    )
    """Which boxes suppression is given: in input px, cut (``integers``) or rounded there, as
    fractions of the input, in px of the image before they are rounded, or as they are returned
    (``image``)."""
    order: Literal["falling", "rising", "output", "lowest_edge"] = "falling"
    """Which box goes first: the one with the highest score, the lowest, the first of the output, or
    the one whose bottom lies lowest in the image (of several, the last of the output)."""
    iou_inclusive: bool = False
    """Whether an overlap equal to the threshold suppresses, too."""
    class_offset: float | None = CLASS_OFFSET_PX
    """How far classes are moved apart, px; None where boxes of other classes are not compared."""
    max_candidates: int = MAX_CANDIDATES
    """Boxes with the highest scores that take part, at most."""
    first_candidates: int | None = None
    """Boxes that take part, at most, the first in the order of the output."""
    max_per_class: int | None = None
    """Boxes of a class that are kept, at most."""
    suppressors: Literal["kept", "all"] = "kept"
    """Which boxes suppress others: those that are kept, or suppressed ones, too, as kernels do that
    compare all pairs at once."""
    merging: bool = False
    """Whether a box takes the mean of those it suppresses."""


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
    if choices.max_per_class is not None:
        return _best_of_each_class(choices, boxes, scores, class_ids)
    return SUPPRESSIONS[choices.suppression](choices, boxes, scores, class_ids)


Selection = Callable[[NmsChoices, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Indices of the boxes that are kept, of boxes, scores and classes."""


def _best_of_each_class(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    all_kept = choices.replace(max_per_class=None, max_det=len(boxes))
    kept = select(all_kept, boxes, scores, class_ids)
    given = class_ids[kept]
    ranks = np.array([np.count_nonzero(given[:i] == own) for i, own in enumerate(given)])
    return kept[ranks < choices.max_per_class][: choices.max_det]


def _order(choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return np.argsort(-ORDERS[choices.order](boxes, scores), kind="stable")


def _all(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, _class_ids: np.ndarray
) -> np.ndarray:
    return _order(choices, boxes, scores)[: choices.max_det]


def _best(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, _class_ids: np.ndarray
) -> np.ndarray:
    return _order(choices, boxes, scores)[:1]


def _best_per_class(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    order = _order(choices, boxes, scores)
    first = np.unique(class_ids[order], return_index=True)[1]
    return order[np.sort(first)][: choices.max_det]


def _by_overlap(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    given = FRAMES[choices.suppressed_in](boxes)
    return OVERLAPS[choices.overlap](choices, given, scores, class_ids)


def _apart(choices: NmsChoices, boxes: np.ndarray, class_ids: np.ndarray) -> np.ndarray:
    if choices.suppression != "classwise" or choices.class_offset is None:
        return boxes
    offset = np.float32(choices.class_offset)
    returned: np.ndarray = boxes + class_ids.astype(np.float32)[:, None] * offset
    return returned


def _threshold(choices: NmsChoices) -> float:
    """Return what an overlap must exceed to suppress."""
    if not choices.iou_inclusive:
        return choices.iou
    return float(np.nextafter(np.float32(choices.iou), np.float32(-1)))


def _by_iou(
    choices: NmsChoices, boxes: np.ndarray, scores: np.ndarray, class_ids: np.ndarray
) -> np.ndarray:
    if choices.suppressors == "all":
        return _one_by_one(choices, boxes, scores, class_ids)
    ranks = ORDERS[choices.order](boxes, scores)
    if choices.suppression == "classwise" and choices.class_offset is None:
        own = [np.flatnonzero(class_ids == c) for c in np.unique(class_ids)]
        kept = [c[nms(boxes[c], ranks[c], _threshold(choices), choices.max_det)] for c in own]
        indices = np.sort(np.concatenate(kept))
        return indices[np.argsort(-ranks[indices], kind="stable")][: choices.max_det]
    apart = _apart(choices, boxes, class_ids)
    return nms(apart, ranks, _threshold(choices), choices.max_det)


def _by_nmsboxes(
    choices: NmsChoices,
    boxes: np.ndarray,
    scores: np.ndarray,
    class_ids: np.ndarray,
    *,
    form: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    rectangles = form(boxes.astype(np.float64))
    rectangles = np.nan_to_num(FRAMES[choices.suppressed_in](rectangles))
    order, most = np.argsort(-scores, kind="stable"), 4 * choices.max_det + 100
    while True:  # OpenCV goes through all, though the best are enough
        used, most = order[:most], 2 * most
        given = rectangles[used], scores[used]
        if choices.suppression == "classwise":
            kept = cv2.dnn.NMSBoxesBatched(*given, class_ids[used], 0.0, _threshold(choices))
        else:
            kept = cv2.dnn.NMSBoxes(*given, 0.0, _threshold(choices))
        if len(used) == len(scores) or len(kept) >= choices.max_det:
            break
    return used[np.asarray(kept, np.int64).reshape(-1)][: choices.max_det]


def _one_by_one(
    choices: NmsChoices,
    boxes: np.ndarray,
    scores: np.ndarray,
    class_ids: np.ndarray,
    *,
    clamped: bool = True,
    more: float = 0.0,
    divisor: Literal["union", "smaller", "suppressed"] = "union",
    less_distance: bool = False,
) -> np.ndarray:
    order = _order(choices, boxes, scores)
    comparable = np.zeros(len(order), int)
    if choices.suppression == "classwise" and choices.class_offset is None:
        comparable = class_ids[order]
    threshold = _threshold(choices)
    moved = _apart(choices, boxes, class_ids)[order].astype(np.float64)
    x1, y1, x2, y2 = moved.T
    area = (x2 - x1 + more) * (y2 - y1 + more)
    alive = np.ones(len(order), bool)
    kept: list[int] = []
    for i in range(len(order)):
        if alive[i]:
            kept.append(i)
        elif choices.suppressors == "kept":
            continue
        if len(kept) == choices.max_det:
            break
        rest = slice(i + 1, None)
        width = np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]) + more
        height = np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]) + more
        if clamped:
            width, height = np.maximum(width, 0), np.maximum(height, 0)
        intersection = width * height
        with np.errstate(invalid="ignore", divide="ignore"):
            divisors = {
                "union": area[i] + area[rest] - intersection,
                "smaller": np.minimum(area[i], area[rest]),
                "suppressed": area[rest],
            }
            overlap = intersection / divisors[divisor]
        if less_distance:
            overlap -= _distance_squared(moved[i], moved[rest])
        alive[rest] &= ~((overlap > threshold) & (comparable[rest] == comparable[i]))
    return order[kept]


def _distance_squared(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return squared distances of centres, (N,), in units of the diagonal around both boxes.

    This is what DIoU subtracts from IoU (Zheng et al., 2020, equation 7).
    """
    around = np.maximum(box[2:], others[:, 2:]) - np.minimum(box[:2], others[:, :2])
    apart = (box[:2] + box[2:] - others[:, :2] - others[:, 2:]) / 2
    diagonals = (around**2).sum(axis=1)
    distances: np.ndarray = (apart**2).sum(axis=1) / np.where(diagonals > 0, diagonals, 1)
    return distances


def _with_centre(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes.reshape(-1, 2, 2).mean(axis=1), boxes[:, 2:] - boxes[:, :2]], 1)


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
        "nmsboxes": partial(_by_nmsboxes, form=xyxy_to_xywh),
        "nmsboxes_xyxy": partial(_by_nmsboxes, form=lambda boxes: boxes),
        "nmsboxes_cxcywh": partial(_by_nmsboxes, form=_with_centre),
        "unclamped": partial(_one_by_one, clamped=False),
        "plus_one": partial(_one_by_one, more=1.0),
        "smaller": partial(_one_by_one, divisor="smaller"),
        "suppressed": partial(_one_by_one, divisor="suppressed", more=1.0),
        "distance": partial(_one_by_one, less_distance=True),
    },
)


def _by_lowest_edge(boxes: np.ndarray, _scores: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(boxes[:, 3], kind="stable")).astype(np.float32)


ORDERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = by_value(
    NmsChoices,
    "order",
    {
        "falling": lambda _, scores: scores,
        "rising": lambda _, scores: -scores,
        "output": lambda _, scores: -np.arange(len(scores), dtype=np.float32),
        "lowest_edge": _by_lowest_edge,
    },
)
"""What ranks boxes, the first highest, of their corners, (N, 4), and scores, (N,) float32."""

FRAMES: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    NmsChoices,
    "suppressed_in",
    {
        "input": lambda boxes: boxes,
        "integers": np.trunc,
        "rounded": np.rint,
        "fractions": lambda boxes: boxes,
        "unrounded": lambda boxes: boxes,
        "image": lambda boxes: boxes,
    },
)
"""What suppression makes of the boxes that it is given; for ``fractions``, ``unrounded`` and
``image`` they are rescaled before."""


def joined_by(
    choices: NmsChoices, boxes: np.ndarray, class_ids: np.ndarray, kept: np.ndarray
) -> np.ndarray:
    """Return which boxes each of the kept overlaps, itself included, (K, N) bool.

    Parameters
    ----------
    choices : NmsChoices
        The IoU threshold, and whether classes are kept apart.
    boxes : (N, 4) float32
        x1, y1, x2, y2 as suppression is given them.
    class_ids : (N,) int32
        Classes.
    kept : (K,) int64
        What :func:`select` returned.
    """
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    joined = np.zeros((len(kept), len(boxes)), bool)
    for row, i in enumerate(kept):
        sides = np.minimum(boxes[i, 2:], boxes[:, 2:]) - np.maximum(boxes[i, :2], boxes[:, :2])
        intersection = np.prod(np.maximum(sides, 0), axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            joined[row] = intersection / (areas[i] + areas - intersection) > choices.iou
        if choices.suppression == "classwise":
            joined[row] &= class_ids == class_ids[i]
        joined[row, i] = True
    return joined


def merge(boxes: np.ndarray, scores: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """Return the means of the boxes that belong together, weighted by score.

    Parameters
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2 in any frame.
    scores : (N,) float32
        Weights.
    joined : (K, N) bool
        What :func:`joined_by` returned.

    Returns
    -------
    (K, 4) float32
    """
    merged = np.empty((len(joined), 4), np.float32)
    for row, members in enumerate(joined):
        weights = scores[members].astype(np.float64)
        merged[row] = weights @ boxes[members] / weights.sum()
    return merged
