"""Telling that boxes of some classes only are given."""

from collections import Counter

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.nms import classes_left_out
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.plain_filters import are_set_apart, described_boxes
from parity.diagnosis.evidence.score_matches import ScoreMatches

LEAST_LEFT_OUT, MOSTLY_LEFT_OUT = 4, 0.75
"""Boxes of classes that were never observed, and their share of all boxes that are missing, from
which the other classes are the only ones that are given; chosen: of boxes that are withheld at
random, few are the only ones of their class."""


def fit_given_classes(
    cost_model: CostModel, pipeline: Pipeline, names: dict[int, str]
) -> Pipeline | None:
    """Return a pipeline that gives only the classes of which boxes were observed.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations; the classes that are left out become one of its faults.
    pipeline : Pipeline
        Its input, decoding and rescaling are right.
    names : dict of int to str
        The model's class names by id.

    Returns
    -------
    Pipeline or None
        None where boxes of every class were observed, or where others are missing as well, or if
        classes have other ids, as where their scores are read from another row.
    """
    if "given_classes" not in cost_model.replayer.task.choices:
        return None
    pairs = ScoreMatches(cost_model, pipeline, cost_model.names).class_ids(pipeline)
    counted = {given: Counter(m for m, g in pairs if g == given) for _, given in pairs}
    model_ids = {given: counts.most_common(1)[0][0] for given, counts in counted.items()}
    known = model_ids.keys() - cost_model.observations.labels.keys()
    if any(model_ids[given] != given for given in known):
        return None
    seen = tuple(sorted(set(model_ids.values())))
    scores = np.concatenate([observed.scores for observed in cost_model.observed.values()])
    if not seen or not np.isfinite(scores).all():
        return None
    whole = pipeline.replace(class_ids="model", conf=max(pipeline.conf, float(scores.min())))
    left_out, described, missing = [], [], 0
    for name in cost_model.names:
        predicted = cost_model.detections(whole, name)
        missing += max(len(predicted) - len(cost_model.observed[name]), 0)
        left_out.append(~np.isin(predicted.class_ids, seen))
        source = cost_model.replayer.input_of(whole, name)
        described.append(described_boxes(predicted, source.image_shape if source else (1, 1)))
    others = np.concatenate(left_out)
    if others.sum() < max(LEAST_LEFT_OUT, MOSTLY_LEFT_OUT * missing):
        return None
    if are_set_apart(np.concatenate(described), others):
        return None
    fault = classes_left_out(seen, names)
    cost_model.add_fitted_fault(fault)
    return fault.inject_into(pipeline)
