"""The detections of one image."""

from dataclasses import dataclass
from typing import Any, Self

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

    def as_json(self) -> dict[str, list[Any]]:
        """Return plain lists; every number is the shortest that gives the same float32 back."""
        return {
            "boxes": [[float(str(side)) for side in box] for box in self.boxes],
            "scores": [float(str(score)) for score in self.scores],
            "class_ids": self.class_ids.tolist(),
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Return the detections of a record; a score that is not stated becomes NaN."""
        return cls(
            np.array(record["boxes"], np.float32).reshape(-1, 4),
            np.array(record["scores"], np.float32),
            np.array(record["class_ids"], np.int32),
        )
