"""Telling that only the first boxes above the threshold take part in suppression."""

from parity.deployment.pipeline import Pipeline
from parity.deployment.thresholds import passing
from parity.diagnosis.catalogue.nms import first_candidates
from parity.diagnosis.evidence.cost import CostModel

LIMITS = (16, 20, 25, 32, 50, 64, 100, 128, 150, 200, 256, 300, 500, 512, 1000, 1024)
"""Numbers of boxes for which programs have room; chosen: powers of two and round numbers."""


def fit_first_candidates(cost_model: CostModel, pipeline: Pipeline) -> Pipeline | None:
    """Return a pipeline whose suppression is given so many boxes at most, if that is better.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations; the limit becomes one of its faults.
    pipeline : Pipeline
        Its input, decoding and rescaling are right.
    """
    if "first_candidates" not in cost_model.replayer.task.choices:
        return None
    seen = cost_model.observed
    given = [cost_model.replayer.candidates(pipeline, name).scores for name in cost_model.names]
    most = max(len(passing(pipeline, scores)) for scores in given)
    least = max(len(observed) for observed in seen.values())
    options = [pipeline.replace(first_candidates=n) for n in LIMITS if least <= n < most]
    best = min([pipeline, *options], key=cost_model.misfit)
    if best.first_candidates is None:
        return None
    cost_model.add_fitted_fault(first_candidates(best.first_candidates))
    return best
