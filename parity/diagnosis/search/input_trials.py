"""Inputs that are tried, and what the boxes of some images say of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Input
from parity.diagnosis.catalogue.fault import Changes, Fault
from parity.diagnosis.evidence.box_evidence import (
    COARSE_SCORE,
    combinations_of,
    decoding_worth,
    overlapping_share,
    rank_decodings,
    score_evidence,
    surviving_hits,
)
from parity.diagnosis.evidence.cost import BELOW_LOWEST, CostModel
from parity.diagnosis.evidence.image_choice import images_as_large, needs_no_resizing, probe_images
from parity.diagnosis.evidence.score_logits import logit, observed_logits
from parity.diagnosis.fitting.rescaling_fit import COARSE_DETAILS
from parity.diagnosis.search.refinement import CERTAIN, CERTAIN_BOXES, CERTAIN_SCORE, certain_images

PROVEN = 0.75
"""Share of scores found to the last digit from which an input counts as proven; chosen."""

LIKELY = 0.4
"""Share of scores found to the last digit from which an input goes before others, and is compared
on all probes at once; chosen."""

FITTED = 0.2
"""Share of scores found to the last digit from which rescaling is fitted to them; chosen."""

LEAST_REPRODUCED = 8
"""Boxes that must be reproduced to tell of an input where scores tell nothing; chosen."""

BETTER_RESCALING = 0.9
"""What an unusual way of rescaling must reduce the misfit to; chosen."""

CLEAR_DECODING = 0.3
"""By how much a reading of the raw output must be worth more than the next to be the only one,
beside the correct one, that is tried with other inputs, nats per score; chosen."""

DECODINGS = 5
"""Readings of the raw output that are kept for all inputs; chosen."""

RESCALED_READINGS = 2
"""Readings of the raw output for which the ways of rescaling are tried; chosen."""

MORE_RESCALINGS = 2
"""Unusual ways of rescaling that are tried with other inputs, at most; chosen."""

LEAST_BOXES = 3
"""Boxes by which inputs are searched, at least, if the probes hold as many; chosen: one alone fits
too many inputs."""

OVERLAPPING = 0.3
"""Share of observed boxes that a better one nearly covers from which NMS is missing; chosen."""

COMMON_RESCALINGS: tuple[Changes, ...] = (
    {},
    {"gain": "stretch", "offset": "none"},
    {"gain": "letterbox", "offset": "letterbox"},
    {"offset": "none"},
    {"gain": "none", "offset": "none"},
    {"gain": "height"},
    {"gain": "none"},
    {"rescaled": "gain"},
    {"box_format": "xywh"},
    {"box_format": "full_sides"},
    {"offset": "letterbox"},
)
"""Common ways of rescaling boxes, tried while the input is not known."""

UNUSUAL_RESCALINGS: tuple[Changes, ...] = tuple(
    {**common, **detail} for common, detail in product(COMMON_RESCALINGS, COARSE_DETAILS)
)
"""Other ways, of which those that fit best without any fault before the network are tried, too."""


@dataclass(frozen=True)
class InputHypothesis:
    """A hypothesis about everything before the network."""

    faults: tuple[Fault, ...]
    """What is assumed."""
    pipeline: Pipeline
    """The same, with the reading of the raw output that fits best."""
    cost: float
    """What it costs with the best of the common rescalings, nats."""
    hits: float
    """Share of scores found to the last digit, beyond chance; NaN if scores tell nothing."""
    logits: np.ndarray = field(compare=False)
    """(B,) float64. Of the score that it gives to each observed box; NaN for a box that it does not
    give."""

    @property
    def other_network(self) -> bool:
        """Return whether another network is all that is assumed."""
        return [fault.stage for fault in self.faults] == ["network"]

    @property
    def proven(self) -> bool:
        """Return whether the scores prove the input."""
        return bool(self.hits >= PROVEN)

    @property
    def likely(self) -> bool:
        """Return whether the scores of many boxes are those of this input."""
        return bool(self.hits > LIKELY)

    @property
    def disproved(self) -> bool:
        """Return whether the scores are those of another input."""
        return bool(self.hits < FITTED)


class InputTrials:
    """Tries inputs on images, each once.

    Parameters
    ----------
    cost_model : CostModel
        Its images decide.
    altered : Fault, optional
        What turns or resizes the image before all else, in all of the inputs.

    Attributes
    ----------
    correct : Pipeline
        What inputs deviate from: correct but for the image that is altered.
    probes : list of str
        The few images by which inputs are told apart.
    rescales : bool
        Whether the task's boxes are mapped back to the image.
    without_nms : bool
        Whether so many boxes overlap that there was no suppression.
    """

    def __init__(self, cost_model: CostModel, altered: Fault | None = None) -> None:
        self.cost_model = cost_model
        self.altered = altered
        correct = cost_model.correct
        self.correct = altered.inject_into(correct) if altered else correct
        self.probes = probe_images(cost_model)
        cost_model.start_with(self.probes)
        choices = cost_model.replayer.task.choices
        self.rescales, suppresses = "gain" in choices, "suppression" in choices
        self.without_nms = suppresses and overlapping_share(cost_model) > OVERLAPPING
        fine = cost_model.precision.score <= CERTAIN_SCORE
        self._as_large = images_as_large(cost_model) if fine else set()
        self._decodings: list[Changes] = []
        self._rescalings = self.possible(COMMON_RESCALINGS)
        self._tried: dict[tuple[tuple[str, ...], tuple[Input | None, ...]], InputHypothesis] = {}

    def possible(self, options: Iterable[Changes]) -> tuple[Changes, ...]:
        """Return those of some changes that deployments of the task may have."""
        choices = self.cost_model.replayer.task.choices
        return tuple(changes for changes in options if changes.keys() <= choices)

    def ways_back(self, pipeline: Pipeline) -> tuple[Changes, ...]:
        """Return the common ways of rescaling boxes of a pipeline."""
        return self._ways_back(self.possible(COMMON_RESCALINGS), pipeline)

    def _ways_back(
        self, rescalings: tuple[Changes, ...], pipeline: Pipeline
    ) -> tuple[Changes, ...]:
        """Return some ways of rescaling, with and without moving boxes of a turned image back."""
        if pipeline.turned == "no":
            return rescalings
        left = ({**changes, "turned_back": "no"} for changes in rescalings)
        return (*rescalings, *self.possible(left))

    def tried_on(self, names: list[str]) -> list[InputHypothesis]:
        """Return the inputs that were tried on these images."""
        return [h for (images, _), h in self._tried.items() if images == tuple(names)]

    @property
    def tried(self) -> list[InputHypothesis]:
        """Return the inputs that were tried."""
        return list(dict.fromkeys(self._tried.values()))

    def try_input(
        self, faults: tuple[Fault, ...], names: list[str] | None = None
    ) -> InputHypothesis:
        """Compare an input with some images, the probes unless told otherwise."""
        names = names or self.probes
        pipeline = self.correct
        for fault in faults:
            pipeline = fault.inject_into(pipeline)
        inputs = self.cost_model.inputs(pipeline, names)
        key = (tuple(names), inputs)
        if key not in self._tried:
            self._tried[key] = self._compare(faults, pipeline, names)
        return self._tried[key]

    def _compare(
        self, faults: tuple[Fault, ...], pipeline: Pipeline, names: list[str]
    ) -> InputHypothesis:
        base = pipeline.replace(conf=self.lowest_conf())
        if self.without_nms:
            base = base.replace(suppression="none")
        if not self._decodings:
            self._decodings = self._likely_decodings(base, names)
        readings = []
        for changes in self._decodings:
            candidate = base.replace(**changes)
            likelihood, hits = score_evidence(self.cost_model, candidate, names)
            readings.append((decoding_worth(likelihood, hits), hits, candidate))
        readings.sort(key=lambda entry: -entry[0])
        _, hits, best = readings[0]
        if self.cost_model.precision.score > COARSE_SCORE:
            hits = surviving_hits(self.cost_model, best, names)
        likely = [candidate for _, _, candidate in readings[:RESCALED_READINGS]]
        if hits >= PROVEN:
            likely = [best]
        elif base not in likely:
            likely.append(base)  # a score found by chance must not hide the correct reading
        options = [
            (self.cost_model.misfit(rescaled, names), place, candidate, rescaled)
            for candidate in likely
            for place, rescaling in enumerate(self._ways_back(self._rescalings, candidate))
            for rescaled in [candidate.replace(**rescaling)]
        ]
        cost, _, best, rescaled = min(options, key=lambda option: option[:2])
        if np.isnan(hits):
            hits = self._reproduced(rescaled, names)
        logits = np.concatenate(
            [observed_logits(self.cost_model, rescaled, name) for name in names]
        )
        cost += sum(fault.cost for fault in faults)
        return InputHypothesis(faults, best.replace(conf=pipeline.conf), cost, hits, logits)

    def _reproduced(self, pipeline: Pipeline, names: list[str]) -> float:
        """Return the share of boxes that are reproduced, where it is so large that it tells.

        A small one tells nothing, since the rescaling may be unknown.
        """
        if self.cost_model.precision.score > CERTAIN_SCORE:
            return np.nan
        fits = [self.cost_model.goodness_of_fit(pipeline, name) for name in names]
        observed = sum(fit.observed for fit in fits)
        exact = sum(int(fit.exact.sum()) for fit in fits)
        return exact / observed if exact > max(LIKELY * observed, LEAST_REPRODUCED) else np.nan

    def _likely_decodings(self, base: Pipeline, names: list[str]) -> list[Changes]:
        ranked = rank_decodings(self.cost_model, base, names)
        clear = len(ranked) > 1 and ranked[0][0] - ranked[1][0] > CLEAR_DECODING
        likely = [changes for _, changes in ranked[: 1 if clear else DECODINGS]]
        correct = self._correct_reading()
        return likely if correct in likely or likely == [{}] else [*likely, correct]

    def _correct_reading(self) -> Changes:
        return combinations_of(*self.cost_model.replayer.task.reading)[0]

    def read_correctly(self, pipeline: Pipeline) -> Pipeline:
        """Return a pipeline that reads the raw output as it should be read.

        The raw output may seem to be read otherwise where boxes of some classes are left out.
        """
        return pipeline.replace(**self._correct_reading())

    def equal_readings(self, pipeline: Pipeline) -> list[Pipeline]:
        """Return a pipeline with other readings of the raw output that give the same scores."""
        low = pipeline.replace(conf=self.lowest_conf())

        def told(changes: Changes) -> tuple[float, float]:
            return score_evidence(self.cost_model, low.replace(**changes), self.probes)

        own = told({})
        others = (c for c in self._decodings if low.replace(**c) != low)
        return [pipeline.replace(**changes) for changes in others if told(changes) == own]

    def widen_rescalings(self, names: list[str]) -> None:
        """Try inputs with unusual ways of rescaling, too, where these fit clearly better.

        Where boxes are in another unit, say, none of the common ways pairs them with what any
        input gives. Where classes are numbered otherwise, they are so with all inputs.
        """
        base = self.try_input(()).pipeline.replace(conf=self.lowest_conf())

        def misfit(changes: Changes) -> float:
            return self.cost_model.misfit(base.replace(**changes), names)

        common, unusual = self.possible(COMMON_RESCALINGS), self.possible(UNUSUAL_RESCALINGS)
        enough = BETTER_RESCALING * min(map(misfit, common))
        better = sorted((c for c in unusual if misfit(c) < enough), key=misfit)
        rescalings = (*common, *better[:MORE_RESCALINGS])
        best = min(rescalings, key=misfit)
        numbering = min(self._numberings(), key=lambda changes: misfit({**best, **changes}))
        if misfit({**best, **numbering}) < BETTER_RESCALING * misfit(best):
            rescalings = tuple({**changes, **numbering} for changes in rescalings)
        if rescalings != self._rescalings:
            self._rescalings = rescalings
            self._tried.clear()

    def _numberings(self) -> list[Changes]:
        """Return how classes may be numbered."""
        faults = self.cost_model.postprocessing_faults
        return [dict(fault.changes) for fault in faults if fault.stage == "class_ids"]

    def lowest_conf(self) -> float:
        """Return the confidence threshold that keeps every observed box."""
        observed = self.cost_model.observed.values()
        scores = np.concatenate([np.zeros(0), *(o.scores for o in observed)])
        scores = scores[np.isfinite(scores)]
        if not len(scores):
            return self.cost_model.correct.conf
        return max(float(scores.min()) - BELOW_LOWEST, self.cost_model.replayer.floor)

    def first_probes(self) -> list[str]:
        """Return the probes by which inputs are searched: one, or more where it holds few boxes.

        They are of those whose boxes the correct input does not give, if there are any. One that
        needs no resizing goes first, since far fewer inputs differ in it. What only others show is
        found by refining (:mod:`parity.diagnosis.search.refinement`).
        """
        wrong = [n for n in self.probes if not self.try_input((), [n]).hits >= CERTAIN]
        observed = self.cost_model.observed
        wrong.sort(key=lambda n: n not in self._as_large or len(observed[n]) < CERTAIN_BOXES)
        ranked = wrong or self.probes
        counts = np.cumsum([len(observed[name]) for name in ranked])
        return ranked[: 1 + int((counts < LEAST_BOXES).sum())]

    def wanted_logits(self, names: list[str]) -> np.ndarray:
        """Return the logits of the observed scores of some images, (B,) float64."""
        return np.concatenate([logit(self.cost_model.observed[name].scores) for name in names])

    def is_certain(self, hypothesis: InputHypothesis, names: list[str]) -> bool:
        """Return whether scores prove an input, but for what only images that are resized show."""
        return hypothesis.hits >= CERTAIN and self._as_large.issuperset(names)

    def is_proven_in_resized(self, hypothesis: InputHypothesis) -> bool:
        """Return whether scores prove an input in a probe that is resized, and not the correct."""
        correct = self.try_input(()).pipeline
        return any(
            not needs_no_resizing(self.cost_model, name)
            for name in certain_images(self.cost_model, hypothesis.pipeline, self.probes)
            if not certain_images(self.cost_model, correct, [name])
        )

    def try_each(
        self, options: Iterable[tuple[Fault, ...]], names: list[str]
    ) -> list[InputHypothesis]:
        """Return the distinct inputs of some options; only one where the scores prove it."""
        found: dict[InputHypothesis, None] = {}
        for faults in options:
            if self.cost_model.exhausted:
                break
            hypothesis = self.try_input(faults, names)
            if len(hypothesis.faults) < len(faults):
                continue
            found[hypothesis] = None
            if self.is_certain(hypothesis, names):
                return [hypothesis]
            if self._is_promising(hypothesis) and self.try_input(faults).proven:
                return [hypothesis]
        return list(found)

    def _is_promising(self, hypothesis: InputHypothesis) -> bool:
        """Return whether an input should be compared on all probes at once."""
        coarse = self.cost_model.precision.score > COARSE_SCORE
        return hypothesis.proven if coarse else hypothesis.likely
