"""Scores on the scale of logits, on which the effects of faults add up."""

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.evidence.cost import CostModel

LEAST_SCORE = 1e-4
"""Distance of a score from 0 and 1 when its logit is taken; chosen."""

MOST_DIFFERENT = 2.0
"""Difference of logits that counts at most; chosen."""


def logit(scores: np.ndarray) -> np.ndarray:
    """Return log(s / (1 - s)) of scores, which are kept away from 0 and 1."""
    clipped = np.clip(np.asarray(scores, np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    return np.asarray(np.log(clipped / (1 - clipped)))


def disagreement(logits: np.ndarray, wanted: np.ndarray) -> float:
    """Return the mean difference of logits, each at most :data:`MOST_DIFFERENT`."""
    apart = np.nan_to_num(np.abs(logits - wanted), nan=MOST_DIFFERENT)
    return float(np.minimum(apart, MOST_DIFFERENT).mean()) if len(apart) else 0.0


def observed_logits(cost_model: CostModel, pipeline: Pipeline, name: str) -> np.ndarray:
    """Return the logits that a pipeline gives to the observed boxes of an image.

    Returns
    -------
    (N,) float64
        NaN for a box that it does not give.
    """
    fit = cost_model.goodness_of_fit(pipeline, name)
    scores = cost_model.predicted(pipeline, name).scores
    found = np.full(fit.observed, np.nan)
    found[fit.pairs[:, 1]] = logit(scores[fit.pairs[:, 0]])
    return found
