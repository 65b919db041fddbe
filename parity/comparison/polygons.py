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
    areas = [np.array([area(each) for each in polygons]) for polygons in (ours, theirs)]
    low = [each.min(axis=1) for each in (ours, theirs)]
    high = [each.max(axis=1) for each in (ours, theirs)]
    near = (low[0][:, None] < high[1]) & (low[1] < high[0][:, None])
    for i, j in np.argwhere(near.all(axis=2)):
        common = area(clip(ours[i], theirs[j]))
        union = areas[0][i] + areas[1][j] - common
        overlap[i, j] = common / union if union > 0 else 0.0
    return overlap


def area(polygon: np.ndarray) -> float:
    """Return the area of a polygon, (K, 2), whatever the sense of its corners."""
    if len(polygon) < 3:
        return 0.0
    x, y = (polygon - polygon[0]).T  # near the origin, so that few digits cancel
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def clip(polygon: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return the part of a convex polygon that lies within another (Sutherland and Hodgman 1974).

    Parameters
    ----------
    polygon, window : (K, 2) and (L, 2) float64
        Corners in order.

    Returns
    -------
    (J, 2) float64
        Corners in order; empty where the two do not meet.
    """
    centre = window.mean(axis=0)
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        if not len(polygon):
            break
        along = end - start
        normal = np.array([-along[1], along[0]])
        if (centre - start) @ normal < 0:
            normal = -normal
        polygon = _cut(polygon, (polygon - start) @ normal)
    return polygon


def _cut(polygon: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the part of a polygon whose corners have a distance of at least 0 from a line."""
    kept = []
    following = np.roll(polygon, -1, axis=0), np.roll(inside, -1)
    for corner, distance, after, next_distance in zip(polygon, inside, *following, strict=True):
        if distance >= 0:
            kept.append(corner)
        if (distance >= 0) != (next_distance >= 0):
            kept.append(corner + (after - corner) * (distance / (distance - next_distance)))
    return np.array(kept).reshape(-1, 2)
