"""How well scores and classes fit, wherever the boxes lie."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from parity.detection.detections import Detections
from parity.diagnosis.evidence.score_logits import MOST_DIFFERENT, logit
from parity.external.observations import Observed

OTHER_CLASS = 1.0
"""Cost of a pair of different classes, in units of logits; chosen."""

LOST, ADDED = 2.5, 0.3
"""Costs of an observed box that is not given, and of one that is given and not observed, in the
same units; chosen: half the boxes may be withheld, and where nothing is given, nothing fits."""


def placeless_misfit(predicted: Detections, observed: Observed) -> float:
    """Return how badly the scores and classes of an image fit, in units of logits.

    Where the geometry is unknown, boxes cannot be paired by their places, but what an input does to
    all scores, such as another order of the colours, shows without them.

    Parameters
    ----------
    predicted : Detections
        What a hypothesis gives.
    observed : Observed
        What was seen.
    """
    apart = np.abs(logit(predicted.scores)[:, None] - logit(observed.scores)[None])
    costs = np.minimum(np.nan_to_num(apart), MOST_DIFFERENT)
    costs += OTHER_CLASS * (predicted.class_ids[:, None] != observed.class_ids[None])
    costs = np.minimum(costs, LOST)
    rows, columns = linear_sum_assignment(costs)
    lost, added = len(observed) - len(rows), len(predicted) - len(rows)
    return float(costs[rows, columns].sum()) + LOST * lost + ADDED * added
