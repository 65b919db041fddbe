"""What an arm is measured by, and what is measured of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.accuracy.bootstrap import Draws
from parity.accuracy.results import ArmAccuracy, Fate
from parity.detection.candidate_files import CandidateBatch, ImageCandidates, NetworkRun
from parity.detection.detection_files import DetectionBatch, ImageDetections
from parity.detection.head import NetworkHead
from parity.documents import load
from parity.integrity import of_other_images
from parity.labels.truth import Labels


@dataclass(frozen=True)
class ArmFiles:
    """The files of an arm."""

    arm: str
    candidates: Sequence[str]
    detections: Sequence[str]
    """Paths."""

    def candidates_of(self, labels: Labels) -> Iterator[tuple[NetworkRun, ImageCandidates]]:
        """Yield the candidates of labelled images, and what made them.

        Raises
        ------
        UserError
            If labelled images are missing.
        """
        seen = set()
        for path in self.candidates:
            batch = CandidateBatch.load(path)
            for image in batch.images:
                if image.name in labels.images:
                    seen.add(image.name)
                    yield batch.made_by, image
        if seen != set(labels.images):
            raise of_other_images(f"the candidates of {self.arm} and the labels")

    def detections_of(self, labels: Labels) -> Iterator[ImageDetections]:
        """Yield the detections in labelled images."""
        for path in self.detections:
            for image in load(path, DetectionBatch).images:
                if image.name in labels.images:
                    yield image


@dataclass(frozen=True)
class Yardstick:
    """What all arms of a model are measured by."""

    labels: Labels
    """Of I images."""
    head: NetworkHead
    """What the end of the model is."""
    names: Mapping[int, str]
    weights: np.ndarray
    """(B, I) int64. How often each draw of the bootstrap counts each image."""
    iou: float
    """IoU threshold of the suppression before precision is averaged."""


@dataclass(frozen=True)
class MeasuredArm:
    """What was measured of an arm."""

    accuracy: ArmAccuracy
    """What is reported of it."""
    draws: Draws
    """Its metrics for draws of the images."""
    fates: dict[str, list[Fate]]
    """What became of each object, by image."""
