"""Telling that only the first boxes above the threshold take part in suppression."""

from bisect import bisect_left

from parity.deployment.pipeline import Pipeline
from parity.deployment.thresholds import passing
from parity.diagnosis.catalogue.nms import first_candidates
from parity.diagnosis.evidence.cost import CostModel

LIMITS = (
    *(10, 16, 20, 25, 30, 32, 40, 50, 60, 64, 75, 80, 100, 120, 128, 150, 200, 256, 300, 400, 500),
    *(512, 600, 800, 1000, 1024, 2000, 2048),
)
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
    limits = [limit for limit in LIMITS if least <= limit < most]

    def misfit(limit: int | None) -> float:
        return cost_model.misfit(pipeline.replace(first_candidates=limit))

    best = min([None, *limits], key=misfit)
    if best is None:
        return None
    wanted = misfit(best)
    below = max((limit for limit in limits if limit < best), default=0)
    above = next((each for each in limits if each > best and misfit(each) != wanted), most)
    low = below + 1 + bisect_left(range(below + 1, best), True, key=lambda n: misfit(n) == wanted)
    high = best + bisect_left(range(best + 1, above), True, key=lambda n: misfit(n) != wanted)
    fault = first_candidates(best, (low, high))
    cost_model.add_fitted_fault(fault)
    return fault.inject_into(pipeline)
