"""What the boxes show by themselves, without running anything."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from parity.deployment.box_layout import to_corners
from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.postprocess import to_output
from parity.deployment.replay import Input
from parity.deployment.stage import allowed
from parity.detection.boxes import pairwise_iou
from parity.diagnosis.catalogue.fault import Changes
from parity.diagnosis.cost import CostModel
from parity.diagnosis.misfit import NOT_FINITE, log_excess
from parity.external.observations import Observed

SIMILAR_SCORE = 0.03
"""Difference up to which scores count as similar; chosen."""

NO_MATCH_DENSITY = 0.01
"""Density of a score that no candidate bears, per unit of score; chosen: small."""

MATCH_WEIGHT = 0.5
"""Weight of the density of candidates, both of equal and of similar score; chosen."""

LEAST_UNEXPECTED = 1.5
"""Scores that chance does not explain, needed for a share of hits; chosen."""

HITS_WEIGHT = 2.0
"""Worth of all scores being found, against their mean log-likelihood, nats; chosen."""

DECODING_COST = 0.02
"""Cost of each unusual choice of decoding, nats per score; chosen: it decides ties only."""

SAME_OBJECT_IOU = 0.8
"""IoU from which two boxes of one class count as the same object; chosen above any usual
threshold."""

UNMATCHED_BOX = 6.0
"""Cost of an observed box to which no candidate is mapped, nats; chosen."""

FAULT_WEIGHT = 0.02
"""Weight of the cost of faults against nats per observed box; chosen: it decides ties only."""

POOR_RESCALING = 0.5
"""Cost of the best rescaling from which further choices are tried, nats per box; chosen."""

WIDENED = 40
"""Rescalings to which :data:`DETAILS` are added, at most; chosen."""

DESCENDED = 3
"""Rescalings from which the descent starts, at most; chosen."""

LEAST_STEP = 1e-9
"""Smallest decrease of a cost that is no rounding error, nats per box; chosen."""

MOST_CANDIDATES = 12
"""Candidates that are considered for an observed box, at most; chosen."""

MOST_BOXES = 20
"""Observed boxes of an image that are considered, evenly spread; chosen: up to twice as many."""

DECODING = ("output_axes", "head", "activation")
"""Choices of decoding that are combined."""

RESCALING = ("box_format", "gain", "offset")
"""Choices of rescaling boxes that are combined."""

RESCALING_STEPS = (*RESCALING, "rescaled", "unit", "clip", "integers", "corners")
"""Choices by which the rescaling of boxes is improved, one at a time."""

DETAILS: tuple[Changes, ...] = (
    {"rescaled": "gain"},
    {"rescaled": "stretch"},
    {"corners": "xywh"},
    {"corners": "cxcywh"},
    {"corners": "yxyx"},
    {"unit": "times_input"},
    {"unit": "input_fraction"},
    {"box_activation": "sigmoid"},
    {"integers": "truncated"},
    {"integers": "sides_truncated"},
    {"integers": "no"},
    {"clip": "no"},
)
"""Further choices that are tried with the best rescalings."""

COARSE_DETAILS: tuple[Changes, ...] = (
    {"corners": "xywh"},
    {"corners": "cxcywh"},
    {"rescaled": "gain"},
    {"rescaled": "stretch"},
    {"corners": "yxyx"},
    {"unit": "times_input"},
    {"unit": "input_fraction"},
)
"""Those of them that hide which rescaling is right, tried with all."""


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
    for name in names:
        scores = cost_model.observed[name].scores
        scores = scores[np.isfinite(scores)]
        if not len(scores) or cost_model.replayer.input_of(pipeline, name) is None:
            continue
        given = np.sort(cost_model.replayer.candidates(pipeline, name).scores.astype(np.float64))
        given = given[np.isfinite(given)]
        usable = max(int((given >= scores.min() - SIMILAR_SCORE).sum()), 1)
        near = _count_within(given, scores, tolerance)
        similar = _count_within(given, scores, SIMILAR_SCORE)
        density = near / usable / (2 * tolerance) + similar / usable / (2 * SIMILAR_SCORE)
        likelihoods.append(np.log(NO_MATCH_DENSITY + MATCH_WEIGHT * density))
        chance = 1 - np.exp(-(similar - near).clip(0) * tolerance / SIMILAR_SCORE)
        found.append(np.where(near > 0, 1.0, 0.0) - chance)
        expected.append(1 - chance)
    if not likelihoods:
        return -np.inf, np.nan
    weight = np.concatenate(expected).sum()
    hits = np.concatenate(found).sum() / weight if weight >= LEAST_UNEXPECTED else np.nan
    return float(np.concatenate(likelihoods).mean()), float(hits)


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
    if cost_model.replayer.network.end2end:
        return [(0.0, {})]
    ranked = []
    for changes in combinations_of(*DECODING):
        worth = decoding_worth(*score_evidence(cost_model, replace(pipeline, **changes), names))
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


@dataclass(frozen=True)
class MatchedImage:
    """Observed boxes of an image and the candidates that bear their scores, in pairs.

    Attributes
    ----------
    source : Input
        The input of the network.
    observed : Observed
        The observed boxes.
    owners : (P,) int
        Index of the observed box of each pair, ascending.
    boxes : (P, 4) float32
        Coordinates of the candidate of each pair, as the network gives them.
    class_ids : (P,) int32
        Its class.
    starts : (B,) int
        Index of the first pair of each observed box that has any.
    """

    source: Input
    observed: Observed
    owners: np.ndarray
    boxes: np.ndarray
    class_ids: np.ndarray
    starts: np.ndarray


class ScoreMatches:
    """Observed boxes and the candidates that bear their scores, so that rescaling can be fitted.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations.
    pipeline : Pipeline
        An input and a decoding.
    names : list of str
        Images to use.
    """

    def __init__(self, cost_model: CostModel, pipeline: Pipeline, names: list[str]) -> None:
        self.precision = cost_model.precision
        self.images = []
        for name in names:
            observed = cost_model.observed[name]
            source = cost_model.replayer.input_of(pipeline, name)
            if not len(observed) or source is None:
                continue
            given = cost_model.replayer.candidates(pipeline, name)
            order = np.argsort(given.scores, kind="stable")
            owners, places = self._match(observed.scores, given.scores[order].astype(np.float64))
            if len(owners):
                picked = order[places]
                starts = np.flatnonzero(np.diff(owners, prepend=-1))
                boxes, class_ids = given.boxes[picked], given.class_ids[picked]
                self.images.append(MatchedImage(source, observed, owners, boxes, class_ids, starts))

    def _match(self, scores: np.ndarray, ranked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tolerance = self.precision.score
        owners, places = [], []
        for owner in range(0, len(scores), max(len(scores) // MOST_BOXES, 1)):
            if not np.isfinite(scores[owner]):
                continue
            low, high = np.searchsorted(ranked, scores[owner] + np.array([-1, 1]) * tolerance)
            near = np.arange(low, high)
            if len(near) > MOST_CANDIDATES:
                closest = np.abs(ranked[near] - scores[owner])
                near = near[np.argsort(closest, kind="stable")[:MOST_CANDIDATES]]
            owners += [owner] * len(near)
            places += near.tolist()
        return np.array(owners, int), np.array(places, int)

    def distances(self, image: MatchedImage, pipeline: Pipeline) -> np.ndarray:
        """Return what each pair of an image costs if a pipeline maps the candidates, (P,) nats."""
        mapped = to_output(
            pipeline,
            to_corners(pipeline, image.boxes),
            image.source.place,
            image.source.image_shape,
        ).astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(mapped - image.observed.boxes[image.owners])
        apart = np.where(np.isfinite(apart), apart, NOT_FINITE)
        returned: np.ndarray = log_excess(apart, self.precision.box_px).mean(axis=1)
        return returned

    def cost(self, pipeline: Pipeline) -> float:
        """Return what the rescaling of a pipeline costs, nats per observed box."""
        total, count = 0.0, 0
        for image in self.images:
            least = np.minimum.reduceat(self.distances(image, pipeline), image.starts)
            total += np.minimum(least, UNMATCHED_BOX).sum()
            count += len(image.starts)
        return total / max(count, 1)

    def class_ids(self, pipeline: Pipeline) -> list[tuple[int, int]]:
        """Return pairs of the model's class id and the observed one."""
        pairs = []
        for image in self.images:
            costs = self.distances(image, pipeline)
            for owner in np.unique(image.owners):
                own = np.flatnonzero(image.owners == owner)
                best = own[costs[own].argmin()]
                pairs.append((int(image.class_ids[best]), int(image.observed.class_ids[owner])))
        return pairs


def fit_rescaling(cost_model: CostModel, pipeline: Pipeline, names: list[str]) -> list[Pipeline]:
    """Return the pipelines that map candidates onto the observed boxes, best first.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations.
    pipeline : Pipeline
        An input and a decoding that give the observed scores.
    names : list of str
        Images to use.
    """
    matches = ScoreMatches(cost_model, pipeline, names)
    if not matches.images:
        return [pipeline]

    def price(p: Pipeline) -> float:
        return matches.cost(p) + FAULT_WEIGHT * cost_model.fault_cost(p)

    start = pipeline
    if cost_model.precision.side == 1.0:
        start = replace(pipeline, unit="image_fraction")
    if cost_model.precision.whole:
        start = replace(start, integers="rounded")
    seeds = [replace(start, **changes) for changes in combinations_of(*RESCALING)]
    ranked = sorted(seeds, key=price)
    if price(ranked[0]) > POOR_RESCALING:
        more = [replace(seed, **changes) for seed in ranked[:WIDENED] for changes in DETAILS]
        for changes in COARSE_DETAILS:
            more += [replace(seed, **changes) for seed in seeds if seed.box_format == "cxcywh"]
        ranked = sorted([*ranked[:WIDENED], *more], key=price)
    best = [_descend(p, price) for p in ranked[:DESCENDED]]
    return sorted(dict.fromkeys(best), key=price)


def _descend(pipeline: Pipeline, price: Callable[[Pipeline], float]) -> Pipeline:
    best, least = pipeline, price(pipeline)
    improved = True
    while improved:
        improved = False
        for field in RESCALING_STEPS:
            for value in allowed(Pipeline, field):
                candidate = replace(best, **{field: value})
                cost = price(candidate)
                if cost < least - LEAST_STEP:
                    best, least, improved = candidate, cost, True
    return best
