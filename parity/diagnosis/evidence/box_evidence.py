"""What the boxes show by themselves, without running anything."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.stage import allowed
from parity.detection.boxes import pairwise_iou
from parity.detection.nms import MAX_CANDIDATES
from parity.diagnosis.catalogue.fault import Changes
from parity.diagnosis.evidence.cost import CostModel

SIMILAR_SCORE = 0.03
"""Difference up to which scores count as similar; chosen."""

NO_MATCH_DENSITY = 0.01
"""Density of a score that no candidate bears, per unit of score; chosen: small."""

MATCH_WEIGHT = 0.5
"""Weight of the density of candidates, both of equal and of similar score; chosen."""

MOST_BEARERS = 12
"""Candidates of equal score beyond which it tells nothing that a score is found; chosen."""

LEAST_UNEXPECTED = 1.5
"""Scores that chance does not explain, needed for a share of hits; chosen."""

COARSE_SCORE = 1e-3
"""Precision beyond which scores are compared with those of the boxes that survive, not with those
of all candidates: an object has so many that two decimals are often found by chance. Chosen."""

COARSE_CHANCE = 0.5
"""Share of scores of such a precision that an input gives that differs a little from the right one;
measured with YOLO11n: kernels and borders other than the right ones give 0.3 to 0.8 of them."""

LEAST_TOLD = 0.3
"""Share of scores that chance must leave unexplained, at most 1 - :data:`COARSE_CHANCE`; chosen: in
a flood of boxes every score is found."""

SURVIVING_IOU = 0.7
"""IoU threshold of that comparison; chosen: above most, so that what survives a lower one is among
it."""

HITS_WEIGHT = 2.0
"""Worth of all scores being found, against their mean log-likelihood, nats; chosen."""

DECODING_COST = 0.02
"""Cost of each unusual choice of decoding, nats per score; chosen: it decides ties only."""

SAME_OBJECT_IOU = 0.8
"""IoU from which two boxes of one class count as the same object; chosen above any usual
threshold."""


def combinations_of(*names: str) -> list[Changes]:
    """Return every combination of the values of some choices, the correct one first."""
    options = product(*(allowed(Pipeline, name) for name in names))
    return [dict(zip(names, chosen, strict=True)) for chosen in options]


def score_evidence(
    cost_model: CostModel, pipeline: Pipeline, names: list[str]
) -> tuple[float, float]:
    """Return how well the observed scores are among those that a decoding gives.

    Returns
    -------
    likelihood : float
        Mean log-likelihood of the observed scores, nats; a flood of candidates dilutes it.
    hits : float
        Share of the observed scores found to their last digit, beyond chance; NaN where chance
        explains everything.

    Notes
    -----
    Faults of rescaling, NMS or class ids leave scores as they are, so this measures the input and
    the decoding alone.
    """
    likelihoods, found, expected = [], [], []
    tolerance = cost_model.precision.score
    for name, scores in _observed_scores(cost_model, pipeline, names):
        given = _sorted(cost_model.replayer.candidates(pipeline, name).scores)
        usable = max(int((given >= scores.min() - SIMILAR_SCORE).sum()), 1)
        near = _count_within(given, scores, tolerance)
        similar = _count_within(given, scores, SIMILAR_SCORE)
        density = near / usable / (2 * tolerance) + similar / usable / (2 * SIMILAR_SCORE)
        likelihoods.append(np.log(NO_MATCH_DENSITY + MATCH_WEIGHT * density))
        chance = _chance(near, similar, tolerance)
        found.append(np.where(near > 0, 1.0, 0.0) - chance)
        expected.append(1 - chance)
    if not likelihoods:
        return -np.inf, np.nan
    return float(np.concatenate(likelihoods).mean()), _share(found, expected)


def _observed_scores(
    cost_model: CostModel, pipeline: Pipeline, names: list[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the images that a pipeline can read, with the scores of their boxes, where given."""
    for name in names:
        scores = cost_model.observed[name].scores
        scores = scores[np.isfinite(scores)]
        if len(scores) and cost_model.replayer.input_of(pipeline, name) is not None:
            yield name, scores


def surviving_hits(cost_model: CostModel, pipeline: Pipeline, names: list[str]) -> float:
    """Return the share of coarse scores that boxes have which survive, beyond chance.

    The parameters are those of :func:`score_evidence`; NaN where chance explains everything.
    """
    found, expected = [], []
    tolerance = cost_model.precision.score
    for name, scores in _observed_scores(cost_model, pipeline, names):
        lenient = pipeline.replace(iou=max(pipeline.iou, SURVIVING_IOU), max_det=MAX_CANDIDATES)
        given = _sorted(cost_model.replayer.detections(lenient, name).scores)
        near = _count_within(given, scores, tolerance)
        similar = _count_within(given, scores, SIMILAR_SCORE)
        chance = np.maximum(_chance(near, similar, tolerance), COARSE_CHANCE)
        found.append(np.where(near > 0, 1.0, 0.0) - chance)
        expected.append(1 - chance)
    told = sum(each.sum() for each in expected) >= LEAST_TOLD * sum(map(len, expected))
    return _share(found, expected) if told else np.nan


def _chance(near: np.ndarray, similar: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the probability that a score is found although its box is not given."""
    others: np.ndarray = (similar - near).clip(0)
    chance = 1 - np.exp(-others * tolerance / SIMILAR_SCORE)
    return np.where(near > MOST_BEARERS, 1.0, chance)


def _share(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    weight = sum(float(each.sum()) for each in expected)
    surplus = sum(float(each.sum()) for each in found)
    return surplus / weight if weight >= LEAST_UNEXPECTED else np.nan


def _sorted(scores: np.ndarray) -> np.ndarray:
    return np.sort(scores[np.isfinite(scores)].astype(np.float64))


def _count_within(given: np.ndarray, scores: np.ndarray, distance: float) -> np.ndarray:
    high = np.searchsorted(given, scores + distance, "right")
    return high - np.searchsorted(given, scores - distance, "left")


def decoding_worth(likelihood: float, hits: float) -> float:
    """Return the worth of a decoding by what :func:`score_evidence` returned, nats per score."""
    return likelihood + HITS_WEIGHT * float(np.nan_to_num(max(hits, 0.0)))


def rank_decodings(
    cost_model: CostModel, pipeline: Pipeline, names: list[str]
) -> list[tuple[float, Changes]]:
    """Return the readings of the raw output with their worth, the best first.

    The worth is in nats per score; see :func:`decoding_worth`.
    """
    if cost_model.replayer.network.finished:
        return [(0.0, {})]
    ranked = []
    for changes in combinations_of(*cost_model.replayer.task.reading):
        worth = decoding_worth(*score_evidence(cost_model, pipeline.replace(**changes), names))
        unusual = len(deviations(Pipeline(**changes)))
        ranked.append((worth - DECODING_COST * unusual, changes))
    return sorted(ranked, key=lambda entry: -entry[0])


def overlapping_share(cost_model: CostModel) -> float:
    """Return the share of observed boxes that a better one of their class nearly covers."""
    covered = 0
    for observed in cost_model.observed.values():
        if len(observed) < 2:
            continue
        overlap = pairwise_iou(observed.boxes, observed.boxes)
        same = observed.class_ids[:, None] == observed.class_ids[None]
        better = np.triu(np.ones_like(same), 1)
        covered += int(((overlap > SAME_OBJECT_IOU) & same & better).any(axis=0).sum())
    return covered / cost_model.box_count if cost_model.box_count else 0.0
