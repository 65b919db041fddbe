"""Overlaps and distances of convex polygons."""

import numpy as np


def corner_distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return how far the corners of rectangles are apart.

    A rectangle has no first corner: of the four ways to turn the names, and both senses, the one
    counts whose largest distance is least.

    Parameters
    ----------
    ours, theirs : (P, 4, 2) float64
        Corners in order around each rectangle, px.

    Returns
    -------
    (P,) float64
        The largest distance of a corner along x or y, px.
    """
    senses = (theirs, theirs[:, ::-1])
    ways = [np.roll(sense, turn, axis=1) for sense in senses for turn in range(4)]
    apart = [np.abs(ours - way).max(axis=(1, 2)) for way in ways]
    least: np.ndarray = np.min(apart, axis=0)
    return least


AT_ONCE = 20_000
"""Pairs that are clipped at once: bounds the memory, not the result."""


def pairwise_overlap(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the IoU of convex polygons by clipping one with the other.

    Parameters
    ----------
    ours, theirs : (N, 4, 2) and (M, 4, 2) float64
        Corners in order around each polygon, px.

    Returns
    -------
    (N, M) float64
        0 where a polygon has no area.
    """
    overlap = np.zeros((len(ours), len(theirs)))
    low = [each.min(axis=1) for each in (ours, theirs)]
    high = [each.max(axis=1) for each in (ours, theirs)]
    near = (low[0][:, None] < high[1]) & (low[1] < high[0][:, None])
    pairs = np.argwhere(near.all(axis=2))
    for first in range(0, len(pairs), AT_ONCE):
        i, j = pairs[first : first + AT_ONCE].T
        common = area(clip(ours[i], theirs[j]))
        union = area(ours)[i] + area(theirs)[j] - common
        overlap[i, j] = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return overlap


def area(polygons: np.ndarray) -> np.ndarray:
    """Return the areas of polygons, (P, K, 2), whatever the sense of their corners, (P,)."""
    x, y = np.moveaxis(polygons - polygons[:, :1], -1, 0)  # near the origin: few digits cancel
    doubled = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)
    returned: np.ndarray = np.abs(doubled) / 2
    return returned


def clip(polygons: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Return the parts of convex polygons that lie within others (Sutherland and Hodgman 1974).

    Parameters
    ----------
    polygons, windows : (P, K, 2) and (P, L, 2) float64
        Corners in order.

    Returns
    -------
    (P, K + 2 L, 2) float64
        Corners in order, the first one repeated; all of them equal where the two do not meet.
    """
    centre = windows.mean(axis=1)
    for start, end in zip(
        np.moveaxis(windows, 1, 0), np.moveaxis(np.roll(windows, -1, axis=1), 1, 0), strict=True
    ):
        along = end - start
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
        inwards = np.where(((centre - start) * normal).sum(axis=1) < 0, -1.0, 1.0)
        normal *= inwards[:, None]
        distances = ((polygons - start[:, None]) * normal[:, None]).sum(axis=2)
        polygons = _cut_all(polygons, distances)
    return polygons


def _cut_all(polygons: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Return the parts of polygons, (P, K, 2), that a line leaves.

    Distances from it, (P, K), are not negative there. Rounding makes a line cross a polygon at most
    four times, so two corners more are enough.
    """
    after, next_distances = np.roll(polygons, -1, axis=1), np.roll(distances, -1, axis=1)
    inside = distances >= 0
    crossed = inside != (next_distances >= 0)
    share = np.divide(
        distances, distances - next_distances, out=np.zeros_like(distances), where=crossed
    )
    crossings = polygons + (after - polygons) * share[..., None]
    count, corners, _ = polygons.shape
    slots = np.stack([polygons, crossings], axis=2).reshape(count, 2 * corners, 2)
    used = np.stack([inside, crossed], axis=2).reshape(count, 2 * corners)
    order = np.argsort(~used, axis=1, kind="stable")[:, : corners + 2]
    kept = np.take_along_axis(slots, order[..., None], axis=1)
    return np.where(np.take_along_axis(used, order, axis=1)[..., None], kept, kept[:, :1])
