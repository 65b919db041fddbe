"""Masks that are mostly wrong: pairs of faults, and the probability that their px must exceed."""

from itertools import combinations

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.masks import other_mask_probability
from parity.diagnosis.evidence.cost import CostModel

MASKS_RIGHT, LEAST_MASKS = 0.5, 2
"""Share of objects whose masks are right, of those whose boxes are, from which single faults of
masks show; and objects of the image by which others are judged, at least; chosen."""

MOST_PAIRS = 6
"""Pairs of faults that are returned, at most; chosen."""

PERCENT, USUAL_STEP = 100, 5
"""Units of a probability that are told apart, and the step in which people choose one; chosen."""


def where_masks_are_wrong(cost_model: CostModel, pipeline: Pipeline) -> list[Pipeline]:
    """Return a pipeline with what may explain masks that are mostly wrong where boxes are right."""
    name = _image_with_smallest_masks(cost_model, pipeline)
    if name is None:
        return []
    return [
        *_with_probability(cost_model, pipeline, name),
        *_with_pairs(cost_model, pipeline, name),
    ]


def _image_with_smallest_masks(cost_model: CostModel, pipeline: Pipeline) -> str | None:
    """Return the image whose masks are made quickest; None if most masks are right."""
    fits = {name: cost_model.goodness_of_fit(pipeline, name) for name in cost_model.names}
    masks = {name: cost_model.observed[name].masks for name in cost_model.names}
    boxed = {name: int(fit.boxed.sum()) for name, fit in fits.items() if masks[name] is not None}
    exact = sum(int(fit.exact.sum()) for fit in fits.values())
    if exact >= MASKS_RIGHT * sum(boxed.values()):
        return None
    sizes = {name: 0 if each is None else each.size for name, each in masks.items()}
    some = [name for name, count in boxed.items() if count]
    return min(some, key=lambda name: (boxed[name] < LEAST_MASKS, sizes[name]))


def _with_pairs(cost_model: CostModel, pipeline: Pipeline, name: str) -> list[Pipeline]:
    """Return the pipeline with two more faults of masks, the best pairs in an image.

    Masks that nothing explains differ from any hypothesis about as much, those of another size
    altogether, so that putting one of two faults right seems to gain nothing.
    """
    faults = [f for f in cost_model.postprocessing_faults if f.stage == "masks"]
    pairs = [
        other.inject_into(one.inject_into(pipeline))
        for one, other in combinations(faults, 2)
        if not one.fields & other.fields
    ]
    costs = {pair: cost_model.goodness_of_fit(pair, name).cost for pair in dict.fromkeys(pairs)}
    return sorted(costs, key=costs.__getitem__)[:MOST_PAIRS]


def _with_probability(cost_model: CostModel, pipeline: Pipeline, name: str) -> list[Pipeline]:
    """Return the pipeline with the probability whose masks are as large as those of an image.

    Masks shrink while the probability grows, so bisection finds it. Where it lies near one that
    people choose, that comes first.
    """
    if pipeline.mask_threshold != "zero":
        return []
    least, most = 1, PERCENT - 1
    while least < most:
        middle = (least + most) // 2
        if _are_larger(cost_model, pipeline.replace(mask_probability=middle / PERCENT), name):
            least = middle + 1
        else:
            most = middle
    usual = USUAL_STEP * round(least / USUAL_STEP)
    found = []
    for percent in dict.fromkeys((usual, least)):
        if 0 < percent < PERCENT and percent / PERCENT != pipeline.mask_probability:
            fault = other_mask_probability(percent / PERCENT)
            cost_model.add_fitted_fault(fault)
            found.append(fault.inject_into(pipeline))
    return found


def _are_larger(cost_model: CostModel, pipeline: Pipeline, name: str) -> bool:
    """Return whether the masks of a pipeline are larger than those that were observed."""
    ours, theirs = cost_model.predicted(pipeline, name).masks, cost_model.observed[name].masks
    pairs = cost_model.goodness_of_fit(pipeline, name).pairs
    if ours is None or theirs is None:
        return False
    return int((ours[pairs[:, 0]] > 0).sum()) > int((theirs[pairs[:, 1]] > 0).sum())
