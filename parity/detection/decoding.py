"""Turning the network's raw output into candidates."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

NO_EXTRAS = np.zeros((0, 0), np.float32)
NO_PROTOTYPES = np.zeros((0, 0, 0), np.float32)


@dataclass(frozen=True)
class Candidates:
    """The predictions of one image above the floor, before NMS, in anchor order."""

    boxes: np.ndarray
    """(N, 4) float32. cx, cy, width, height in input px. Finished boxes are x1, y1, x2, y2, unless
    they are oriented."""
    scores: np.ndarray
    """(N,) float32. Score of the best class, in (0, 1]."""
    class_ids: np.ndarray
    """(N,) int32. The best class."""
    extras: np.ndarray = field(default_factory=lambda: NO_EXTRAS)
    """(N, E) float32. What a task adds to each prediction: mask coefficients, keypoints, or an
    angle."""
    prototypes: np.ndarray = field(default_factory=lambda: NO_PROTOTYPES)
    """(M, h, w) float32. Prototypes of masks, which belong to the image; none but in
    segmentation."""

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.scores)

    def at(self, indices: np.ndarray) -> Self:
        """Return some of the candidates, in the order of their indices."""
        extras = self.extras[indices] if self.extras.size else self.extras
        return replace(
            self,
            boxes=self.boxes[indices],
            scores=self.scores[indices],
            class_ids=self.class_ids[indices],
            extras=extras,
        )


EMPTY = Candidates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32))


def decode(raw: np.ndarray, floor: float, classes: int | None = None) -> Candidates:
    """Keep the anchors whose best class scores above a floor.

    Parameters
    ----------
    raw : (4 + classes + E, anchors) float32
        Rows 0 to 3 are cx, cy, width, height in input px, then scores after the sigmoid, as the
        heads of YOLOv8 and later give them, then what the task adds.
    floor : float
        The comparison is strict, as in Ultralytics.
    classes : int, optional
        Rows of scores; all that follow the box by default.
    """
    end = len(raw) if classes is None else 4 + classes
    scores = raw[4:end]
    best = scores.max(axis=0)
    kept = np.flatnonzero(best > np.float32(floor))
    return Candidates(
        np.ascontiguousarray(raw[:4, kept].T),
        best[kept],
        scores[:, kept].argmax(axis=0).astype(np.int32),
        np.ascontiguousarray(raw[end:, kept].T) if end < len(raw) else NO_EXTRAS,
    )


def decode_finished(raw: np.ndarray, floor: float) -> Candidates:
    """Keep the rows of an end-to-end output that score above a floor.

    Parameters
    ----------
    raw : (rows, 6 + E) float32
        x1, y1, x2, y2 in input px, or in fractions of it where images are stretched (oriented
        boxes: cx, cy, width, height), score, class id, then what the task adds; a row per box,
        after NMS.
    floor : float
        The comparison is strict, as in Ultralytics.
    """
    rows = raw[raw[:, 4] > np.float32(floor)]
    return Candidates(
        rows[:, :4].copy(),
        rows[:, 4].copy(),
        rows[:, 5].astype(np.int32),
        rows[:, 6:].copy() if raw.shape[1] > 6 else NO_EXTRAS,
    )
