"""Telling that classes have confidence thresholds of their own."""

from math import comb

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.nms import own_class_confs
from parity.diagnosis.catalogue.thresholds import POPULAR
from parity.diagnosis.document import ThresholdRange
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.plain_filters import PROPERTIES, are_set_apart, missing_boxes

BY_CHANCE = 0.001
"""Probability that boxes which are missing at random are those with the lowest scores of as many
classes, up to which thresholds are the reason; chosen."""

SCORE = PROPERTIES.index("score")

DECIMALS = 2
"""Of a threshold that is not popular; chosen."""


def fit_class_confs(
    cost_model: CostModel, pipeline: Pipeline, names: dict[int, str]
) -> Pipeline | None:
    """Return a pipeline with a confidence threshold for each class of which boxes are missing.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations; those thresholds become one of its faults.
    pipeline : Pipeline
        Explains the boxes that were observed.
    names : dict of int to str
        The model's class names by id.

    Returns
    -------
    Pipeline or None
        None where a missing box scores more than one of its class that was observed, where chance
        or another property of boxes may be the reason, or where none is missing.
    """
    if "class_confs" not in cost_model.replayer.task.choices:
        return None
    described, missing = missing_boxes(cost_model, pipeline)
    scores, others = described[:, SCORE], np.delete(described, SCORE, axis=1)
    plain = pipeline.replace(class_ids="model")
    found = [cost_model.detections(plain, name).class_ids for name in cost_model.names]
    class_ids = np.concatenate([np.zeros(0, np.int32), *found])
    ranges: dict[int, ThresholdRange] = {}
    for class_id in np.unique(class_ids[missing]):
        own = class_ids == class_id
        left_out, given = scores[own & missing], scores[own & ~missing]
        if not len(given) or left_out.max() >= given.min():
            return None
        ranges[int(class_id)] = _between(float(left_out.max()), float(given.min()))
    if not ranges or are_set_apart(others, missing):
        return None
    classes = len(np.unique(class_ids))
    if _chance_of(len(ranges), classes, int(missing.sum()), len(missing)) > BY_CHANCE:
        return None
    confs = tuple((class_id, own.used) for class_id, own in ranges.items())
    in_words = {class_id: own.in_words for class_id, own in ranges.items()}
    fault = own_class_confs(confs, in_words, names)
    cost_model.add_fitted_fault(fault)
    return fault.inject_into(pipeline)


def _chance_of(concerned: int, classes: int, missing: int, boxes: int) -> float:
    """Return how likely thresholds of as many classes explain which boxes are missing at random.

    Parameters
    ----------
    concerned, classes : int
        Classes of which boxes are missing, and all.
    missing, boxes : int
        Boxes that are missing, and all.
    """
    explained = comb(classes, concerned) * comb(missing - 1, concerned - 1)
    return explained / comb(boxes, missing)


def _between(low: float, high: float) -> ThresholdRange:
    """Return the thresholds from one score on and below another, a popular one as the used one."""
    popular = (each for each in POPULAR["conf"] if low <= each < high)
    return ThresholdRange(low, high, next(popular, round((low + high) / 2, DECIMALS)), None)
