"""What is labelled: the objects of an image, and the images of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Rle = dict[str, Any]
"""A mask as COCO writes it, compressed: ``size``, height and width in px, and ``counts``."""


@dataclass(frozen=True)
class LabelledObject:
    """One labelled object.

    Attributes
    ----------
    box : tuple of float
        x1, y1, x2, y2 in px of the image.
    area : float
        px²; of the object's outline where it is known, otherwise of its box.
    class_id : int
        Index into the model's names.
    crowd : bool
        Whether it is a crowd, whose objects are not counted one by one.
    mask : Rle or None
        In the size of the image.
    keypoints : (K, 3) float64 or None
        x and y in px of the image, and 0 where the keypoint is not labelled.
    oriented : (5,) float64 or None
        cx, cy, width and height in px of the image, and the angle in radians, from the x axis
        towards the y axis.
    """

    box: tuple[float, float, float, float]
    area: float
    class_id: int = 0
    crowd: bool = False
    mask: Rle | None = None
    keypoints: np.ndarray | None = None
    oriented: np.ndarray | None = None


@dataclass(frozen=True)
class Truth:
    """The labelled objects of one image.

    Attributes
    ----------
    boxes : (N, 4) float64
        x1, y1, x2, y2 in px of the image.
    class_ids : (N,) int64
        Index into the model's names.
    areas : (N,) float64
        px²; of the object's outline where it is known, otherwise of its box.
    crowd : (N,) bool
        Whether a box surrounds a crowd, whose objects are not counted one by one.
    masks : list of Rle
        Of objects whose task has masks.
    keypoints : (N, K, 3) float64 or None
        See :class:`LabelledObject`.
    oriented : (N, 5) float64 or None
        See :class:`LabelledObject`.
    """

    boxes: np.ndarray
    class_ids: np.ndarray
    areas: np.ndarray
    crowd: np.ndarray
    masks: list[Rle] | None = None
    keypoints: np.ndarray | None = None
    oriented: np.ndarray | None = None

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
    """The labels of a run's images.

    Attributes
    ----------
    images : dict of str to Truth
        By name of the image; images that the labels do not list are not in it.
    notes : list of str
        Sentences on what was left out.
    """

    images: dict[str, Truth]
    notes: list[str]
