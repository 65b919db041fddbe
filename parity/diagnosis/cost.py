"""What hypotheses cost: their fit to what was observed and the faults that they assume."""

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.fault import CHOICE, FAULT, Fault, cover, threshold
from parity.diagnosis.catalogue.postprocessing import AFTER, ZERO_SIZE_NMSBOXES
from parity.diagnosis.catalogue.preprocessing import BEFORE, RECTANGLE, SQUARE
from parity.diagnosis.misfit import Fit, Precision, Shares, fit, shares, total
from parity.external.observations import Declared, Observations, Observed

CONFS = (0.001, 0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65,
         0.7, 0.75, 0.8, 0.9)  # fmt: skip
IOUS = (0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 0.95)
COUNTS = (1, 3, 5, 8, 10, 15, 20, 25, 30, 50, 100, 150, 200, 300, 1000)


FEW = 24
"""Boxes below which each is given more weight."""


class Judge:
    """Judges hypotheses against observations and remembers every judgement.

    Parameters
    ----------
    replayer : Replayer
        Predicts what a hypothesis gives.
    observations : Observations
        What was seen.
    names : list of str
        The images that are looked at.
    """

    def __init__(self, replayer: Replayer, observations: Observations, names: list[str]) -> None:
        self.replayer = replayer
        self.observations = observations
        self.observed = {name: observations.images[name] for name in names}
        self.names = names
        self.precision = Precision.of(self.observed)
        self.declared = observations.declared
        self.correct = correct_pipeline(replayer, self.declared)
        self.before = [f for f in BEFORE if f.fields]
        if replayer.network.rect:
            other = SQUARE if self.correct.stride else RECTANGLE
            said = self.declared.geometry is not None
            self.before.insert(0, replace(other, cost=FAULT if said else CHOICE))
        self.after = list(AFTER)
        self.flat = flat_share(self.observed)
        if self.flat > 0.1:
            self.after.insert(0, ZERO_SIZE_NMSBOXES)
        boxes = sum(len(o) for o in self.observed.values())
        self.weight = float(np.clip(FEW / max(boxes, 1), 1, 12))
        self.thresholds = threshold_faults(self.observed, self.declared, self.correct)
        self._fits: dict[tuple[Pipeline, str], Fit] = {}
        self._covers: dict[Pipeline, tuple[list[Fault], float]] = {}

    @property
    def catalogue(self) -> list[Fault]:
        """All faults that may be named."""
        return [*self.before, *self.after, *self.thresholds]

    def add(self, fault: Fault) -> None:
        """Let a fault whose parameter was fitted be named too."""
        if fault not in self.after:
            self.after.append(fault)
            self._covers.clear()

    def fit(self, pipeline: Pipeline, name: str) -> Fit:
        """Return how what a pipeline predicts for an image fits."""
        key = (pipeline, name)
        if key not in self._fits:
            predicted = self.replayer.detections(pipeline, name)
            self._fits[key] = fit(predicted, self.observed[name], self.precision)
        return self._fits[key]

    def name(self, pipeline: Pipeline) -> tuple[list[Fault], float]:
        """Return the cheapest faults that make a pipeline, and their cost in nats."""
        if pipeline not in self._covers:
            self._covers[pipeline] = cover(pipeline, self.correct, self.catalogue)
        return self._covers[pipeline]

    def cost(self, pipeline: Pipeline, names: list[str] | None = None) -> float:
        """Return what a hypothesis costs on some images, nats."""
        return self.misfit(pipeline, names) + self.name(pipeline)[1]

    def misfit(self, pipeline: Pipeline, names: list[str] | None = None) -> float:
        """Return the part of the cost that the boxes cause, nats."""
        return self.total([self.fit(pipeline, name) for name in names or self.names])

    def total(self, fits: list[Fit]) -> float:
        """Return the cost of some fits, nats; where boxes are few, each tells more."""
        return self.weight * total(fits)

    def shares(self, pipeline: Pipeline) -> Shares:
        """Return what a hypothesis reproduces."""
        fits = [self.fit(pipeline, name) for name in self.names]
        return shares(fits, self.precision, self.size)

    @cached_property
    def size(self) -> float:
        """Typical side of an image in the unit of the observed boxes."""
        boxes = [o.boxes for o in self.observed.values() if len(o)]
        return 640.0 if not boxes or np.abs(np.concatenate(boxes)).max() > 2 else 1.0

    def inputs(self, pipeline: Pipeline, names: list[str]) -> tuple[Any, ...]:
        """Return what tells the inputs of some images apart: equal for equal inputs."""
        return tuple(self.replayer.input_of(pipeline, name) for name in names)

    def worst(self, pipeline: Pipeline, most: int) -> list[str]:
        """Return the images that a hypothesis explains worst, none that it explains in full."""
        costs = {}
        for name in self.names:
            own = self.fit(pipeline, name)
            costs[name] = own.cost + 3.0 * (own.predicted - len(own.pairs))
        ranked = sorted(self.names, key=lambda name: -costs[name])
        return [name for name in ranked[:most] if costs[name] > 0.1]


def flat_share(observed: dict[str, Observed]) -> float:
    """Return the share of observed boxes that have no area."""
    boxes = np.concatenate([np.zeros((0, 4)), *(o.boxes for o in observed.values())])
    flat = (boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])
    return float(flat.mean()) if len(boxes) else 0.0


def correct_pipeline(replayer: Replayer, declared: Declared) -> Pipeline:
    """Return what is correct for a network, with the thresholds that are declared."""
    network = replayer.network
    rect = declared.geometry == "rect" if declared.geometry else network.rect
    return replace(
        Pipeline(),
        stride=network.stride if rect else None,
        imgsz=declared.imgsz if network.rect and declared.imgsz else None,
        conf=0.25 if declared.conf is None else declared.conf,
        iou=0.7 if declared.iou is None else declared.iou,
        max_det=300 if declared.max_det is None else declared.max_det,
    )


def threshold_faults(
    observed: dict[str, Observed], declared: Declared, correct: Pipeline
) -> list[Fault]:
    """Return the thresholds that may explain the boxes, as faults or as choices."""
    scores = np.concatenate([np.zeros(0), *(o.scores for o in observed.values())])
    scores = scores[np.isfinite(scores)]
    least = float(scores.min()) if len(scores) else 1.0
    most = max((len(o) for o in observed.values()), default=0)
    confs = {c for c in CONFS if c <= least + 1e-4}
    if len(scores):
        confs.add(float(np.floor(least * 100) / 100))
    counts = {c for c in COUNTS if c >= most}
    if most and sum(len(o) == most for o in observed.values()) > 1:
        counts.add(most)
    faults = []
    for field, options in (("conf", confs), ("iou", set(IOUS)), ("max_det", counts)):
        own, said = getattr(correct, field), getattr(declared, field)
        for value in sorted(options - {own}):
            fault = threshold(field, value, said)
            if value == 1:
                fault = replace(fault, cost=FAULT + 1)
            popular = value in (CONFS if field == "conf" else (*IOUS, *COUNTS))
            faults.append(fault if popular else replace(fault, cost=fault.cost + 0.9 * CHOICE))
    return faults
