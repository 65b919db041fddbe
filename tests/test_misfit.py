"""What boxes cost that do not fit."""

import numpy as np

from parity.detection.detections import Detections
from parity.diagnosis.evidence.misfit import UNEXPLAINED, Precision, fit_boxes
from parity.external.observations import Observed

BOX = np.array([[10.0, 20.0, 90.0, 140.0]])
POINTS = np.array([[[30.0, 40.0, 0.9], [50.0, 60.0, 0.8]]])
CLASS = np.zeros(1, np.int64)


def cost_of(px: float, score: float, points: np.ndarray) -> float:
    predicted = Detections(BOX + px, np.array([0.8 + score]), CLASS, keypoints=points)
    observed = Observed(BOX, np.array([0.8]), CLASS, keypoints=POINTS)
    return fit_boxes(predicted, observed, Precision(box=0.01, score=6e-5)).cost


def test_a_box_with_another_shape_is_better_than_none() -> None:
    assert cost_of(0.0, 0.0, POINTS) == 0
    assert 0 < cost_of(0.0, 0.0, POINTS + 9) < cost_of(3.0, 0.03, POINTS) < UNEXPLAINED
    assert cost_of(3.0, 0.03, POINTS) < cost_of(3.0, 0.03, POINTS - 500) < UNEXPLAINED
