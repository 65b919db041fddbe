"""Where a fault shows best: a place in an image, and the boxes there without it and with it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from parity.comparison.differences import DetectionPair, compare_image
from parity.detection.detection_files import ImageDetections
from parity.detection.outlines import LEAST_VISIBLE, NOTHING, DetectionOutline, outlines_of
from parity.diagnosis.document import Change, DrawnBoxes, FaultExample

MARGIN = 0.4
"""Part of the longer side of what is shown that is added around it; chosen."""

LEAST_VIEW = 0.3
"""Part of the image's longer side that is shown at least, so that people recognise it; chosen."""

VIEW_ASPECT = 4 / 3
"""Width of a view divided by its height; chosen."""

NEARBY = 1.5
"""Longest sides of an object within which its misplaced box is looked for; chosen."""

MOVED_COUNTS = 0.01
"""Weight of an object that only moves beside one that is lost, when it is decided which change is
shown; chosen."""


@dataclass(frozen=True)
class ObjectChange:
    """What happens to an object."""

    image: str
    """Where it is."""
    change: Change
    correct: int | None
    changed: int | None
    """The detections without the fault and with it."""
    weight: float
    """Among changes of one kind, the largest is shown."""


def telling_example(
    correct: Mapping[str, ImageDetections],
    changed: Mapping[str, ImageDetections],
    *,
    iou: float,
    task: str = "detect",
) -> FaultExample | None:
    """Return the place where a change of some images shows best; None where nothing changes.

    It is one where happens what happens most often.

    Parameters
    ----------
    correct, changed : mapping of str to ImageDetections
        Detections of the same images without the change and with it.
    iou : float
        Smallest overlap of a matched pair.
    task : str
        What the detections come from.
    """
    found = [
        each
        for name, image in correct.items()
        for each in object_changes(image, changed[name], iou=iou, task=task)
    ]
    if not found:
        return None
    often = Counter(each.change for each in found)

    def rank(each: ObjectChange) -> tuple[float, float, str]:
        many = often[each.change] * (MOVED_COUNTS if each.change == "moved" else 1)
        return many, each.weight, each.image

    best = max(found, key=rank)
    return example_of(best, correct[best.image], changed[best.image])


def object_changes(
    correct: ImageDetections, changed: ImageDetections, *, iou: float, task: str = "detect"
) -> Iterator[ObjectChange]:
    """Yield what happens to every object of an image."""
    name = correct.name
    found = compare_image(correct, changed, iou=iou, task=task)
    left = set(found.extra)
    for i in found.missing:
        partner = nearest(i, correct, changed, left)
        left.discard(-1 if partner is None else partner)
        what: Change = "lost" if partner is None else "misplaced"
        yield ObjectChange(name, what, i, partner, clarity(correct, i, changed))
    for pair in found.flipped:
        one, other = pair.reference, pair.candidate
        yield ObjectChange(name, "renamed", one, other, clarity(correct, one, changed))
    for j in sorted(left):
        yield ObjectChange(name, "added", None, j, clarity(changed, j, correct))
    for pair in found.matched:
        if is_same(pair):
            continue
        yield ObjectChange(name, "moved", pair.reference, pair.candidate, moved_px(pair, correct))


def is_same(pair: DetectionPair) -> bool:
    """Return whether nothing of an object changes."""
    one, other = pair.scores
    score = one is not None and other is not None and one != other
    return not (pair.box_px or score or any(pair.measures.values()))


def moved_px(pair: DetectionPair, image: ImageDetections) -> float:
    """Return by how much a box, its keypoints or its mask move, about px."""
    x1, y1, x2, y2 = image.boxes[pair.reference]
    of_mask = pair.measures.get("mask", 0.0) * max(x2 - x1, y2 - y1)
    return max(pair.box_px, pair.measures.get("keypoint_px", 0.0), of_mask)


def nearest(
    i: int, correct: ImageDetections, changed: ImageDetections, left: set[int]
) -> int | None:
    """Return which of the detections left is of equal class, near an object and nearest to it."""
    box = np.asarray(correct.boxes[i])
    reach = NEARBY * max(box[2] - box[0], box[3] - box[1])
    same = [j for j in sorted(left) if changed.class_ids[j] == correct.class_ids[i]]
    near = {j: float(np.hypot(*(centre(changed.boxes[j]) - centre(box)))) for j in same}
    return min((j for j in near if near[j] <= reach), key=lambda j: near[j], default=None)


def centre(box: "np.ndarray | list[float]") -> np.ndarray:
    """Return the centre of a box, x and y."""
    x1, y1, x2, y2 = box
    return np.array([x1 + x2, y1 + y2]) / 2


def clarity(image: ImageDetections, i: int, other: ImageDetections) -> float:
    """Return how well an object is seen: by its score, its size, and how few boxes overlap it.

    Parameters
    ----------
    image : ImageDetections
        Where it is detected.
    i : int
        Its place there.
    other : ImageDetections
        The same image with the other detections.
    """
    x1, y1, x2, y2 = image.boxes[i]
    boxes = np.array([*image.boxes, *other.boxes])
    across = (boxes[:, 0] < x2) & (boxes[:, 2] > x1) & (boxes[:, 1] < y2) & (boxes[:, 3] > y1)
    part = max((x2 - x1) * (y2 - y1), 0.0) / max(image.height * image.width, 1)
    score = image.scores[i]
    clear = (1.0 if score is None else score) * min(part, 1.0) ** 0.5 / max(across.sum(), 1)
    return float(clear) if np.isfinite(clear) else 0.0


def example_of(
    change: ObjectChange, correct: ImageDetections, changed: ImageDetections
) -> FaultExample | None:
    """Return what is shown of a change; None if it is not in the image."""
    both = ((correct, change.correct), (changed, change.changed))
    drawn = [outlines_of(image) for image, _ in both]
    extents = [
        extent(image.boxes[i], outlines[i])
        for (image, i), outlines in zip(both, drawn, strict=True)
        if i is not None
    ]
    view = view_of(np.array(extents), correct.height, correct.width)
    if view is None:
        return None
    return FaultExample(
        name=correct.name,
        height=correct.height,
        width=correct.width,
        change=change.change,
        view=view,
        correct=boxes_in(view, correct, change.correct, drawn[0]),
        changed=boxes_in(view, changed, change.changed, drawn[1]),
    )


def extent(box: list[float], outline: DetectionOutline) -> list[float]:
    """Return the smallest box around a box and what is drawn beside it, as far as it is seen."""
    points = [point[:2] for point in outline.keypoints if min([1.0, *point[2:]]) >= LEAST_VISIBLE]
    points += [point for contour in outline.contours for point in contour]
    seen = np.array([box[:2], box[2:], *(point for point in points if np.isfinite(point).all())])
    return [*seen.min(axis=0).tolist(), *seen.max(axis=0).tolist()]


def view_of(boxes: np.ndarray, height: int, width: int) -> tuple[float, float, float, float] | None:
    """Return the part of an image that shows some boxes, (x1, y1, x2, y2) in whole px.

    Parameters
    ----------
    boxes : (n, 4) float
        Corners, px of the image.
    height, width : int
        Size of the image, px.
    """
    inside = np.clip(boxes, 0, [width, height, width, height])
    low, high = inside[:, :2].min(axis=0), inside[:, 2:].max(axis=0)
    if not np.isfinite(inside).all() or (high <= low).any():
        return None
    around = (1 + MARGIN) * (high - low)
    wide = max(around[0], around[1] * VIEW_ASPECT, LEAST_VIEW * max(height, width))
    sides = np.minimum([wide, wide / VIEW_ASPECT], [width, height])
    start = np.clip((low + high - sides) / 2, 0, [width, height] - sides)
    x1, y1, x2, y2 = np.round([*start, *(start + sides)]).tolist()
    return x1, y1, x2, y2


def boxes_in(
    view: tuple[float, float, float, float],
    image: ImageDetections,
    first: int | None,
    outlines: list[DetectionOutline],
) -> DrawnBoxes:
    """Return the finite boxes of an image that reach into a view, one of them first."""
    x1, y1, x2, y2 = view
    shown = [
        i
        for i, box in enumerate(image.boxes)
        if np.isfinite(box).all() and box[0] < x2 and box[2] > x1 and box[1] < y2 and box[3] > y1
    ]
    shown.sort(key=lambda i: i != first)
    return drawn_boxes(image, shown, outlines)


def drawn_boxes(
    image: ImageDetections, places: Iterable[int], outlines: list[DetectionOutline]
) -> DrawnBoxes:
    """Return some boxes of an image with their masks, keypoints and corners."""
    kept = list(places)
    return DrawnBoxes(
        [image.boxes[i] for i in kept],
        [image.scores[i] for i in kept],
        [image.class_ids[i] for i in kept],
        [outlines[i] for i in kept] if any(each != NOTHING for each in outlines) else [],
    )
