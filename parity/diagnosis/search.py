"""Finding the pipeline whose boxes are the observed ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, product

import numpy as np

from parity.deployment.geometry import CROPPING
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Input
from parity.deployment.stage import allowed
from parity.detection.letterbox import BORDER
from parity.diagnosis.border_fit import fitted_level, likely_level
from parity.diagnosis.box_evidence import (
    COARSE_SCORE,
    combinations_of,
    decoding_worth,
    overlapping_share,
    rank_decodings,
    score_evidence,
    surviving_hits,
)
from parity.diagnosis.catalogue.fault import Changes, Fault
from parity.diagnosis.catalogue.geometry import other_border
from parity.diagnosis.cost import BELOW_LOWEST, CostModel
from parity.diagnosis.image_choice import (
    ENOUGH_PROBE_BOXES,
    hiding_images,
    images_as_large,
    probe_images,
)
from parity.diagnosis.local_search import (
    fit_class_ids,
    improve_locally,
)
from parity.diagnosis.placeless_fit import placeless_misfit
from parity.diagnosis.refinement import (
    CERTAIN,
    CERTAIN_BOXES,
    CERTAIN_SCORE,
    certain_images,
    is_complete,
    is_explained,
    leaves,
    refine,
)
from parity.diagnosis.rescaling_fit import COARSE_DETAILS, fit_constants, fit_rescaling
from parity.diagnosis.score_logits import disagreement, logit, observed_logits
from parity.diagnosis.usual_inputs import usual_inputs

PROVEN = 0.75
"""Share of scores found to the last digit from which an input counts as proven; chosen."""

LEAST_REPRODUCED = 8
"""Boxes that must be reproduced to tell of an input where scores tell nothing; chosen."""

LEADS = 2
"""Faults of each kind of evidence with which all others are combined, at most; chosen."""

FITTING = 5.0
"""Cost of a single fault below which it explains an image, nats; chosen a little above its own."""

BETTER_PLACELESS = 0.8
"""Share of what the correct input leaves of scores and classes up to which a drastic fault is such
an input; chosen."""

LIKELY = 0.4
"""Share of scores found to the last digit from which an input goes before others, and is compared
on all probes at once; chosen."""

FITTED = 0.2
"""Share of scores found to the last digit from which rescaling is fitted to them; chosen."""

BEAM = 3
"""Inputs that are carried on from one number of faults to the next; chosen."""

SECOND_MOVES = 8
"""Faults, the best on their own, that are added to the others of these; chosen."""

WORSE = 1.3
"""A fault that makes the cost larger by this factor on its own is not combined further; chosen."""

TIED = 1.0
"""Difference of the costs of single faults, nats, up to which each is combined with all others;
chosen."""

COMBINED = 14
"""Combinations that are tried after each number of faults, those whose scores should agree best;
chosen."""

CONFIRMED = 4
"""Inputs of each number of faults that are compared on all probes; chosen."""

BORDERS, INTERPOLATED = 10, 3
"""Grey levels of the border that are tried for an image at most, and how many of them are found by
interpolation, before a trend is fitted to all; chosen."""

ANCHORS, UNPOPULAR = (0, 57, 180), (57, 180)
"""Grey levels between which scores are interpolated on another image, and those of them that are no
popular ones; chosen."""

PROMISING_BORDER = 0.75
"""Share of the difference of logits from which no level is tried; chosen."""

SIMPLER = 0.02
"""Difference of logits that another fault must explain beside the level of the border; chosen."""

CLEAR_DECODING = 0.3
"""By how much a reading of the raw output must be worth more than the next to be the only one that
is tried with other inputs, nats per score; chosen."""

CROSSED = (("scaling", "colours"), ("crop", "crop_kernel"))
"""Choices before a classifier that are combined: of pixel values, then of geometry."""

DEPTH = 3
"""Faults before the network that are combined, at most; chosen."""

GENTLE_SCALINGS = ("unit", "by_256")
"""The correct scaling of the input's levels, and one that hardly differs from it."""

DRASTIC = frozenset(
    (name, value)
    for name, values in (
        ("scaling", tuple(v for v in allowed(Pipeline, "scaling") if v not in GENTLE_SCALINGS)),
        ("axes", ("hwc", "cwh")),
        ("fitting", CROPPING),
        ("sides_exchanged", (True,)),
        ("reduction", (0.25,)),
    )
    for value in values
)
"""Choices with which scores differ by half a logit and more on average; measured with YOLO11n."""

SUBTLE = frozenset(
    (
        *("kernel", "grid", "levels", "edges", "border", "side_rounding", "border_rounding"),
        *("chroma", "jpeg_quality"),
    )
)
"""Choices with which scores differ by a tenth of a logit or two on average; measured likewise."""

SLIGHT = 0.25
"""Mean difference of logits up to which an input is nearly the correct one, so that drastic faults
are tried last; beyond it, subtle ones are; chosen."""

BETTER = 0.9
"""What a fault must reduce the cost to so that less likely ones are not tried alone; chosen."""

DECODINGS = 5
"""Readings of the raw output that are kept for all inputs; chosen."""

RESCALED_READINGS = 2
"""Readings of the raw output for which the ways of rescaling are tried; chosen."""

MORE_RESCALINGS = 2
"""Unusual ways of rescaling that are tried with other inputs, at most; chosen."""

PROVEN_INPUTS, LIKELY_INPUTS = 3, 2
"""Inputs that are explained in full, if proven and if not; chosen."""

FITTED_RESCALINGS = 2
"""Fitted rescalings that are considered for an input; chosen."""

IMPROVED = 2
"""Hypotheses of an input that are improved locally; chosen."""

RESCALING_IMAGES = 6
"""Images to which rescaling is fitted; chosen."""

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

UNUSUAL_RESCALINGS: tuple[Changes, ...] = tuple(
    {**common, **detail} for common, detail in product(COMMON_RESCALINGS, COARSE_DETAILS)
)
"""Other ways, of which those that fit best without any fault before the network are tried, too."""

ZERO_AREA_LIKELY = 40
"""Hypotheses of an output that was not transposed that are compared on all images, those that fit
the probes best; chosen."""

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
    rows = start.replace(output_axes="rows")
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
        yield rows.replace(**changes, **rescaling, **suppression)


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
        cost_model.start_with(self.probes)
        self.class_names = class_names
        choices = cost_model.replayer.task.choices
        self.rescales, suppresses = "gain" in choices, "suppression" in choices
        self.without_nms = suppresses and overlapping_share(cost_model) > OVERLAPPING
        fine = cost_model.precision.score <= CERTAIN_SCORE
        self._as_large = images_as_large(cost_model) if fine else set()
        self._settled: dict[InputHypothesis, None] = {}
        self._decodings: list[Changes] = []
        self._rescalings = self.possible(COMMON_RESCALINGS)
        self._tried: dict[tuple[tuple[str, ...], tuple[Input | None, ...]], InputHypothesis] = {}

    def possible(self, options: Iterable[Changes]) -> tuple[Changes, ...]:
        """Return those of some changes that deployments of the task may have."""
        choices = self.cost_model.replayer.task.choices
        return tuple(changes for changes in options if changes.keys() <= choices)

    @property
    def tried(self) -> list[InputHypothesis]:
        """Return the inputs that were tried."""
        return list(dict.fromkeys(self._tried.values()))

    def run(self) -> Pipeline:
        """Search inputs first, then everything after the network, and combine."""
        cost_model = self.cost_model
        start = self.try_input(())
        best, least = start.pipeline, np.inf
        explained = not start.disproved or cost_model.zero_area > ZERO_AREA_SUSPECT
        if explained:
            best = self.explain(start)
            least = cost_model.cost(best)
        if cost_model.zero_area > ZERO_AREA_SUSPECT and not is_explained(cost_model, best):
            best = self.explain_zero_area(best)
            least = cost_model.cost(best)
        if not is_explained(cost_model, best) and not start.proven:
            self.search_inputs()
            likely = self.best_inputs()
            if not explained and not any(hypothesis.likely for hypothesis in likely):
                likely = list(dict.fromkeys([*likely, start]))
            for hypothesis in likely:
                candidate = self.explain(hypothesis)
                cost = cost_model.cost(candidate)
                if cost < least:
                    best, least = candidate, cost
                if is_explained(cost_model, best):
                    break
        return refine(cost_model, best)

    def explain_zero_area(self, best: Pipeline) -> Pipeline:
        """Return the best hypothesis of an output that was not transposed, or the one given."""
        cost_model = self.cost_model
        inputs = [cost_model.correct]
        for name in ZERO_AREA_INPUTS:
            faults = [f for f in cost_model.preprocessing_faults if f.name == name]
            inputs += [f.inject_into(cost_model.correct) for f in faults]
        options = [p for start in inputs for p in zero_area_hypotheses(start)]
        options.sort(key=lambda p: cost_model.misfit(p, self.probes) + cost_model.fault_cost(p))
        options = sorted(options[:ZERO_AREA_LIKELY], key=cost_model.cost)
        improved = [improve_locally(cost_model, option) for option in options[:IMPROVED]]
        return min([best, *improved], key=cost_model.cost)

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
        return self._tried[key]

    def _compare(
        self, faults: tuple[Fault, ...], pipeline: Pipeline, names: list[str]
    ) -> InputHypothesis:
        base = pipeline.replace(conf=self._lowest_conf())
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
            for place, rescaling in enumerate(self._rescalings)
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
        if len(ranked) > 1 and ranked[0][0] - ranked[1][0] > CLEAR_DECODING:
            return [ranked[0][1]]
        likely = [changes for _, changes in ranked[:DECODINGS]]
        correct = combinations_of(*self.cost_model.replayer.task.reading)[0]
        return likely if correct in likely or likely == [{}] else [*likely, correct]

    def _first_probe(self) -> list[str]:
        """Return the probe by which inputs are searched: one that the correct input does not give.

        One that needs no resizing goes first, since far fewer inputs differ in it. What only others
        show is found by refining (:mod:`parity.diagnosis.refinement`).
        """
        wrong = [n for n in self.probes if not self.try_input((), [n]).hits >= CERTAIN]
        observed = self.cost_model.observed
        wrong.sort(key=lambda n: n not in self._as_large or len(observed[n]) < CERTAIN_BOXES)
        return (wrong or self.probes)[:1]

    def _likely_rescalings(self, names: list[str]) -> tuple[Changes, ...]:
        """Return the common ways of rescaling and the unusual ones that fit clearly better.

        Where boxes are in another unit, say, none of the common ways pairs them with what any
        input gives.
        """
        base = self.try_input(()).pipeline.replace(conf=self._lowest_conf())

        def misfit(changes: Changes) -> float:
            return self.cost_model.misfit(base.replace(**changes), names)

        common, unusual = self.possible(COMMON_RESCALINGS), self.possible(UNUSUAL_RESCALINGS)
        enough = BETTER * min(map(misfit, common))
        better = sorted((c for c in unusual if misfit(c) < enough), key=misfit)
        return (*common, *better[:MORE_RESCALINGS])

    def _lowest_conf(self) -> float:
        observed = self.cost_model.observed.values()
        scores = np.concatenate([np.zeros(0), *(o.scores for o in observed)])
        scores = scores[np.isfinite(scores)]
        if not len(scores):
            return self.cost_model.correct.conf
        return max(float(scores.min()) - BELOW_LOWEST, self.cost_model.replayer.floor)

    def search_inputs(self) -> None:
        """Combine faults before the network until the scores prove an input.

        Single faults are tried on one image. Which of them belong together is then estimated: what
        two faults do to the scores is about the sum of what each does, on the scale of logits.
        """
        first = self._first_probe()
        self._rescalings = self._likely_rescalings(first)
        plain = self.try_input((), first)
        possible = self._possible_faults()
        wanted = logit(self.cost_model.observed[first[0]].scores)
        moves = sorted(possible, key=lambda fault: fault.cost)
        level = self._try_singles(moves, plain, wanted, first)
        effects = [(h.faults[0], h.logits - plain.logits) for h in level]
        costs = {h.faults[0]: h.cost for h in level}
        ranked = sorted((f for f in moves if f in costs), key=lambda f: costs[f])
        shown = [f for f in ranked if costs[f] < WORSE * plain.cost]
        useful = [*(f for f in moves if f not in costs), *shown]
        if not any(h.proven and self.try_input(h.faults).proven for h in level):
            level += self._try(usual_inputs(possible), first)
        every = list(level)
        least = np.inf
        for depth in range(DEPTH):
            level.sort(key=_likely_first)
            if not level or self._settled_by(level, first) or self.cost_model.exhausted:
                break
            if level[0].disproved and level[0].cost > least:
                break  # no further fault is worth its cost
            least = level[0].cost
            options: dict[frozenset[str], tuple[float, tuple[Fault, ...]]] = {}
            for place, hypothesis in enumerate(level):
                for fault, effect in effects:
                    if _excludes(fault, hypothesis) or (place >= BEAM and depth > 0):
                        continue
                    left = disagreement(hypothesis.logits + effect, wanted)
                    faults = (*hypothesis.faults, fault)
                    key = frozenset(f.name for f in faults)
                    options[key] = min(options.get(key, (left, faults)), (left, faults), key=_first)
            promise = {key: left for key, (left, _) in options.items()}
            likely = [faults for _, faults in sorted(options.values(), key=_first)[:COMBINED]]
            led = self._led(moves, first) if depth == 0 else iter(())
            greedy = [
                (*hypothesis.faults, fault)
                for place, hypothesis in enumerate(level)
                if place < BEAM or hypothesis.other_network
                for fault in (useful if _is_ahead(place, level) else shown[:SECOND_MOVES])
                if not _excludes(fault, hypothesis)
            ]
            greedy.sort(key=lambda faults: promise.get(frozenset(f.name for f in faults), 0.0))
            bordered = self._fit_border([plain, *level], first)
            if not bordered and depth == 0:
                bordered = self._fit_border_elsewhere(level[:1], first)
            if any(self._is_certain(h, first) for h in bordered):
                level = bordered
            else:
                level = self._try(chain(likely, led, greedy), first) + bordered or level
            every += level
        if not self.rescales and not any(hypothesis.likely for hypothesis in every):
            every += self._cross(possible, first)
        for hypothesis in sorted(dict.fromkeys(every), key=_likely_first)[:CONFIRMED]:
            self.try_input(hypothesis.faults)

    def _settled_by(self, level: list[InputHypothesis], first: list[str]) -> bool:
        """Return whether the scores prove one of the likely inputs of a level, the best first."""
        best = sorted(level, key=_likely_first)[:CONFIRMED]
        return any(self._settles(h, first) for h in best if not h.disproved)

    def _led(self, moves: Sequence[Fault], first: list[str]) -> Iterator[tuple[Fault, ...]]:
        """Yield what seems right but for a further fault, with each of these."""
        for leads in (self._singled_out, self._drastic_leads) if self.rescales else ():
            for lead in leads(moves, first):
                yield from ((lead, f) for f in moves if not f.fields & lead.fields)

    def _singled_out(self, moves: Sequence[Fault], first: list[str]) -> list[Fault]:
        """Return the faults that give an image on which a further fault may not show.

        The scores of a few boxes are found by chance at times, so that boxes that fit go first.
        """
        altered = [fault.inject_into(self.cost_model.correct) for fault in moves]
        costs: dict[Fault, float] = {}
        for name in hiding_images(self.cost_model, altered, first[0]):
            if self.try_input((), [name]).hits >= CERTAIN:
                continue
            for fault in moves:
                if self.cost_model.exhausted:
                    return []
                found = self.try_input((fault,), [name])
                if found.hits >= CERTAIN:
                    costs[fault] = min(costs.get(fault, np.inf), found.cost)
            if min(costs.values(), default=np.inf) < FITTING:
                break
        likely = sorted(costs, key=lambda f: (costs[f], self.try_input((f,), first).cost))
        return likely[:LEADS]

    def _drastic_leads(self, moves: Sequence[Fault], _first: list[str]) -> list[Fault]:
        """Return the faults with which scores and classes fit better, wherever the boxes lie.

        They change those of all images, and more than what another fault does beside them.
        """
        enough = BETTER_PLACELESS * self._placeless_misfit(self.try_input(()))
        left = {
            f: self._placeless_misfit(self.try_input((f,)))
            for f in moves
            if is_drastic(f) or "colours" in f.fields
        }
        return sorted((f for f in left if left[f] < enough), key=lambda f: left[f])[:LEADS]

    def _placeless_misfit(self, hypothesis: InputHypothesis) -> float:
        pipeline = hypothesis.pipeline.replace(conf=self._lowest_conf())
        observed = self.cost_model.observed
        return sum(
            placeless_misfit(self.cost_model.predicted(pipeline, name), observed[name])
            for name in self.probes
        )

    def _try_singles(
        self, moves: Sequence[Fault], plain: InputHypothesis, wanted: np.ndarray, first: list[str]
    ) -> list[InputHypothesis]:
        """Return the inputs of single faults, of the unlikely ones only where it may be they."""
        slight = disagreement(plain.logits, wanted) < SLIGHT
        unlikely = is_drastic if slight else is_subtle
        level = self._try([(fault,) for fault in moves if not unlikely(fault)], first)
        worse = min((h.cost for h in level), default=np.inf) > BETTER * plain.cost
        lost = not any(hypothesis.likely for hypothesis in level)
        if worse or slight or lost:  # of few boxes, one that is lost counts for much
            level += self._try([(fault,) for fault in moves if unlikely(fault)], first)
        return level

    def _cross(self, possible: list[Fault], first: list[str]) -> list[InputHypothesis]:
        """Return inputs that combine every fault of some choices of a classifier.

        An image has a few scores alone, and a kernel changes them as much as a crop does, so that
        combinations cannot be predicted; and the network is small.
        """
        level = [self.try_input((), first)]
        for choices in CROSSED:
            for choice in choices:
                faults = [fault for fault in possible if fault.fields == {choice}]
                options = [(*h.faults, fault) for h in level for fault in faults]
                level += self._try(options, first)
            level = sorted(dict.fromkeys(level), key=_likely_first)[:BEAM]
        return level

    def _fit_border_elsewhere(
        self, bases: Sequence[InputHypothesis], first: list[str]
    ) -> list[InputHypothesis]:
        """Return the input whose border fits the probe with the widest border, on the first one."""
        widths = {n: self._border_share(n) for n in self.probes if n not in first}
        widest = max(widths, key=lambda n: widths[n], default="")
        if not widths.get(widest, 0.0) > self._border_share(first[0]):
            return []
        for level in ANCHORS:
            self.try_input((other_border(level),), [widest])
        there = [self.try_input(faults, [widest]) for faults in ((), *(h.faults for h in bases))]
        found = self._fit_border(there, [widest])
        return [self.try_input(hypothesis.faults, first) for hypothesis in found]

    def _border_share(self, name: str) -> float:
        """Return the share of the input that is border."""
        source = self.cost_model.replayer.input_of(self.cost_model.correct, name)
        if source is None:
            return 0.0
        place = source.place
        area = place.resized_height * place.resized_width
        return 1 - area / (place.height * place.width)

    def _fit_border(
        self, bases: Sequence[InputHypothesis], first: list[str]
    ) -> list[InputHypothesis]:
        """Return the input whose border has the grey level that gives the scores of an image.

        None is returned where no level gives them to the last digit: one nearby fits nearly as
        well, so that a level that fits best is not proved by that.
        """
        plain = bases[0]
        wanted = logit(self.cost_model.observed[first[0]].scores)
        tried = [h for (names, _), h in self._tried.items() if names == tuple(first)]
        alone = {
            fault.changes[0][1]: hypothesis.logits - plain.logits
            for hypothesis in tried
            for fault in hypothesis.faults
            if len(hypothesis.faults) == 1 and fault.fields == {"border"}
        }
        effects = {level: effect for level, effect in alone.items() if isinstance(level, int)}
        effects |= {BORDER: np.zeros_like(wanted)} if effects else {}
        fits: list[tuple[float, int, InputHypothesis, dict[int, np.ndarray]]] = []
        for base in dict.fromkeys(bases):
            known = {level: base.logits + effect for level, effect in effects.items()}
            found = likely_level(known, wanted)
            popular = (known[level] for level in known if level not in UNPOPULAR)
            now = min((disagreement(logits, wanted) for logits in popular), default=0.0)
            bordered = any("border" in fault.fields for fault in base.faults)
            if found and not bordered and found.left < PROMISING_BORDER * now:
                fits.append((found.left + SIMPLER * len(base.faults), len(fits), base, known))
        if not fits:
            return []
        _, _, base, known = min(fits)
        for count in range(BORDERS):
            found = likely_level(known, wanted)
            if found is None or self.cost_model.exhausted:
                break
            level = found.level if count < INTERPOLATED else fitted_level(known, wanted)
            fault = other_border(level)
            hypothesis = self.try_input((*base.faults, fault), first)
            if hypothesis.hits >= CERTAIN:
                self.cost_model.add_fitted_fault(fault)
                return [hypothesis]
            known[level] = hypothesis.logits
        return []

    def _possible_faults(self) -> list[Fault]:
        """Return the faults before the network that leave proven inputs as they are."""
        cost_model, correct = self.cost_model, self.cost_model.correct
        start = self.try_input(()).pipeline
        certain = certain_images(cost_model, start, self.probes)
        faults = [*cost_model.preprocessing_faults, *cost_model.network_faults]
        return [f for f in faults if leaves(cost_model, f.inject_into(correct), correct, certain)]

    def _is_certain(self, hypothesis: InputHypothesis, names: list[str]) -> bool:
        """Return whether scores prove an input, but for what only images that are resized show."""
        return hypothesis.hits >= CERTAIN and self._as_large.issuperset(names)

    def _settles(self, on_first: InputHypothesis, first: list[str]) -> bool:
        """Return whether scores prove an input, or all but what other images show."""
        on_all = self.try_input(on_first.faults)
        if self._is_certain(on_first, first):
            self._settled[on_all] = None
            return True
        return on_all.proven or (on_first.hits >= CERTAIN and on_all.likely)

    def _try(self, options: Iterable[tuple[Fault, ...]], names: list[str]) -> list[InputHypothesis]:
        """Return the distinct inputs of some options; only one where the scores prove it."""
        found: dict[InputHypothesis, None] = {}
        for faults in options:
            if self.cost_model.exhausted:
                break
            hypothesis = self.try_input(faults, names)
            if len(hypothesis.faults) < len(faults):
                continue
            found[hypothesis] = None
            if self._is_certain(hypothesis, names):
                return [hypothesis]
            if self._is_promising(hypothesis) and self.try_input(faults).proven:
                return [hypothesis]
        return list(found)

    def _is_promising(self, hypothesis: InputHypothesis) -> bool:
        """Return whether an input should be compared on all probes at once."""
        coarse = self.cost_model.precision.score > COARSE_SCORE
        return hypothesis.proven if coarse else hypothesis.likely

    def best_inputs(self) -> list[InputHypothesis]:
        """Return the inputs that are worth a full explanation."""
        probes = tuple(self.probes)
        tried = dict.fromkeys(h for (names, _), h in self._tried.items() if names == probes)
        likely = sorted((h for h in tried if h.likely), key=lambda h: (-h.hits, h.cost))
        proven = [h for h in likely if h.proven]
        proven += [h for h in self._settled if h not in proven]
        if proven:
            return proven[:PROVEN_INPUTS]
        return (likely or sorted(tried, key=lambda h: h.cost))[:LIKELY_INPUTS]

    def explain(self, hypothesis: InputHypothesis) -> Pipeline:
        """Fit everything after the network to an input."""
        cost_model = self.cost_model
        base = hypothesis.pipeline.replace(
            iou=cost_model.correct.iou,
            max_det=cost_model.correct.max_det,
            suppression="none" if self.without_nms else "classwise",
        )
        starts = [base]
        if self.rescales and (np.isnan(hypothesis.hits) or hypothesis.hits > FITTED):
            rescaled = fit_rescaling(cost_model, base, self._informative())
            starts = rescaled[:FITTED_RESCALINGS] + starts
        options: list[Pipeline] = []
        for fitted in starts:
            options += fit_class_ids(cost_model, fitted, self.class_names)
        options += [base.replace(**rescaling) for rescaling in self.possible(COMMON_RESCALINGS)]
        found = self._improve(options)
        if starts[0] is not base and not is_explained(cost_model, found):
            constants = fit_constants(cost_model, starts[0], self._informative())
            found = self._improve([found, *constants]) if constants else found
        return found

    def _improve(self, options: Iterable[Pipeline]) -> Pipeline:
        cost_model = self.cost_model
        likely = sorted(dict.fromkeys(options), key=cost_model.cost)[:IMPROVED]
        improved: list[Pipeline] = []
        for option in likely:
            improved.append(improve_locally(cost_model, option))
            if is_complete(cost_model, improved[-1]):
                break
        return min(improved, key=cost_model.cost)

    def _informative(self) -> list[str]:
        counts = {name: len(observed) for name, observed in self.cost_model.observed.items()}
        names = sorted(self.cost_model.names, key=lambda n: -min(counts[n], ENOUGH_PROBE_BOXES))
        return names[:RESCALING_IMAGES]


def is_drastic(fault: Fault) -> bool:
    """Return whether little of what the network finds is left with a fault."""
    return not fault.assignments.isdisjoint(DRASTIC)


def is_subtle(fault: Fault) -> bool:
    """Return whether the network finds much the same with a fault."""
    return fault.fields <= SUBTLE


def _is_ahead(place: int, level: Sequence[InputHypothesis]) -> bool:
    """Return whether a hypothesis of a level is the best, or a single fault nearly as good."""
    nearly = level[place].cost < level[0].cost + TIED and len(level[0].faults) == 1
    return place == 0 or (nearly and place < BEAM)


def _first(option: tuple[float, tuple[Fault, ...]]) -> float:
    return option[0]


def _excludes(fault: Fault, hypothesis: InputHypothesis) -> bool:
    """Return whether a fault changes a choice that a hypothesis already changes."""
    return any(fault.fields & other.fields for other in hypothesis.faults)


def _likely_first(hypothesis: InputHypothesis) -> tuple[bool, float]:
    return not hypothesis.likely, hypothesis.cost
