"""What the boxes show by themselves, without running anything."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from parity.deployment.box_format import to_corners
from parity.deployment.choice import allowed
from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.postprocess import to_output
from parity.detection.boxes import pairwise_iou
from parity.diagnosis.cost import Judge

WIDE = 0.03
"""Half width within which scores are taken for similar."""

DECODING = ("output_axes", "head", "activation")
"""Choices of decoding that are combined."""

GEOMETRY = ("box_format", "gain", "offset")
"""Choices of the way back into the image that are combined."""

STEPS = (*GEOMETRY, "rescaled", "unit", "clip", "integers", "corners")
"""Choices that a way back into the image is improved by, one at a time."""


def combinations_of(*names: str) -> list[dict[str, Any]]:
    """Return every combination of the values of some choices, the correct one first."""
    options = product(*(allowed(Pipeline, name) for name in names))
    return [dict(zip(names, chosen, strict=True)) for chosen in options]


def score_evidence(judge: Judge, pipeline: Pipeline, names: list[str]) -> tuple[float, float]:
    """Return how well the observed scores are among those that a decoding gives.

    Returns
    -------
    likelihood : float
        Mean log-likelihood of the observed scores; a flood of candidates dilutes it.
    hits : float
        Share of the observed scores found to their last digit, beyond chance; NaN where chance
        explains everything.

    Notes
    -----
    Whatever is wrong after the network with geometry, suppression or classes leaves scores as
    they are, so this judges the input and the decoding alone.
    """
    likelihoods, found, expected = [], [], []
    tolerance = judge.precision.score
    for name in names:
        scores = judge.observed[name].scores
        scores = scores[np.isfinite(scores)]
        if not len(scores) or judge.replayer.input_of(pipeline, name) is None:
            continue
        given = np.sort(judge.replayer.candidates(pipeline, name).scores.astype(np.float64))
        given = given[np.isfinite(given)]
        usable = max(int((given >= scores.min() - WIDE).sum()), 1)
        near = _within(given, scores, tolerance)
        similar = _within(given, scores, WIDE)
        density = near / usable / (2 * tolerance) + similar / usable / (2 * WIDE)
        likelihoods.append(np.log(0.01 + 0.5 * density))
        chance = 1 - np.exp(-(similar - near).clip(0) * tolerance / WIDE)
        found.append(np.where(near > 0, 1.0, 0.0) - chance)
        expected.append(1 - chance)
    if not likelihoods:
        return -np.inf, np.nan
    weight = np.concatenate(expected).sum()
    hits = np.concatenate(found).sum() / weight if weight >= 1.5 else np.nan
    return float(np.concatenate(likelihoods).mean()), float(hits)


def _within(given: np.ndarray, scores: np.ndarray, distance: float) -> np.ndarray:
    high = np.searchsorted(given, scores + distance, "right")
    return high - np.searchsorted(given, scores - distance, "left")


def rank_decodings(judge: Judge, pipeline: Pipeline, names: list[str]) -> list[dict[str, Any]]:
    """Return the readings of the raw output, those that give the observed scores first."""
    if judge.replayer.network.end2end:
        return [{}]
    ranked = []
    for changes in combinations_of(*DECODING):
        candidate = replace(pipeline, **changes)
        likelihood, hits = score_evidence(judge, candidate, names)
        prior = 0.02 * len(deviations(Pipeline(**changes)))
        ranked.append((likelihood + 2 * np.nan_to_num(max(hits, 0.0)) - prior, changes))
    ranked.sort(key=lambda entry: -entry[0])
    return [changes for _, changes in ranked]


def overlapping(judge: Judge) -> float:
    """Return the share of observed boxes that a better one of their class nearly covers."""
    covered = boxes = 0
    for observed in judge.observed.values():
        if len(observed) < 2:
            boxes += len(observed)
            continue
        overlap = pairwise_iou(observed.boxes, observed.boxes)
        same = observed.class_ids[:, None] == observed.class_ids[None]
        first = np.triu(np.ones_like(same), 1)
        covered += int(((overlap > 0.8) & same & first).any(axis=0).sum())
        boxes += len(observed)
    return covered / boxes if boxes else 0.0


class Anchors:
    """Observed boxes and the candidates that bear their scores, so geometry can be fitted.

    Parameters
    ----------
    judge : Judge
        Holds the observations.
    pipeline : Pipeline
        An input and a decoding.
    names : list of str
        Images to use.
    """

    MOST = 12
    """Candidates that are considered for an observed box."""

    BOXES = 20
    """Observed boxes of an image that are considered, evenly chosen."""

    def __init__(self, judge: Judge, pipeline: Pipeline, names: list[str]) -> None:
        self.judge = judge
        self.images = []
        for name in names:
            observed = judge.observed[name]
            source = judge.replayer.input_of(pipeline, name)
            if not len(observed) or source is None:
                continue
            given = judge.replayer.candidates(pipeline, name)
            if not len(given):
                continue
            order = np.argsort(given.scores, kind="stable")
            ranked = given.scores[order].astype(np.float64)
            step = max(len(observed) // self.BOXES, 1)
            owners, picked = self._near(observed.scores, ranked, step)
            picked = order[picked]
            if len(owners):
                starts = np.flatnonzero(np.diff(owners, prepend=-1))
                boxes, class_ids = given.boxes[picked], given.class_ids[picked]
                self.images.append((source, observed, owners, boxes, class_ids, starts))

    def _near(
        self, scores: np.ndarray, ranked: np.ndarray, step: int
    ) -> tuple[np.ndarray, np.ndarray]:
        tolerance = self.judge.precision.score
        owners, picked = [], []
        for owner in range(0, len(scores), step):
            if not np.isfinite(scores[owner]):
                continue
            low, high = np.searchsorted(ranked, scores[owner] + np.array([-1, 1]) * tolerance)
            near = np.arange(low, high)
            if len(near) > self.MOST:
                closest = np.abs(ranked[near] - scores[owner])
                near = near[np.argsort(closest, kind="stable")[: self.MOST]]
            owners += [owner] * len(near)
            picked += near.tolist()
        return np.array(owners, int), np.array(picked, int)

    def __len__(self) -> int:
        """Return the number of observed boxes with at least one candidate."""
        return sum(len(np.unique(image[2])) for image in self.images)

    def distances(self, pipeline: Pipeline) -> list[np.ndarray]:
        """Return, per image, what each pair of observed box and candidate costs."""
        costs = []
        for source, observed, owners, boxes, _, _ in self.images:
            mapped = to_output(
                pipeline, to_corners(pipeline, boxes), source.place, source.image_shape
            ).astype(np.float64)
            with np.errstate(invalid="ignore", over="ignore"):
                apart = np.abs(mapped - observed.boxes[owners])
            apart = np.where(np.isfinite(apart), apart, 1e9)
            step = self.judge.precision.box_px
            costs.append(np.log1p(np.maximum(apart - step, 0) / step).mean(axis=1))
        return costs

    def cost(self, pipeline: Pipeline) -> float:
        """Return what the geometry of a pipeline costs, nats per observed box."""
        total, count = 0.0, 0
        for image, costs in zip(self.images, self.distances(pipeline), strict=True):
            starts = image[5]
            least = np.minimum(np.minimum.reduceat(costs, starts), 6.0)
            total += least.sum()
            count += len(starts)
        return total / max(count, 1)

    def classes(self, pipeline: Pipeline) -> list[tuple[int, int]]:
        """Return pairs of the model's class and the observed one."""
        pairs = []
        for image, costs in zip(self.images, self.distances(pipeline), strict=True):
            _, observed, owners, _, class_ids, _ = image
            for owner in np.unique(owners):
                mine = np.flatnonzero(owners == owner)
                best = mine[costs[mine].argmin()]
                pairs.append((int(class_ids[best]), int(observed.class_ids[owner])))
        return pairs


def fit_geometry(judge: Judge, pipeline: Pipeline, names: list[str]) -> list[Pipeline]:
    """Return the pipelines whose geometry maps candidates onto the observed boxes, best first.

    Parameters
    ----------
    judge : Judge
        Holds the observations.
    pipeline : Pipeline
        An input and a decoding that give the observed scores.
    names : list of str
        Images to use.
    """
    anchors = Anchors(judge, pipeline, names)
    if not len(anchors):
        return [pipeline]
    whole = judge.precision.whole

    def price(p: Pipeline) -> float:
        return anchors.cost(p) + 0.02 * judge.name(p)[1]

    start = pipeline
    if judge.size == 1.0:
        start = replace(pipeline, unit="image_fraction")
    if whole:
        start = replace(start, integers="rounded")
    seeds = [replace(start, **changes) for changes in combinations_of(*GEOMETRY)]
    ranked = sorted(seeds, key=price)
    if price(ranked[0]) > 0.5:
        more = [
            replace(seed, **changes)
            for seed in ranked[:40]
            for changes in (
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
                {"clip": False},
            )
        ]
        manners: tuple[dict[str, Any], ...] = (
            {"corners": "xywh"},
            {"corners": "cxcywh"},
            {"rescaled": "gain"},
            {"rescaled": "stretch"},
            {"corners": "yxyx"},
            {"unit": "times_input"},
            {"unit": "input_fraction"},
        )
        for changes in manners:
            more += [replace(seed, **changes) for seed in seeds if seed.box_format == "cxcywh"]
        ranked = sorted([*ranked[:40], *more], key=price)
    best = [_descend(p, price) for p in ranked[:3]]
    return sorted(dict.fromkeys(best), key=price)


def _descend(pipeline: Pipeline, price: Callable[[Pipeline], float]) -> Pipeline:
    best, least = pipeline, price(pipeline)
    improved = True
    while improved:
        improved = False
        for field in STEPS:
            for value in allowed(Pipeline, field):
                candidate = replace(best, **{field: value})
                cost = price(candidate)
                if cost < least - 1e-9:
                    best, least, improved = candidate, cost, True
    return best
