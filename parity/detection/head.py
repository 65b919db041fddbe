"""What the end of a network leaves to be done."""

from dataclasses import dataclass
from typing import Literal

Fitted = Literal["letterbox", "top left", "stretch"]

END2END_ROWS = 300
"""Boxes that a head without NMS returns for an image, unless it is told otherwise."""


@dataclass(frozen=True)
class NetworkHead:
    """What the end of a network is, and what turns its predictions into detections."""

    task: str = "detect"
    """A key of :data:`parity.tasks.task.TASKS`."""
    finished: bool = False
    """Whether it returns finished boxes that need no NMS."""
    keypoint_shape: tuple[int, int] | None = None
    """Keypoints of an object, and numbers of a keypoint: x, y and, if three, visibility."""
    fitted: Fitted = "letterbox"
    """How images were fitted into the input: with a border around them, with a border at the right
    or below, or without keeping the aspect ratio; boxes are fractions then."""
    native_masks: bool = False
    """Whether masks are made in the size of the image (``retina_masks`` of Ultralytics) or of the
    input."""

    @property
    def clips(self) -> bool:
        """Whether detections end at the edges of the image: ``RTDETRPredictor`` does not clip."""
        return self.fitted != "stretch"
