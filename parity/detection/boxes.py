"""Conversions and overlaps of axis-aligned boxes."""

import numpy as np

LARGEST_FRACTION = 1.5
"""Boxes without a larger coordinate are read as fractions of the image; chosen: a box that crosses
the border exceeds 1, and no detector reports boxes within two pixels of the origin alone."""


def cxcywh_to_xyxy(boxes: np.ndarray) -> np.ndarray:
    """Convert centres and sides to corners, in the order of operations that Ultralytics uses.

    Parameters
    ----------
    boxes : (N, 4) float
        cx, cy, width, height; any unit and frame.

    Returns
    -------
    (N, 4) of the same dtype
        x1, y1, x2, y2 in the same unit and frame.
    """
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def xyxy_to_xywh(boxes: np.ndarray) -> np.ndarray:
    """Return x1, y1, width and height of x1, y1, x2, y2, (N, 4), in the same unit and dtype."""
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas of boxes; a box with a negative side has no area.

    Parameters
    ----------
    boxes : (N, 4) float
        x1, y1, x2, y2 in px.

    Returns
    -------
    (N,) float
        Areas in px².
    """
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    returned: np.ndarray = sides[:, 0] * sides[:, 1]
    return returned


def pairwise_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every box of one set with every box of another.

    Parameters
    ----------
    a : (N, 4) float
        x1, y1, x2, y2 in px.
    b : (M, 4) float
        x1, y1, x2, y2 in px.

    Returns
    -------
    (N, M) float64
        Entry [i, j] is the overlap of a[i] and b[j]; 0 where their union is empty or not finite.
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        corner1 = np.maximum(a[:, None, :2], b[None, :, :2])
        corner2 = np.minimum(a[:, None, 2:], b[None, :, 2:])
        sides = np.clip(corner2 - corner1, 0, None)
        intersection = sides[..., 0] * sides[..., 1]
        union = areas(a)[:, None] + areas(b)[None, :] - intersection
        usable = np.isfinite(union) & (union > 0)
        returned: np.ndarray = np.divide(
            intersection, union, out=np.zeros_like(union), where=usable
        )
        return returned
