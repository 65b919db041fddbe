"""Finding the pipeline whose boxes are the observed ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Input
from parity.deployment.stage import allowed
from parity.diagnosis.box_evidence import (
    DECODING,
    combinations_of,
    decoding_worth,
    overlapping_share,
    rank_decodings,
    score_evidence,
)
from parity.diagnosis.catalogue.fault import Changes, Fault
from parity.diagnosis.cost import BELOW_LOWEST, CostModel
from parity.diagnosis.image_choice import ENOUGH_PROBE_BOXES, probe_images
from parity.diagnosis.local_search import (
    LEAST_GAIN,
    fit_class_ids,
    improve_locally,
    promising,
    without,
)
from parity.diagnosis.rescaling_fit import fit_rescaling

BUDGET = 400
"""Inputs of the network that are tried, at most; a count and no time, so that the answer does not
depend on the machine. Chosen: some 30 s of one core with YOLO11n."""

PROVEN = 0.75
"""Share of scores found to the last digit from which an input counts as proven; chosen."""

CERTAIN = 0.95
"""Share of scores found to the last digit from which no other input is tried; chosen."""

LIKELY = 0.4
"""Share of scores found to the last digit from which an input goes before others; chosen."""

FITTED = 0.2
"""Share of scores found to the last digit from which rescaling is fitted to them; chosen."""

BEAM = 3
"""Inputs that are carried on from one number of faults to the next; chosen."""

SECOND_MOVES = 12
"""Faults that are added to all of these but the best, to which all are added; chosen."""

CONFIRMED = 4
"""Inputs of each number of faults that are compared on all probes; chosen."""

CLEAR_DECODING = 0.3
"""By how much a reading of the raw output must be worth more than the next to be the only one that
is tried with other inputs, nats per score; chosen."""

DEPTH = 3
"""Faults before the network that are combined, at most; chosen."""

REFINED_IMAGES = 2
"""Images by which faults before the network are exchanged at the end: those that fit worst;
chosen."""

REFINED = 3
"""Exchanges that are improved further, at most; chosen."""

DECODINGS = 5
"""Readings of the raw output that are kept for all inputs; chosen."""

RESCALED_READINGS = 2
"""Readings of the raw output for which the ways of rescaling are tried; chosen."""

PROVEN_INPUTS, LIKELY_INPUTS = 3, 4
"""Inputs that are explained in full, if proven and if not; chosen."""

FITTED_RESCALINGS = 2
"""Fitted rescalings that are considered for an input; chosen."""

IMPROVED = 2
"""Hypotheses of an input that are improved locally; chosen."""

RESCALING_IMAGES = 6
"""Images to which rescaling is fitted; chosen."""

EXPLAINED_EXACT, EXPLAINED_PREDICTED = 0.97, 0.75
"""Shares of observed boxes that are reproduced exactly, and of predicted boxes that were observed,
from which a hypothesis explains the boxes; chosen: up to a quarter may be withheld."""

COMPLETE_EXACT = 0.995
"""Share of observed boxes from which there is nothing to refine; chosen."""

OVERLAPPING = 0.3
"""Share of observed boxes that a better one nearly covers from which NMS is missing; chosen."""

ZERO_AREA_SUSPECT = 0.25
"""Share of boxes without area from which an output that was not transposed is suspected; chosen."""

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

ZERO_AREA_INPUTS = ("stretched", "stretched_letterbox_back", "padded_first_black", "top_left")
"""Faults before the network that are tried with an output that was not transposed; chosen."""


def zero_area_hypotheses(start: Pipeline) -> Iterator[Pipeline]:
    """Yield what gives boxes without area: rows of the raw output read as boxes, clipped.

    Parameters
    ----------
    start : Pipeline
        An input and a rescaling.
    """
    rescalings: tuple[Changes, ...] = (
        {},
        {"gain": "letterbox", "offset": "letterbox"},
        {"gain": "stretch", "offset": "none"},
        {"gain": "none", "offset": "none"},
        {"offset": "none"},
    )
    kept: tuple[Changes, ...] = (
        {"suppression": "agnostic", "overlap": "nmsboxes", "suppressed_in": "image"},
        {"suppression": "best"},
    )
    rows = replace(start, output_axes="rows")
    for head, activation, rescaled, rescaling, suppression, class_ids in product(
        ("v8", "v5", "v5_classes"),
        ("none", "sigmoid"),
        allowed(Pipeline, "rescaled"),
        rescalings,
        kept,
        ("model", "rank"),
    ):
        changes: Changes = {
            "head": head,
            "activation": activation,
            "rescaled": rescaled,
            "class_ids": class_ids,
        }
        yield replace(rows, **changes, **rescaling, **suppression)


@dataclass(frozen=True)
class InputHypothesis:
    """A hypothesis about everything before the network.

    Attributes
    ----------
    faults : tuple of Fault
        What is assumed.
    pipeline : Pipeline
        The same, with the reading of the raw output that fits best.
    cost : float
        What it costs with the best of the common rescalings, nats.
    hits : float
        Share of scores found to the last digit, beyond chance; NaN if scores tell nothing.
    """

    faults: tuple[Fault, ...]
    pipeline: Pipeline
    cost: float
    hits: float

    @property
    def proven(self) -> bool:
        """Return whether the scores prove the input."""
        return bool(self.hits >= PROVEN)


class Search:
    """Searches for the pipeline that explains observations.

    Parameters
    ----------
    cost_model : CostModel
        Its images decide.
    class_names : dict of int to str
        The model's class names by id.

    Attributes
    ----------
    probes : list of str
        The few images by which inputs are told apart.
    """

    def __init__(self, cost_model: CostModel, class_names: dict[int, str]) -> None:
        self.cost_model = cost_model
        self.probes = probe_images(cost_model)
        self.class_names = class_names
        self._run: set[Input | None] = set()
        self.without_nms = overlapping_share(cost_model) > OVERLAPPING
        self._decodings: list[Changes] = []
        self._tried: dict[tuple[tuple[str, ...], tuple[Input | None, ...]], InputHypothesis] = {}

    @property
    def exhausted(self) -> bool:
        """Return whether the budget ran out."""
        return len(self._run) > BUDGET

    @property
    def tried(self) -> list[InputHypothesis]:
        """Return the inputs that were tried."""
        return list(dict.fromkeys(self._tried.values()))

    def run(self) -> Pipeline:
        """Search inputs first, then everything after the network, and combine."""
        cost_model = self.cost_model
        if not cost_model.box_count:
            return self.explain_nothing()
        start = self.try_input(())
        best = self.explain(start)
        least = cost_model.cost(best)
        if not self.is_explained(best) and cost_model.zero_area > ZERO_AREA_SUSPECT:
            best = self.explain_zero_area(best)
            least = cost_model.cost(best)
        if not self.is_explained(best):
            self.search_inputs(start)
            for hypothesis in self.best_inputs():
                candidate = self.explain(hypothesis)
                cost = cost_model.cost(candidate)
                if cost < least:
                    best, least = candidate, cost
                if self.is_explained(best):
                    break
        return self.refine(best)

    def explain_zero_area(self, best: Pipeline) -> Pipeline:
        """Return the best hypothesis of an output that was not transposed, or the one given."""
        cost_model = self.cost_model
        inputs = [cost_model.correct]
        for name in ZERO_AREA_INPUTS:
            faults = [f for f in cost_model.preprocessing_faults if f.name == name]
            inputs += [f.inject_into(cost_model.correct) for f in faults]
        options = [p for start in inputs for p in zero_area_hypotheses(start)]
        options.sort(key=cost_model.cost)
        improved = [improve_locally(cost_model, option) for option in options[:IMPROVED]]
        return min([best, *improved], key=cost_model.cost)

    def explain_nothing(self) -> Pipeline:
        """Return the simplest hypothesis that finds nothing in any image."""
        cost_model = self.cost_model
        detections = cost_model.replayer.detections
        silent = [cost_model.correct]
        for fault in cost_model.catalogue:
            pipeline = fault.inject_into(cost_model.correct)
            if all(not len(detections(pipeline, name)) for name in cost_model.names):
                silent.append(pipeline)
        for pipeline in silent:
            self.try_input(tuple(f for f in cost_model.faults(pipeline) if f.precedes_output))
        return min(silent, key=cost_model.cost)

    def is_explained(self, pipeline: Pipeline) -> bool:
        """Return whether a hypothesis leaves nothing to explain but boxes that are withheld."""
        found = self.cost_model.reproduction(pipeline)
        return found.exact >= EXPLAINED_EXACT and found.predicted >= EXPLAINED_PREDICTED

    def try_input(
        self, faults: tuple[Fault, ...], names: list[str] | None = None
    ) -> InputHypothesis:
        """Compare an input with some images, the probes unless told otherwise."""
        names = names or self.probes
        pipeline = self.cost_model.correct
        for fault in faults:
            pipeline = fault.inject_into(pipeline)
        inputs = self.cost_model.inputs(pipeline, names)
        key = (tuple(names), inputs)
        if key not in self._tried:
            self._tried[key] = self._compare(faults, pipeline, names)
            self._run.update(inputs)
        return self._tried[key]

    def _compare(
        self, faults: tuple[Fault, ...], pipeline: Pipeline, names: list[str]
    ) -> InputHypothesis:
        base = replace(pipeline, conf=self._lowest_conf())
        if self.without_nms:
            base = replace(base, suppression="none")
        if not self._decodings:
            self._decodings = self._likely_decodings(base, names)
        readings = []
        for changes in self._decodings:
            candidate = replace(base, **changes)
            likelihood, hits = score_evidence(self.cost_model, candidate, names)
            readings.append((decoding_worth(likelihood, hits), hits, candidate))
        readings.sort(key=lambda entry: -entry[0])
        _, hits, best = readings[0]
        cost = np.inf
        for _, _, candidate in readings[: 1 if hits >= PROVEN else RESCALED_READINGS]:
            for rescaling in COMMON_RESCALINGS:
                own = self.cost_model.misfit(replace(candidate, **rescaling), names)
                if own < cost:
                    cost, best = own, candidate
        cost += sum(fault.cost for fault in faults)
        return InputHypothesis(faults, replace(best, conf=pipeline.conf), cost, hits)

    def _likely_decodings(self, base: Pipeline, names: list[str]) -> list[Changes]:
        ranked = rank_decodings(self.cost_model, base, names)
        if len(ranked) > 1 and ranked[0][0] - ranked[1][0] > CLEAR_DECODING:
            return [ranked[0][1]]
        likely = [changes for _, changes in ranked[:DECODINGS]]
        correct = combinations_of(*DECODING)[0]
        return likely if correct in likely or likely == [{}] else [*likely, correct]

    def _lowest_conf(self) -> float:
        observed = self.cost_model.observed.values()
        scores = np.concatenate([np.zeros(0), *(o.scores for o in observed)])
        scores = scores[np.isfinite(scores)]
        if not len(scores):
            return self.cost_model.correct.conf
        return max(float(scores.min()) - BELOW_LOWEST, self.cost_model.replayer.floor)

    def search_inputs(self, start: InputHypothesis) -> None:
        """Combine faults before the network until the scores prove an input."""
        moves = [*self.cost_model.preprocessing_faults, *self.cost_model.network_faults]
        first = self.probes[:1]
        level = [self.try_input((), first)]
        best = start
        for _ in range(DEPTH):
            wider: dict[InputHypothesis, None] = {}
            for place, hypothesis in enumerate(level):
                for fault in moves if place == 0 else moves[:SECOND_MOVES]:
                    if self.exhausted or _exclude(fault, hypothesis):
                        continue
                    found = self.try_input((*hypothesis.faults, fault), first)
                    wider[found] = None
                    if found.hits > CERTAIN and self.try_input(found.faults).hits > CERTAIN:
                        return
            ranked = sorted((h for h in wider if h not in level), key=_likely_first)
            confirmed = [self.try_input(h.faults) for h in ranked[:CONFIRMED]]
            confirmed.sort(key=_likely_first)
            if not confirmed or confirmed[0].proven or self.exhausted:
                return
            if len(confirmed[0].faults) > 1 and confirmed[0].cost > best.cost:
                return
            best = min([best, *confirmed], key=lambda h: h.cost)
            if len(level) == 1:
                moves = [h.faults[0] for h in ranked if len(h.faults) == 1]
            level = [self.try_input(h.faults, first) for h in confirmed[:BEAM]]

    def best_inputs(self) -> list[InputHypothesis]:
        """Return the inputs that are worth a full explanation."""
        probes = tuple(self.probes)
        tried = dict.fromkeys(h for (names, _), h in self._tried.items() if names == probes)
        proven = sorted((h for h in tried if h.proven), key=lambda h: (-h.hits, h.cost))
        if proven:
            return proven[:PROVEN_INPUTS]
        return sorted(tried, key=lambda h: h.cost)[:LIKELY_INPUTS]

    def explain(self, hypothesis: InputHypothesis) -> Pipeline:
        """Fit everything after the network to an input."""
        cost_model = self.cost_model
        base = replace(
            hypothesis.pipeline,
            iou=cost_model.correct.iou,
            max_det=cost_model.correct.max_det,
            suppression="none" if self.without_nms else "classwise",
        )
        starts = [base]
        if np.isnan(hypothesis.hits) or hypothesis.hits > FITTED:
            rescaled = fit_rescaling(cost_model, base, self._informative())
            starts = rescaled[:FITTED_RESCALINGS] + starts
        options: list[Pipeline] = []
        for fitted in starts:
            options += fit_class_ids(cost_model, fitted, self.class_names)
        options += [replace(base, **rescaling) for rescaling in COMMON_RESCALINGS]
        options = sorted(dict.fromkeys(options), key=cost_model.cost)[:IMPROVED]
        return min((improve_locally(cost_model, o) for o in options), key=cost_model.cost)

    def _informative(self) -> list[str]:
        counts = {name: len(observed) for name, observed in self.cost_model.observed.items()}
        names = sorted(self.cost_model.names, key=lambda n: -min(counts[n], ENOUGH_PROBE_BOXES))
        return names[:RESCALING_IMAGES]

    def refine(self, best: Pipeline) -> Pipeline:
        """Exchange single faults before the network for others, compared on all images."""
        cost_model = self.cost_model
        while not self.exhausted:
            found = cost_model.reproduction(best)
            if found.exact > COMPLETE_EXACT and self.is_explained(best):
                break
            options = self._exchanges(best)
            worst = cost_model.worst_images(best, 1)
            for option in options:
                self._run.update(cost_model.inputs(option, worst))
            likely = promising(cost_model, best, options, 1)
            better = promising(cost_model, best, likely, REFINED_IMAGES)
            improved = [improve_locally(cost_model, option) for option in better[:REFINED]]
            winner = min([best, *improved], key=cost_model.cost)
            if cost_model.cost(winner) > cost_model.cost(best) - LEAST_GAIN:
                break
            best = winner
        return best

    def _exchanges(self, best: Pipeline) -> list[Pipeline]:
        """Return the inputs that are one fault more, less or another than a hypothesis."""
        cost_model = self.cost_model
        faults = cost_model.preprocessing_faults
        options = [f.inject_into(best) for f in faults if not f.is_in(best)]
        for old in cost_model.faults(best):
            if old.precedes_output:
                bare = without(cost_model, best, old)
                options += [bare, *(f.inject_into(bare) for f in faults if f.stage == old.stage)]
        return list(dict.fromkeys(options))


def _exclude(fault: Fault, hypothesis: InputHypothesis) -> bool:
    """Return whether a fault changes a choice that a hypothesis already changes."""
    return any(fault.fields & other.fields for other in hypothesis.faults)


def _likely_first(hypothesis: InputHypothesis) -> tuple[bool, float]:
    return not hypothesis.hits > LIKELY, hypothesis.cost
