"""What is labelled: the objects of an image, and the images of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Rle = dict[str, Any]
"""A mask as COCO writes it, compressed: ``size``, height and width in px, and ``counts``."""


@dataclass(frozen=True)
class LabelledObject:
    """One labelled object."""

    box: tuple[float, float, float, float]
    """x1, y1, x2, y2 in px of the image."""
    area: float
    """px²; of the object's outline where it is known, otherwise of its box."""
    class_id: int = 0
    """Index into the model's names."""
    crowd: bool = False
    """Whether it is a crowd, whose objects are not counted one by one."""
    mask: Rle | None = None
    """In the size of the image."""
    keypoints: np.ndarray | None = None
    """(K, 3) float64 or None. x and y in px of the image, and 0 where the keypoint is not
    labelled."""
    oriented: np.ndarray | None = None
    """(5,) float64 or None. cx, cy, width and height in px of the image, and the angle in radians,
    from the x axis towards the y axis."""


@dataclass(frozen=True)
class Truth:
    """The labelled objects of one image."""

    boxes: np.ndarray
    """(N, 4) float64. x1, y1, x2, y2 in px of the image."""
    class_ids: np.ndarray
    """(N,) int64. Index into the model's names."""
    areas: np.ndarray
    """(N,) float64. px²; of the object's outline where it is known, otherwise of its box."""
    crowd: np.ndarray
    """(N,) bool. Whether a box surrounds a crowd, whose objects are not counted one by one."""
    masks: list[Rle] | None = None
    """Of objects whose task has masks."""
    keypoints: np.ndarray | None = None
    """(N, K, 3) float64 or None. See :class:`LabelledObject`."""
    oriented: np.ndarray | None = None
    """(N, 5) float64 or None. See :class:`LabelledObject`."""

    @classmethod
    def of(cls, objects: Sequence[LabelledObject]) -> "Truth":
        """Return objects as arrays."""
        masks, keypoints, oriented = (
            [value for each in objects if (value := getattr(each, name)) is not None]
            for name in ("mask", "keypoints", "oriented")
        )
        return cls(
            np.array([each.box for each in objects], np.float64).reshape(-1, 4),
            np.array([each.class_id for each in objects], np.int64),
            np.array([each.area for each in objects], np.float64),
            np.array([each.crowd for each in objects], bool),
            masks or None,
            np.stack(keypoints) if keypoints else None,
            np.stack(oriented) if oriented else None,
        )

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.class_ids)


@dataclass(frozen=True)
class Labels:
    """The labels of a run's images."""

    images: dict[str, Truth]
    """By name of the image; images that the labels do not list are not in it."""
    notes: list[str]
    """Sentences on what was left out."""
