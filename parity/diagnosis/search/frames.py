"""Frames: images that were resized before all else, with boxes in px of that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.detection.boxes import pairwise_iou
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.catalogue.output import on_canvas
from parity.diagnosis.catalogue.reading import resized_first
from parity.diagnosis.evidence.correct_boxes import correct_and_observed
from parity.diagnosis.evidence.cost import CostModel

SAME_PLACE = 0.7
"""Overlap (IoU) from which a box lies where another lies in a frame; chosen."""

IN_FRAME = 0.5
"""Share of boxes of the same class and about the same score that must lie there; chosen."""

IN_IMAGE = 0.5
"""Share of those that may lie in the image as well; chosen."""

LEAST_SIDE = 1e-6
"""Side of a box, as a share of the image's, below which it counts as that; chosen."""

LEAST_PAIRS = 4
"""Boxes that tell the size of a frame at least; chosen."""

NEAR = 0.015
"""Difference of sides, as a share, up to which boxes allow one; chosen: in a resized image, the
network finds boxes up to some per cent larger or smaller."""

ROUND_PX = 20
"""People choose multiples of it for the sides of frames; chosen: 640, 1020, 1280, 480, 500, 720."""

Frame = tuple[int, int]
"""Height and width, px; a height of 0 keeps the aspect ratio."""


@dataclass(frozen=True)
class _Pairs:
    """Predicted and observed boxes of the same objects, as far as class and score tell."""

    own: np.ndarray
    """(P, 4) x1, y1, x2, y2 that the correct pipeline gives, as fractions of the image."""
    seen: np.ndarray
    """(P, 4) What was observed, px."""
    shapes: np.ndarray
    """(P, 2) int. Height and width of the images, px."""


def frames_as_boxes(cost_model: CostModel, names: Sequence[str]) -> list[Fault]:
    """Return what resizes images first so that the observed boxes lie in frames of one size.

    The network runs on the correct inputs alone, since it finds much the same objects in a resized
    image. Boxes tell the size within some px, and clipped boxes tell it exactly.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    names : sequence of str
        The images to look at first; the others are looked at only where these suggest a frame.
    """
    choices = cost_model.replayer.task.choices
    if not {"frame", "gain"} <= choices or _guess(_pairs(cost_model, names)) is None:
        return []
    pairs = _pairs(cost_model, cost_model.names)
    guess = _guess(pairs)
    if guess is None or _is_near(guess, cost_model.replayer.network.imgsz):
        return []  # in an image that is stretched to the input, boxes lie likewise
    right, bottom = pairs.seen[:, 2:].max(axis=0)
    heights = list(_likely_sides(guess[0], bottom)) if guess[0] else [0]
    sizes = product(heights, _likely_sides(guess[1], right))
    return [resized_first(size, kernel) for size in sizes for kernel in ("linear", "area")]


def as_canvas(cost_model: CostModel, resized: Pipeline) -> Fault:
    """Return the fault of boxes in px of a canvas that is as large as the frame of a pipeline."""
    height, width = resized.frame or (0, 0)
    if height:
        return on_canvas("canvas", (height, width))
    shapes = (
        source.image_shape for source in cost_model.inputs(resized, cost_model.names) if source
    )
    return on_canvas("canvas_fitted", (max(height for height, _ in shapes), width))


def _pairs(cost_model: CostModel, names: Sequence[str]) -> _Pairs:
    own, seen, shapes = [np.zeros((0, 4))], [np.zeros((0, 4))], [np.zeros((0, 2), int)]
    for found, observed, shape in correct_and_observed(cost_model, names):
        apart = np.abs(found.scores[None] - observed.scores[:, None])
        apart = np.where(found.class_ids[None] == observed.class_ids[:, None], apart, np.inf)
        apart[~np.isfinite(observed.boxes).all(axis=1)] = np.inf
        paired = np.flatnonzero(np.isfinite(apart).any(axis=1))
        if len(paired):
            nearest = apart[paired].argmin(axis=1)
            own.append(found.boxes[nearest] / np.array(shape[::-1] * 2))
            seen.append(observed.boxes[paired])
            shapes.append(np.tile(shape, (len(paired), 1)))
    return _Pairs(np.concatenate(own), np.concatenate(seen), np.concatenate(shapes))


def _guess(pairs: _Pairs) -> Frame | None:
    """Return about the size of the frame in which observed boxes lie; None if they lie in none."""
    if len(pairs.own) < LEAST_PAIRS:
        return None
    in_image = _in_place(pairs, pairs.shapes)
    own = np.maximum(pairs.own[:, 2:] - pairs.own[:, :2], LEAST_SIDE)
    width, height = np.median((pairs.seen[:, 2:] - pairs.seen[:, :2]) / own, axis=0)
    kept = np.stack([pairs.shapes[:, 0] * width / pairs.shapes[:, 1], np.full(len(own), width)], 1)
    fixed = np.broadcast_to([height, width], kept.shape)
    best = max((kept, fixed), key=lambda shapes: _in_place(pairs, shapes).sum())
    placed = _in_place(pairs, best)
    if placed.mean() < IN_FRAME or (placed & in_image).sum() > IN_IMAGE * placed.sum():
        return None
    x, y = (_slope(pairs, placed, axis) for axis in (0, 1))
    return (0 if best is kept else round(y)), round(x)


def _in_place(pairs: _Pairs, shapes: np.ndarray) -> np.ndarray:
    """Return which observed boxes lie where the others do in images of some shapes, (P,) bool."""
    boxes = pairs.own * shapes[:, [1, 0, 1, 0]]
    return np.diagonal(pairwise_iou(boxes, pairs.seen)) >= SAME_PLACE


def _is_near(one: Frame, other: Frame) -> bool:
    return all(abs(own / its - 1) <= NEAR for own, its in zip(one, other, strict=True))


def _slope(pairs: _Pairs, placed: np.ndarray, axis: int) -> float:
    """Return the side that maps fractions onto px best."""
    own, seen = pairs.own[placed][:, axis::2].ravel(), pairs.seen[placed][:, axis::2].ravel()
    return float(own @ seen / (own @ own))


def _likely_sides(side: int, end: float) -> Iterator[int]:
    """Yield sides near one that boxes suggest: where the farthest box ends, and a round number."""
    farthest = round(float(end))
    if abs(farthest / side - 1) <= NEAR:
        yield farthest
    rounded = round(side / ROUND_PX) * ROUND_PX
    if rounded != farthest and abs(rounded / side - 1) <= NEAR:
        yield rounded
