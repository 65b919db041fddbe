"""Detection files: what an arm reports for a batch of images."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np

from parity.detection.candidate_files import BakedThresholds, ImageCandidates, NetworkRun
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.run_length import decode_masks, encode_masks

NOT_LISTED = "the external boxes do not list it"
"""Reason of an image that external boxes do not list, not even as one without objects."""


@dataclass(frozen=True)
class Thresholds:
    """What turns candidates into detections."""

    conf: float
    """Confidence threshold: a detection's score exceeds it."""
    iou: float
    """IoU threshold of non-maximum suppression."""
    max_det: int
    """Detections of an image, at most."""


NOT_ROUNDED = 6
"""Decimals that stand for so many or more: such numbers count as not rounded."""


@dataclass(frozen=True)
class Printed:
    """How external boxes were printed."""

    box_unit: Literal["px", "fraction"]
    """What coordinates were written in: px, or fractions of the image's sides."""
    box_decimals: int
    score_decimals: int
    """Decimals of coordinates, in their unit, and of scores; see :data:`NOT_ROUNDED`."""
    corner_error: float = 1.0
    """Largest error of a corner, in errors of the numbers: 2 where x2 is x1 + width."""
    of_shapes: bool = False
    """Whether boxes were not printed, so that those around masks or keypoints stand for them."""

    def box_px(self, height: int, width: int) -> tuple[float, float]:
        """Return the px of an image that one unit of the last decimal of x, and of y, stands for.

        Parameters
        ----------
        height, width : int
            Of the image, px.
        """
        step: float = 10.0**-self.box_decimals
        return (step * width, step * height) if self.box_unit == "fraction" else (step, step)


@dataclass(frozen=True)
class MadeBy:
    """What made the detections of an arm: a run of a network, or an external deployment.

    A network's have the fields of :class:`NetworkRun`, external boxes have ``source`` and those
    after it; None is what is not known.
    """

    arm: str
    names: dict[int, str]
    """The model's class names by id."""
    thresholds: Thresholds | None = None
    """What the candidates went through."""
    model_sha256: str | None = None
    imgsz: tuple[int, int] | None = None
    rect: bool | None = None
    head: NetworkHead | None = None
    floor: float | None = None
    threads: int | None = None
    versions: dict[str, str] | None = None
    baked: BakedThresholds | None = None
    device: str | None = None
    runtime: str | None = None
    provider: str | None = None
    providers: tuple[str, ...] | None = None
    source: str | None = None
    """The file or folder that the boxes were read from."""
    declared: dict[str, float | str | list[int] | None] | None = None
    """What the user says of the deployment, see :class:`parity.external.observations.Declared`."""
    notes: list[str] | None = None
    """One sentence for everything that was inferred when reading."""
    labels: dict[int, str] | None = None
    """Labels that the model does not know, by the ids given to them."""
    printed: Printed | None = None
    """How coordinates and scores were printed; None where there is no box."""
    unread: str | None = None
    """Why the boxes could not be read; every image then counts as not listed."""

    @classmethod
    def network(cls, arm: str, thresholds: Thresholds, run: NetworkRun) -> Self:
        """Return what made the detections of an arm that runs a network."""
        return cls(arm=arm, thresholds=thresholds, **vars(run))


@dataclass(frozen=True, slots=True)
class ImageDetections:
    """What a detections file holds of one image."""

    name: str
    """Path below the images' root."""
    sha256: str
    """Digest of the image file."""
    height: int
    width: int
    """Of the decoded image, px; 0 if it could not be read."""
    reason: str
    """Why there is nothing of it: it could not be read, or :data:`NOT_LISTED`; empty otherwise."""
    non_finite: int
    """Numbers of the raw output that were NaN or infinite."""
    boxes: list[list[float]]
    scores: list[float | None]
    class_ids: list[int]
    """See :class:`Detections`; a score that is not stated is None."""
    mask_shape: tuple[int, int] | None = None
    """Height and width of the masks, px."""
    masks: list[str] | None = None
    """Run lengths of each mask, as COCO writes them compressed."""
    keypoints: list[list[list[float]]] | None = None
    oriented: list[list[float]] | None = None
    """See :class:`Detections`."""

    @classmethod
    def of(cls, image: ImageCandidates, found: Detections) -> Self:
        """Return the record of an image; every number is the shortest that gives its float32."""
        height, width = image.image_shape
        masks, keypoints = found.masks, found.keypoints
        return cls(
            name=image.name,
            sha256=image.sha256,
            height=height,
            width=width,
            reason=image.reason,
            non_finite=image.non_finite,
            boxes=_shortest(found.boxes),
            scores=_shortest(found.scores),
            class_ids=found.class_ids.tolist(),
            mask_shape=None if masks is None else (masks.shape[1], masks.shape[2]),
            masks=None if masks is None else encode_masks(masks),
            keypoints=None if keypoints is None else _shortest(keypoints),
            oriented=None if found.oriented is None else _shortest(found.oriented),
        )

    def arrays(self) -> Detections:
        """Return the detections as arrays; a score that is not stated becomes NaN."""
        return Detections(
            np.array(self.boxes, np.float32).reshape(-1, 4),
            np.array(self.scores, np.float32),
            np.array(self.class_ids, np.int32),
            None if self.masks is None else decode_masks(self.masks, self.mask_shape),
            None if self.keypoints is None else _points(self.keypoints),
            None if self.oriented is None else np.array(self.oriented, np.float32).reshape(-1, 5),
        )


def _points(keypoints: list[list[list[float]]]) -> np.ndarray:
    """Return keypoints as (N, K, 2 or 3) float32; where there are none, K is unknown and 0."""
    return np.array(keypoints, np.float32) if keypoints else np.zeros((0, 0, 3), np.float32)


def _shortest(values: np.ndarray) -> Any:
    """Return float32 numbers as nested lists, each the shortest that gives it."""
    if values.ndim > 1:
        return [_shortest(each) for each in values]
    return [float(str(value)) for value in values]


@dataclass(frozen=True)
class DetectionBatch:
    """All detections of a batch of images and what made them: a detections file."""

    SCHEMA: ClassVar[str] = "detections/1"

    made_by: MadeBy
    """The arm, the model and the thresholds."""
    images: list[ImageDetections]
    """One entry per image, unreadable ones included, in the order of the batch."""
