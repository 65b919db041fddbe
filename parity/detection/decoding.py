"""Turning the network's raw output into candidates."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Candidates:
    """The predictions of one image above the floor, before NMS, in anchor order.

    Attributes
    ----------
    boxes : (N, 4) float32
        cx, cy, width, height in input px; x1, y1, x2, y2 from an end-to-end head.
    scores : (N,) float32
        Score of the best class, in (0, 1].
    class_ids : (N,) int32
        The best class.
    """

    boxes: np.ndarray
    scores: np.ndarray
    class_ids: np.ndarray

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.scores)


EMPTY = Candidates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32))


def decode(raw: np.ndarray, floor: float) -> Candidates:
    """Keep the anchors whose best class scores above a floor.

    Parameters
    ----------
    raw : (4 + classes, anchors) float32
        Rows 0 to 3 are cx, cy, width, height in input px, the others scores after the sigmoid, as
        the heads of YOLOv8 and later give them.
    floor : float
        The comparison is strict, as in Ultralytics.
    """
    best = raw[4:].max(axis=0)
    kept = np.flatnonzero(best > np.float32(floor))
    class_ids = raw[4:, kept].argmax(axis=0).astype(np.int32)
    return Candidates(np.ascontiguousarray(raw[:4, kept].T), best[kept], class_ids)


def decode_end2end(raw: np.ndarray, floor: float) -> Candidates:
    """Keep the rows of an end-to-end output that score above a floor.

    Parameters
    ----------
    raw : (rows, 6) float32
        x1, y1, x2, y2 in input px, score, class id; a row per box, after NMS.
    floor : float
        The comparison is strict, as in Ultralytics.
    """
    rows = raw[raw[:, 4] > np.float32(floor)]
    return Candidates(rows[:, :4].copy(), rows[:, 4].copy(), rows[:, 5].astype(np.int32))
