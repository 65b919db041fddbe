"""Searching the faults before the network that give the observed scores."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, product
from operator import itemgetter

import numpy as np

from parity.diagnosis.catalogue.fault import RARE_COST, Fault
from parity.diagnosis.evidence.score_logits import disagreement
from parity.diagnosis.search.border_search import fit_border, fit_border_elsewhere
from parity.diagnosis.search.fault_effects import (
    crops_images,
    is_drastic,
    is_subtle,
    turns_images,
)
from parity.diagnosis.search.frames import as_canvas, frames_as_boxes
from parity.diagnosis.search.input_trials import InputHypothesis, InputTrials
from parity.diagnosis.search.leads import with_leads
from parity.diagnosis.search.refinement import CERTAIN, certain_images, leaves
from parity.diagnosis.search.usual_inputs import (
    BESIDE_CROP,
    BESIDE_TURNED,
    drastic_inputs,
    inputs_beside,
    usual_inputs,
)

BEAM = 3
"""Inputs that are carried on from one number of faults to the next; chosen."""

SECOND_MOVES = 8
"""Faults, the best on their own, that are added to the others of these; chosen."""

WORSE = 1.3
"""A fault that makes the cost larger by this factor on its own is not combined further; chosen."""

TIED = 1.0
"""Difference of the costs of single faults, nats, up to which each is combined with all others;
chosen."""

CLEAR = 4.0
"""By how much a fault more must reduce the cost, nats, so that it is combined with all others
before those that other images single out; chosen."""

LEAP = 10.0
"""By how much a fault more must reduce the cost, nats, so that less likely ones are not tried
instead; chosen."""

COMBINED = 14
"""Combinations that are tried after each number of faults, those whose scores should agree best;
chosen."""

EXCHANGED = 12
"""Combinations that differ from the best one in one fault, and are tried next; chosen."""

CONFIRMED = 4
"""Inputs of each number of faults that are compared on all probes; chosen."""

CROSSED = (("scaling",), ("colours", "grey"), ("crop",), ("crop_kernel",))
"""Choices before a classifier of which all combinations are tried, one of each of these."""

NO_MISFIT = 0.5
"""Misfit of an image up to which such a combination is compared on all probes, nats; chosen."""

AS_GOOD = 1.2
"""Factor of the least cost up to which another way of cropping is as likely; chosen."""

LITTLE = 0.5
"""Share of the expected boxes that are observed below which a drastic fault is likely; chosen."""

NO_WORSE, BETTER_TURNED = 0.95, 0.9
"""Share of the least cost of other inputs up to which a turned image is searched further: where
boxes suggest it, and where nothing does; chosen. Of four inputs that boxes suggested, the right
ones cost 0.81 and 0.89 of the upright one, and those of boxes that are counted from below 1.18 and
1.21 (YOLO11n)."""

MUCH_CLOSER = 0.3
"""Share of the least difference of logits of other inputs up to which a turned image is searched
further; chosen. Of 29 turned images with a fault more, 17 had at most 0.27; of 59 upright ones with
two, none had less than 0.58 of it, nor less than 1.00 of the least cost (YOLO11n)."""

BETTER_RESIZED = 0.8
"""Share of the misfit of boxes in px of a canvas up to which images were resized first; chosen."""

RESERVED_FOR_TURNED = 135
"""Inputs that turned images may take beyond the budget; chosen: as many as usual ones have in all
probes."""

DEPTH = 3
"""Faults before the network that are combined, at most; chosen."""

SLIGHT = 0.25
"""Mean difference of logits up to which an input is nearly the correct one, so that drastic faults
are tried last; beyond it, subtle ones are; chosen."""

NEARLY = 0.02
"""Mean difference of logits up to which an input may be the correct one but for how levels are
rounded, so that kernels that resemble a common one are tried with it; chosen. Others are exchanged
for these when an input is refined."""

BETTER = 0.9
"""What a fault must reduce the cost to so that less likely ones are not tried alone; chosen."""

PROVEN_INPUTS, LIKELY_INPUTS, CERTAIN_INPUTS = 3, 2, 1
"""Inputs that are explained in full, if proven and if not, and of those that the scores of one
image prove; chosen."""


class InputSearch:
    """Searches the faults before the network.

    Parameters
    ----------
    trials : InputTrials
        Tries inputs, and knows what was tried already.
    turns : bool
        Whether the search ends where turning the image seems to explain much.
    """

    def __init__(self, trials: InputTrials, *, turns: bool = True) -> None:
        self.trials = trials
        self.turns = turns
        self._settled: dict[InputHypothesis, None] = {}

    def run(self) -> Fault | None:
        """Combine faults before the network until the scores prove an input.

        It ends early where turning the image alone explains much, and returns that fault: the
        others then have to be found in turned images.

        Single faults are tried on the first probes. Which of them belong together is then
        estimated: what two faults do to the scores is about the sum of what each does, on the
        scale of logits.
        """
        trials = self.trials
        first = trials.first_probes()
        trials.widen_rescalings(first)
        plain = trials.try_input((), first)
        wanted = trials.wanted_logits(first)
        every_fault = self._possible_faults()
        rare = [fault for fault in every_fault if fault.cost > RARE_COST]
        nearly = disagreement(plain.logits, wanted) < NEARLY
        possible = [f for f in every_fault if nearly or f not in rare]
        moves = sorted(_upright(possible), key=lambda fault: fault.cost)
        level = self._try_singles(moves, plain, wanted, first)
        effects = [(h.faults[0], h.logits - plain.logits) for h in level]
        costs = {h.faults[0]: h.cost for h in level}
        ranked = sorted((f for f in moves if f in costs), key=lambda f: costs[f])
        shown = [f for f in ranked if costs[f] < WORSE * plain.cost]
        useful = [*(f for f in moves if f not in costs), *shown]
        if not any(h.proven and trials.try_input(h.faults).proven for h in level):
            level += self._try_until_settled(
                (self._beside_crops(level, possible), usual_inputs(possible)), first, -np.inf
            )
            if turned := self._turned_alone(level, first):
                return turned
            if self._little_is_found() and not self._settled_by(level, first):
                level += trials.try_each(drastic_inputs(possible), first)
        every = list(level)
        pairs = _estimates(level, effects, wanted)
        led = with_leads(trials, moves, first, lambda faults: _left(pairs, faults))
        least = plain.cost
        for depth in range(DEPTH):
            level = _best_first(level)
            if not level or self._settled_by(level, first) or trials.cost_model.exhausted:
                break
            gained = least - _cheapest(level).cost
            least = _cheapest(level).cost
            estimates = _estimates(level if depth == 0 else level[:BEAM], effects, wanted)
            likely = [f for _, f in sorted(estimates.values(), key=itemgetter(0))[:COMBINED]]
            greedy = _one_more(level, useful, shown[:SECOND_MOVES])
            greedy.sort(key=lambda faults: _left(estimates, faults))
            bordered = fit_border(trials, [plain, *level], first)
            if not bordered and depth == 0:
                bordered = fit_border_elsewhere(trials, level[:1], first)
            if any(trials.is_certain(h, first) for h in bordered):
                level = bordered
            elif depth > 0 and gained < 0 and level[0].disproved:
                level = trials.try_each(led, first)  # no further fault is worth its cost
            else:
                likely = _with_another(_cheapest(level), shown)[:EXCHANGED] + likely
                groups = (
                    _finer(level, rare, wanted),
                    likely,
                    *(() if gained > CLEAR else (led,)),
                    greedy,
                )
                level = self._try_until_settled(groups, first, least - LEAP) + bordered or level
            every += level
        if not trials.rescales and not any(self._is_likely(hypothesis) for hypothesis in every):
            every += self._cross(possible, first)
        for hypothesis in sorted(dict.fromkeys(every), key=_likely_first)[:CONFIRMED]:
            trials.try_input(hypothesis.faults)
        return None

    def _beside_crops(
        self, level: list[InputHypothesis], possible: list[Fault]
    ) -> Iterator[tuple[Fault, ...]]:
        """Yield the faults that crop the image with usual ones if one of them fits best alone."""
        best = _cheapest(level) if level else None
        if best is None or len(best.faults) != 1 or not crops_images(best.faults[0]):
            return
        singles = (h for h in level if len(h.faults) == 1 and h.cost <= AS_GOOD * best.cost)
        for crop in [h.faults[0] for h in singles if crops_images(h.faults[0])]:
            yield from inputs_beside(crop, BESIDE_CROP, possible)

    def _turned_alone(self, level: list[InputHypothesis], first: list[str]) -> Fault | None:
        """Return what turns the image if that alone fits clearly better than a level."""
        trials = self.trials
        turns = _turns(self._possible_faults()) if self.turns else []
        if not turns or self._settled_by(level, first):
            return None
        names, others = first, level
        if self._little_is_found():  # a few boxes fit one of many inputs by chance
            names, best = trials.probes, sorted(level, key=_likely_first)[:CONFIRMED]
            others = [trials.try_input(()), *(trials.try_input(h.faults) for h in best)]
        turned = trials.try_each(turns, names)
        wanted = trials.wanted_logits(names)
        return _clearest(turned, others, BETTER_TURNED) or _much_closer(turned, others, wanted)

    def confirms(self, turned: Fault) -> bool:
        """Return whether a turned image fits better, whatever upright boxes are counted from."""
        self.trials.widen_rescalings(self.trials.first_probes())
        plain = self.trials.try_input(())
        return _clearest([self.trials.try_input((turned,))], [plain], NO_WORSE) is not None

    def in_frames(self) -> Fault | None:
        """Return what resizes images first, if boxes suggest it and the network confirms it.

        Boxes in px of a canvas lie as those in px of a resized image, but the network saw the image
        itself.
        """
        trials, cost_model = self.trials, self.trials.cost_model
        first = trials.first_probes()
        options = [(fault,) for fault in frames_as_boxes(cost_model, trials.probes)]
        tried = trials.try_each(options, first)
        if not tried:
            return None
        best = trials.try_input(_cheapest(tried).faults)
        (resized,) = best.faults
        canvas = as_canvas(cost_model, best.pipeline)
        drawn = canvas.inject_into(trials.try_input(()).pipeline)
        left = [cost_model.misfit(pipeline, trials.probes) for pipeline in (best.pipeline, drawn)]
        if left[0] > BETTER_RESIZED * left[1]:
            return None
        cost_model.add_fitted_fault(resized)
        return resized

    def turned_after_all(self) -> Fault | None:
        """Return what turns the image if that fits better in all probes than what was tried.

        Of a turned image, the network finds other boxes with other scores, so that what a fault
        does to the scores of the upright image tells little. So usual faults are tried beside what
        turns the image. Where little of what should be found is observed, any input costs as much,
        and the one whose scores lie closest is the most likely.
        """
        trials = self.trials
        upright = trials.tried_on(trials.probes)
        wanted = trials.wanted_logits(trials.probes)
        possible = self._possible_faults()

        def apart(hypothesis: InputHypothesis) -> float:
            return disagreement(hypothesis.logits, wanted)

        with trials.cost_model.more_inputs(RESERVED_FOR_TURNED):
            turned = trials.try_each(_turns(possible), trials.probes)
            if not turned:
                return None
            little = self._little_is_found()
            alone = turned if little else [min(turned, key=apart)]
            usual = [inputs_beside(h.faults[0], BESIDE_TURNED, possible) for h in alone]
            turned += trials.try_each(chain(*usual), trials.probes)
        if little:
            return min(turned, key=apart).faults[0]
        return _clearest(turned, upright, BETTER_TURNED)

    def _try_until_settled(
        self, groups: Iterable[Iterable[tuple[Fault, ...]]], first: list[str], low: float
    ) -> list[InputHypothesis]:
        """Return the inputs of groups of options, up to the group that has a proven or low one."""
        level: list[InputHypothesis] = []
        for options in groups:
            level += self.trials.try_each(options, first)
            if self._settled_by(level, first) or (level and _cheapest(level).cost < low):
                break
        return level

    def _little_is_found(self) -> bool:
        """Return whether most of what the correct pipeline finds was not observed."""
        cost_model = self.trials.cost_model
        observed = sum(len(cost_model.observed[name]) for name in cost_model.names)
        expected = sum(
            len(cost_model.predicted(cost_model.correct, name)) for name in cost_model.names
        )
        return observed < LITTLE * expected

    def _settled_by(self, level: list[InputHypothesis], first: list[str]) -> bool:
        """Return whether the scores prove one of the likely inputs of a level, the best first."""
        best = sorted(level, key=_likely_first)[:CONFIRMED]
        if any(self._settles(h, first) for h in best if not h.disproved):
            return True
        return bool(level) and self._gives_another(_cheapest(level))

    def _try_singles(
        self, moves: Sequence[Fault], plain: InputHypothesis, wanted: np.ndarray, first: list[str]
    ) -> list[InputHypothesis]:
        """Return the inputs of single faults, of the unlikely ones only where it may be they."""
        slight = disagreement(plain.logits, wanted) < SLIGHT
        unlikely = is_drastic if slight else is_subtle
        level = self.trials.try_each([(fault,) for fault in moves if not unlikely(fault)], first)
        worse = min((h.cost for h in level), default=np.inf) > BETTER * plain.cost
        lost = not any(hypothesis.likely for hypothesis in level)
        if worse or slight or lost:  # of few boxes, one that is lost counts for much
            level += self.trials.try_each([(fault,) for fault in moves if unlikely(fault)], first)
        return level

    def _is_likely(self, on_first: InputHypothesis) -> bool:
        """Return whether the scores of all probes are those of an input, not of the first alone."""
        return on_first.likely and self.trials.try_input(on_first.faults).likely

    def _cross(self, possible: list[Fault], first: list[str]) -> list[InputHypothesis]:
        """Return inputs that combine the faults of some choices of a classifier, the likely first.

        An image has a few scores alone, and a kernel changes them as much as a crop does, so that
        combinations cannot be predicted; and the network is small.
        """
        groups = [
            [(), *((fault,) for fault in possible if fault.fields <= set(choices))]
            for choices in CROSSED
        ]
        options = [tuple(chain(*each)) for each in product(*groups)]
        options.sort(key=_price)
        level = self.trials.try_each(options, first)
        for hypothesis in level:
            if hypothesis.cost - _price(hypothesis.faults) < NO_MISFIT:
                self.trials.try_input(hypothesis.faults)  # the only label of an image fits it
        return level

    def _possible_faults(self) -> list[Fault]:
        """Return the faults before the network that leave proven inputs as they are."""
        cost_model, correct = self.trials.cost_model, self.trials.correct
        start = self.trials.try_input(()).pipeline
        certain = certain_images(cost_model, start, self.trials.probes)
        faults = [*cost_model.preprocessing_faults, *cost_model.network_faults]
        if self.trials.altered:
            faults = _upright(faults)
        return [f for f in faults if leaves(cost_model, f.inject_into(correct), correct, certain)]

    def _settles(self, on_first: InputHypothesis, first: list[str]) -> bool:
        """Return whether scores prove an input, or all but what other images show."""
        on_all = self.trials.try_input(on_first.faults)
        if self.trials.is_certain(on_first, first):
            self._settled[on_all] = None
            return True
        return on_all.proven or (on_first.hits >= CERTAIN and on_all.likely)

    def _gives_another(self, hypothesis: InputHypothesis) -> bool:
        """Return whether an input that is wrong in the first probe is proven in another one."""
        on_all = self.trials.try_input(hypothesis.faults)
        if on_all.likely and self.trials.is_proven_in_resized(on_all):
            self._settled[on_all] = None
            return True
        return False

    def best_inputs(self) -> list[InputHypothesis]:
        """Return the inputs that are worth a full explanation."""
        self._try_shown_elsewhere()
        tried = dict.fromkeys(self.trials.tried_on(self.trials.probes))
        likely = sorted((h for h in tried if h.likely), key=lambda h: (-h.hits, h.cost))
        proven = [h for h in likely if h.proven]
        proven += [h for h in self._settled if h not in proven]
        if proven:
            return proven[:PROVEN_INPUTS]
        found = (likely or sorted(tried, key=lambda h: h.cost))[:LIKELY_INPUTS]
        return list(dict.fromkeys([*found, *self._certain_in_one()[:CERTAIN_INPUTS]]))

    def _try_shown_elsewhere(self) -> None:
        """Try inputs that one probe proves with a fault more that only other probes show.

        It is not found by refining where the scores of these are far from those of the input.
        """
        trials, cost_model = self.trials, self.trials.cost_model
        for hypothesis in self._certain_in_one()[:CERTAIN_INPUTS]:
            pipeline = hypothesis.pipeline
            certain = certain_images(cost_model, pipeline, trials.probes)
            others = [name for name in trials.probes if name not in certain]
            if not others or hypothesis.proven:
                continue
            further = [
                (*hypothesis.faults, fault)
                for fault in _upright(self._possible_faults())
                if not _excludes(fault, hypothesis)
                and leaves(cost_model, fault.inject_into(pipeline), pipeline, certain)
            ]
            for best in sorted(trials.try_each(further, others[:1]), key=_likely_first)[:1]:
                trials.try_input(best.faults)

    def _certain_in_one(self) -> list[InputHypothesis]:
        """Return the inputs that the scores of one probe prove, the cheapest first.

        How sides or padding are rounded may show in the other probes alone, and is then found by
        refining.
        """
        trials = self.trials
        certain = [
            hypothesis
            for name in trials.probes
            for hypothesis in trials.tried_on([name])
            if hypothesis.faults and certain_images(trials.cost_model, hypothesis.pipeline, [name])
        ]
        certain.sort(key=lambda hypothesis: (_price(hypothesis.faults), hypothesis.cost))
        return [trials.try_input(hypothesis.faults) for hypothesis in certain]


def _upright(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults that do not turn the image."""
    return [fault for fault in faults if not turns_images(fault)]


def _turns(faults: Iterable[Fault]) -> list[tuple[Fault]]:
    """Return inputs of one of the faults that turn the image each."""
    return [(fault,) for fault in faults if turns_images(fault)]


def _clearest(
    turned: Sequence[InputHypothesis], others: Sequence[InputHypothesis], share: float
) -> Fault | None:
    """Return what turns the image if one of such inputs costs less than a share of all others."""
    if not turned or not others:
        return None
    best = _cheapest(turned)
    return best.faults[0] if best.cost < share * _cheapest(others).cost else None


def _much_closer(
    turned: Sequence[InputHypothesis], others: Sequence[InputHypothesis], wanted: np.ndarray
) -> Fault | None:
    """Return what turns the image if one of such inputs gives much closer scores than all others.

    The misfit of many boxes is bounded, so that it tells little where a further fault moves all.
    """
    if not turned or not others:
        return None
    left = [disagreement(hypothesis.logits, wanted) for hypothesis in turned]
    least = min(disagreement(hypothesis.logits, wanted) for hypothesis in others)
    best = int(np.argmin(left))
    return turned[best].faults[0] if left[best] < MUCH_CLOSER * least else None


def _is_ahead(place: int, level: Sequence[InputHypothesis]) -> bool:
    """Return whether a hypothesis of a level is the best, or a single fault nearly as good."""
    least = min(hypothesis.cost for hypothesis in level)
    nearly = level[place].cost < least + TIED and len(level[place].faults) == 1
    return place == 0 or level[place] == _cheapest(level) or (nearly and place < BEAM)


Estimates = dict[frozenset[str], tuple[float, tuple[Fault, ...]]]
"""By the names of faults: the mean difference of logits from the wanted ones that they should
leave, and the faults in order."""


def _estimates(
    level: Sequence[InputHypothesis],
    effects: Sequence[tuple[Fault, np.ndarray]],
    wanted: np.ndarray,
) -> Estimates:
    """Return how far the scores should be from the wanted ones with one fault more."""
    found: Estimates = {}
    for hypothesis in level:
        for fault, effect in effects:
            if not _excludes(fault, hypothesis):
                left = disagreement(hypothesis.logits + effect, wanted)
                faults = (*hypothesis.faults, fault)
                known = found.get(_names(faults), (left, faults))
                found[_names(faults)] = min(known, (left, faults), key=itemgetter(0))
    return found


def _left(estimates: Estimates, faults: tuple[Fault, ...]) -> float:
    """Return what faults should leave; 0 where that is not known, so that they go first."""
    return estimates.get(_names(faults), (0.0, faults))[0]


def _one_more(
    level: Sequence[InputHypothesis], useful: Sequence[Fault], best: Sequence[Fault]
) -> list[tuple[Fault, ...]]:
    """Return the best hypotheses of a level with one fault more: any useful one, or a best one."""
    return [
        (*hypothesis.faults, fault)
        for place, hypothesis in enumerate(level)
        if place < BEAM or hypothesis.other_network
        for fault in (useful if _is_ahead(place, level) else best)
        if not _excludes(fault, hypothesis)
    ]


def _finer(
    level: Sequence[InputHypothesis], rare: Sequence[Fault], wanted: np.ndarray
) -> list[tuple[Fault, ...]]:
    """Return hypotheses that nearly give the wanted scores with one of some faults more."""
    near = [h for h in level if disagreement(h.logits, wanted) < NEARLY]
    return [(*h.faults, f) for h in near[:BEAM] for f in rare if not _excludes(f, h)]


def _with_another(hypothesis: InputHypothesis, useful: Sequence[Fault]) -> list[tuple[Fault, ...]]:
    """Return a combination with one of its faults exchanged for another of the same choices."""
    return [
        (*others, fault)
        for fault in useful
        for others in [tuple(f for f in hypothesis.faults if not f.fields & fault.fields)]
        if fault not in hypothesis.faults and len(others) == len(hypothesis.faults) - 1 > 0
    ]


def _price(faults: Iterable[Fault]) -> float:
    return sum(fault.cost for fault in faults)


def _names(faults: Iterable[Fault]) -> frozenset[str]:
    return frozenset(fault.name for fault in faults)


def _excludes(fault: Fault, hypothesis: InputHypothesis) -> bool:
    """Return whether a fault changes a choice that a hypothesis already changes."""
    return any(fault.fields & other.fields for other in hypothesis.faults)


def _best_first(level: Iterable[InputHypothesis]) -> list[InputHypothesis]:
    """Return hypotheses, the likely ones first, but the one that costs least second at the latest.

    Of few boxes, some scores are found by chance.
    """
    ordered = sorted(level, key=_likely_first)
    return list(dict.fromkeys([*ordered[:1], _cheapest(ordered), *ordered])) if ordered else []


def _cheapest(level: Iterable[InputHypothesis]) -> InputHypothesis:
    """Return the hypothesis that costs least, where further faults must be worth themselves."""
    return min(level, key=lambda hypothesis: hypothesis.cost + TIED * len(hypothesis.faults))


def _likely_first(hypothesis: InputHypothesis) -> tuple[bool, float]:
    return not hypothesis.likely, hypothesis.cost
