"""What is measured of matched pairs beside boxes and scores: masks, keypoints, angles, ranks.

Which measures there are follows from what the detections hold. Every measure is a difference: zero
where two arms agree, and larger the less they do.
"""

from dataclasses import replace

import numpy as np

from parity.comparison.polygons import corner_distances
from parity.detection.detections import Detections
from parity.detection.masks import image_part, resampled
from parity.detection.oriented_boxes import corners_of
from parity.tasks.task import TASKS

Measures = dict[str, np.ndarray]
"""By name of the measure, a difference for each pair."""

_BY_PART = {"nose": 0.026, "eye": 0.025, "ear": 0.035, "shoulder": 0.079, "elbow": 0.072}
_BY_PART |= {"wrist": 0.062, "hip": 0.107, "knee": 0.087, "ankle": 0.089}
COCO_SIGMAS = np.repeat(list(_BY_PART.values()), [1, *[2] * (len(_BY_PART) - 1)])
"""How far people place each of COCO's 17 keypoints apart (``pycocotools.cocoeval.Params``)."""
LEAST_AREA = 1.0
"""Area of a box that has less, px², as of one that was clipped flat (chosen)."""


def measure(
    reference: Detections, candidate: Detections, pairs: np.ndarray, *, task: str = "detect"
) -> Measures:
    """Return the differences of matched pairs.

    Parameters
    ----------
    reference, candidate : Detections
        What two arms report for the same image.
    pairs : (P, 2) int
        Indices of each pair.
    task : str
        What the detections come from, a key of :data:`parity.tasks.task.TASKS`.

    Returns
    -------
    dict of str to (P,) float64
        ``mask`` is 1 minus the IoU of the masks, ``boundary_px`` the largest distance of their
        boundaries and ``area`` the difference of their areas as a share of the reference's;
        ``keypoint_px`` is the largest distance of a keypoint, ``visibility`` the largest
        difference of a visibility, ``oks`` 1 minus the object keypoint similarity, for COCO's
        keypoints; ``angle`` is the difference of two angles in degrees, modulo the symmetry of a
        rectangle. Of labels, ``rank`` is by how many places one moved among those that both
        report, and ``margin`` how much the lead of the best label over the second differs.
    """
    if not TASKS[task].has_boxes:
        return {"rank": _moves(pairs), "margin": _margins(reference, candidate, len(pairs))}
    ours, theirs = reference.at(pairs[:, 0]), candidate.at(pairs[:, 1])
    found: Measures = {}
    if ours.masks is not None and theirs.masks is not None:
        found |= _of_masks(ours.masks, theirs.masks)
    if ours.keypoints is not None and theirs.keypoints is not None:
        found |= _of_keypoints(ours, theirs)
    if ours.oriented is not None and theirs.oriented is not None:
        found["angle"] = _angles(ours.oriented, theirs.oriented)
    return found


def box_distances(reference: Detections, candidate: Detections, pairs: np.ndarray) -> np.ndarray:
    """Return how far the boxes of matched pairs are apart, (P,) float64 in image px.

    The largest difference of a coordinate; of oriented boxes the largest distance of a corner, the
    corners named so that it is least.
    """
    i, j = pairs[:, 0], pairs[:, 1]
    if reference.oriented is not None and candidate.oriented is not None:
        ours, theirs = reference.oriented[i], candidate.oriented[j]
        return corner_distances(*(corners_of(each.astype(np.float64)) for each in (ours, theirs)))
    distances = np.abs(reference.boxes[i].astype(np.float64) - candidate.boxes[j])
    largest: np.ndarray = distances.max(axis=1)
    return largest


def _moves(pairs: np.ndarray) -> np.ndarray:
    """Return by how many places the labels of pairs moved; both arms list them by falling score."""
    ranks = [column.argsort().argsort() for column in pairs.T]
    returned: np.ndarray = np.abs(ranks[0] - ranks[1]).astype(np.float64)
    return returned


def _margins(reference: Detections, candidate: Detections, pairs: int) -> np.ndarray:
    """Return how much two leads differ, for each pair the same; 0 unless both have two labels."""
    if min(len(reference), len(candidate)) < 2:
        return np.zeros(pairs)
    ours, theirs = (
        np.subtract(*each.scores[:2].astype(np.float64)) for each in (reference, candidate)
    )
    return np.full(pairs, abs(ours - theirs))


def on_one_grid(
    reference: Detections, candidate: Detections, image_shape: tuple[int, int]
) -> tuple[Detections, Detections]:
    """Return detections whose masks can be compared px by px.

    Masks in the sizes of two inputs lose the borders of the inputs; where the rest differs in size,
    too, the candidate's takes the size of the reference's (nearest neighbour).

    Parameters
    ----------
    reference, candidate : Detections
        What two arms report for the same image.
    image_shape : tuple of int
        Height and width of the image, px.
    """
    ours, theirs = reference.masks, candidate.masks
    if ours is None or theirs is None or ours.shape[1:] == theirs.shape[1:]:
        return reference, candidate
    ours, theirs = (masks[:, *image_part(masks.shape[1:], image_shape)] for masks in (ours, theirs))
    theirs = resampled(theirs, ours.shape[1:])
    return replace(reference, masks=ours), replace(candidate, masks=theirs)


def _of_masks(ours: np.ndarray, theirs: np.ndarray) -> Measures:
    columns = np.array(list(map(_of_mask, ours, theirs))).reshape(-1, 3).T
    return dict(zip(("mask", "boundary_px", "area"), columns, strict=True))


def _of_mask(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float, float]:
    if np.array_equal(ours, theirs):
        return 0.0, 0.0, 0.0
    rows, columns = np.nonzero(ours | theirs)
    part = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    one, other = (np.pad(each[part].astype(np.uint8), 1) for each in (ours, theirs))
    areas = int(one.sum()), int(other.sum())
    union = int((one | other).sum())
    iou = (sum(areas) - union) / union
    apart = max(_farthest(one, other), _farthest(other, one))
    return 1 - iou, apart, abs(areas[0] - areas[1]) / areas[0] if areas[0] else 1.0


def _farthest(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far a boundary px of one mask is from the boundary of another at most, px."""
    import cv2  # noqa: PLC0415  0.15 s, which planning need not wait for

    mine, yours = _boundary(one), _boundary(other)
    if not yours.any():
        return float(np.hypot(*one.shape))
    distances = cv2.distanceTransform(1 - yours, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(distances[mine > 0].max(initial=0.0))


def _boundary(mask: np.ndarray) -> np.ndarray:
    """Return the px of a mask that touch a px outside of it."""
    import cv2  # noqa: PLC0415

    outline: np.ndarray = mask - cv2.erode(mask, np.ones((3, 3), np.uint8))  # masks are padded
    return outline


def _of_keypoints(ours: Detections, theirs: Detections) -> Measures:
    one, other = (each.keypoints for each in (ours, theirs))
    if one is None or other is None or one.shape[1] != other.shape[1]:
        return {"keypoint_px": np.full(len(ours), np.inf)}
    distances = np.hypot(*np.moveaxis(one[..., :2].astype(np.float64) - other[..., :2], -1, 0))
    found = {"keypoint_px": distances.max(axis=1)}
    if min(one.shape[2], other.shape[2]) > 2:
        found["visibility"] = np.abs(one[..., 2].astype(np.float64) - other[..., 2]).max(axis=1)
    if one.shape[1] == len(COCO_SIGMAS):
        width, height = (ours.boxes[:, 2:] - ours.boxes[:, :2]).astype(np.float64).T
        area = np.maximum(np.abs(width * height), LEAST_AREA)[:, None]
        similar = np.exp(-(distances**2) / ((2 * COCO_SIGMAS) ** 2 * area * 2))
        found["oks"] = 1 - similar.mean(axis=1)
    return found


def _angles(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the differences of angles in degrees, at most 90 (45 where sides are swapped, too)."""
    apart = np.degrees(np.abs(ours[:, 4].astype(np.float64) - theirs[:, 4]))
    half_turn = apart % 180
    plain = np.minimum(half_turn, 180 - half_turn)
    swapped = np.abs(ours[:, 2:4] - theirs[:, 3:1:-1]).max(axis=1)
    straight = np.abs(ours[:, 2:4] - theirs[:, 2:4]).max(axis=1)
    quarter_turn = np.abs(plain - 90)
    returned: np.ndarray = np.where(swapped < straight, quarter_turn, plain)
    return returned
