"""Thresholds: which scores pass, and how many boxes are kept."""

from dataclasses import dataclass

import numpy as np

from parity.deployment.stage import Choices


@dataclass(frozen=True)
class ThresholdChoices(Choices):
    """The thresholds of a deployment.

    Attributes
    ----------
    conf : float
        Confidence that a score must exceed.
    conf_inclusive : bool
        Whether a score may equal it.
    iou : float
        Largest IoU of two boxes that NMS keeps.
    max_det : int
        Detections kept at most.
    """

    conf: float = 0.25
    conf_inclusive: bool = False
    iou: float = 0.7
    max_det: int = 300


def passing(choices: ThresholdChoices, scores: np.ndarray) -> np.ndarray:
    """Return the indices of the scores, (N,) float32, that the confidence threshold lets pass."""
    conf = np.float32(choices.conf)
    return np.flatnonzero(scores >= conf if choices.conf_inclusive else scores > conf)
