"""Telling that scores were cut to their last digit, as where whole per cent are printed."""

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.evidence.cost import CostModel
from parity.external.observations import decimals

MOST_DECIMALS = 3
"""Decimals of scores that people cut; chosen: with more of them, nobody would see it."""

LEAST_CUT = 8
"""Boxes that must show it, at least; chosen."""

SHARE_CUT = 0.95
"""Share of scores whose digits are what is left when the predicted ones are cut; chosen."""

SHARE_NOT_ROUNDED = 0.2
"""Share of scores that would have been rounded up; chosen: half of them are expected."""


def may_scores_be_cut(cost_model: CostModel) -> bool:
    """Return whether scores have so few decimals that cutting them would show."""
    return not cost_model.cut_scores and 0 < _decimals(cost_model) <= MOST_DECIMALS


def are_scores_cut(cost_model: CostModel, best: Pipeline) -> bool:
    """Return whether the scores of the boxes that a hypothesis reproduces were cut, not rounded.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes, whose scores may be cut.
    best : Pipeline
        The hypothesis.
    """
    count = _decimals(cost_model)
    more = [np.zeros(0)]
    for name in cost_model.names:
        fit = cost_model.goodness_of_fit(best, name)
        own, seen = fit.pairs[(fit.box_excess == 0) & fit.same_class].T
        predicted = cost_model.predicted(best, name).scores[own].astype(np.float64)
        more.append((predicted - cost_model.observed[name].scores[seen]) * 10.0**count)
    units = np.concatenate(more)
    margin = cost_model.precision.score * 10.0**count - 0.5
    cut = (units > -margin) & (units < 1 + margin)
    return bool(
        len(units) >= LEAST_CUT
        and cut.mean() >= SHARE_CUT
        and (units > 0.5 + margin).mean() >= SHARE_NOT_ROUNDED
    )


def _decimals(cost_model: CostModel) -> int:
    """Return how many decimals the observed scores have."""
    scores = np.concatenate([np.zeros(0), *(o.scores for o in cost_model.observed.values())])
    return decimals(scores)
