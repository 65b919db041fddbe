"""The detections of one image."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from parity.detection.keypoints import boxes_around_points
from parity.detection.masks import boxes_around


@dataclass(frozen=True)
class Detections:
    """What an arm reports for one image."""

    boxes: np.ndarray
    """(N, 4) float32. x1, y1, x2, y2 in px of the original image, origin at its top left. The hull
    of an oriented box; the whole image for a label of classification."""
    scores: np.ndarray
    """(N,) float32. In (0, 1], falling."""
    class_ids: np.ndarray
    """(N,) int32. Index into the model's names."""
    masks: np.ndarray | None = None
    """(N, h, w) uint8 or None. 1 where an object is; in the size of the image, or of the network's
    input with its border."""
    keypoints: np.ndarray | None = None
    """(N, K, 2 or 3) float32 or None. x and y in px of the original image and, if three, visibility
    in [0, 1]."""
    oriented: np.ndarray | None = None
    """(N, 5) float32 or None. cx, cy, width, height in px of the original image and the angle in
    radians, from the x axis towards the y axis."""

    def __len__(self) -> int:
        """Return the number of detections."""
        return len(self.scores)

    def at(self, indices: np.ndarray) -> Self:
        """Return some of the detections, in the order of their indices."""
        columns = {name: value for name, value in vars(self).items() if value is not None}
        return replace(self, **{name: value[indices] for name, value in columns.items()})

    def around_shapes(self, image_shape: tuple[int, int]) -> Self:
        """Return the detections with the boxes around their masks, or around their keypoints.

        Parameters
        ----------
        image_shape : tuple of int
            Height and width of the image, px.
        """
        if self.masks is not None:
            return replace(self, boxes=boxes_around(self.masks, image_shape))
        if self.keypoints is not None:
            return replace(self, boxes=boxes_around_points(self.keypoints))
        return self

    def equals(self, other: "Detections") -> bool:
        """Return whether all numbers of some other detections are the same, in the same order."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return all(one is another or np.array_equal(one, another) for one, another in pairs)
