"""The detections of one image."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Detections:
    """What an arm reports for one image.

    Attributes
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2 in px of the original image, origin at its top left.
    scores : (N,) float32
        In (0, 1], falling.
    class_ids : (N,) int32
        Index into the model's names.
    """

    boxes: np.ndarray
    scores: np.ndarray
    class_ids: np.ndarray

    def __len__(self) -> int:
        """Return the number of detections."""
        return len(self.scores)

    def equals(self, other: "Detections") -> bool:
        """Return whether all numbers of some other detections are the same, in the same order."""
        return (
            np.array_equal(self.boxes, other.boxes)
            and np.array_equal(self.scores, other.scores)
            and np.array_equal(self.class_ids, other.class_ids)
        )
