"""Thresholds: which scores pass, and how many boxes are kept."""

from dataclasses import dataclass

import numpy as np

from parity.deployment.stage import Choices


@dataclass(frozen=True)
class ThresholdChoices(Choices):
    """The thresholds of a deployment."""

    conf: float = 0.25
    """Confidence that a score must exceed."""
    conf_inclusive: bool = False
    """Whether a score may equal it."""
    iou: float = 0.7
    """Largest IoU of two boxes that NMS keeps."""
    max_det: int = 300
    """Detections kept at most."""


def passing(choices: ThresholdChoices, scores: np.ndarray) -> np.ndarray:
    """Return the indices of the scores, (N,) float32, that the confidence threshold lets pass."""
    conf = np.float32(choices.conf)
    return np.flatnonzero(scores >= conf if choices.conf_inclusive else scores > conf)
