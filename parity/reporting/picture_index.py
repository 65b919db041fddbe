"""The list of the pictures that ``annotate`` drew, with what they show."""

from dataclasses import dataclass, field
from typing import ClassVar

from parity.comparison.differences import ImageComparison
from parity.detection.detection_files import ImageDetections

PICTURE_INDEX = "pictures.json"
"""Name of the list in the folder of the pictures."""


@dataclass(frozen=True)
class PicturedImage:
    """An image and its pictures."""

    name: str
    arms: dict[str, ImageDetections]
    comparisons: dict[str, ImageComparison]
    """The comparisons that are beyond their tolerance on this image."""
    annotated: str = ""
    """File of the picture of every arm; empty if the image cannot be drawn."""
    differences: dict[str, str] = field(default_factory=dict)
    """File of the picture of each of those comparisons; two may share one."""


@dataclass(frozen=True)
class PictureIndex:
    """The pictures of a model, the worst image first."""

    SCHEMA: ClassVar[str] = "pictures/1"

    model: str
    images: list[PicturedImage]
