"""What else could explain the boxes, and how much worse."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice, product

from parity.deployment.pipeline import BEFORE_OUTPUT, Pipeline
from parity.deployment.stage import allowed, values
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.evidence.box_evidence import combinations_of
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search.local_search import LEAST_GAIN, without
from parity.diagnosis.search.refinement import certain_images, leaves
from parity.diagnosis.search.search import Search
from parity.diagnosis.search.zero_area import boxes_lack_area, zero_area_hypotheses

CUTOFF = 25.0
"""Hypotheses that cost more than the best by this, in nats, are not compared to the end; chosen."""

FOLLOWED = 4
"""Times that a better hypothesis one fault away is followed, at most; chosen."""

UNOBSERVED_ESTIMATE = 2.5
"""Cost of a predicted box that was not observed, nats, until the cutoff is passed; chosen."""

CONTRADICTING = 2
"""Images that must prove another input; chosen: the digits of one may agree by chance."""

INPUT_MARGIN = 1.0
"""How much worse another input may fit the probes, nats; chosen."""


KINDS = ("classwise", "agnostic")
"""The usual ways of suppression."""

FORMATS = ("box_format", "corners")
"""How the numbers of a box are read and written."""

SHIFTS = frozenset(("input_shift", "output_shift"))
"""Choices of a constant that is added to coordinates."""


@dataclass(frozen=True)
class Explanation:
    """A pipeline that could have made the boxes."""

    pipeline: Pipeline
    named: tuple[Fault, ...]
    """Its faults and harmless choices, by stage."""
    margin: float
    """How much more it costs than the best, nats."""

    @property
    def faults(self) -> frozenset[str]:
        """Return the names of its faults, without harmless choices."""
        return frozenset(fault.name for fault in self.named if not fault.is_choice)


def follow_improvements(cost_model: CostModel, best: Pipeline) -> Pipeline:
    """Return the best of a hypothesis, of simpler ones, and of those that are one fault away."""
    for _ in range(FOLLOWED):
        best = simplify(cost_model, best)
        least = cost_model.cost(best)
        better = [
            p
            for p in not_contradicted(cost_model, best, alternatives(cost_model, best))
            if cost_model.is_affordable(p) and margin(cost_model, p, best) < -LEAST_GAIN
        ]
        if not better:
            break
        best = min([best, *better], key=cost_model.cost)
        if cost_model.cost(best) >= least:
            break
    return simplify(cost_model, best)


def simplify(cost_model: CostModel, best: Pipeline) -> Pipeline:
    """Return a hypothesis without the faults, or pairs of them, that cost more than they explain.

    Two faults may cancel each other, so that leaving out either alone would be worse.
    """
    improved = True
    while improved:
        improved = False
        present = cost_model.faults(best)
        for fault, other in [*zip(present, present, strict=True), *combinations(present, 2)]:
            simpler = without(cost_model, without(cost_model, best, fault), other)
            if cost_model.is_affordable(simpler) and margin(cost_model, simpler, best) < 0:
                best, improved = simpler, True
                break
    return best


def alternatives(cost_model: CostModel, best: Pipeline) -> Iterator[Pipeline]:
    """Yield the hypotheses that are one fault away: less, more or another."""
    present = cost_model.faults(best)
    for fault in present:
        bare = without(cost_model, best, fault)
        yield bare
        others = cost_model.after_network
        if fault.precedes_output:
            others = [f for f in cost_model.catalogue if f.fields & fault.fields]
        yield from (other.inject_into(bare) for other in others if other != fault)
    if any(f.stage == "rescaling" or "gain" in f.fields for f in present):
        for changes in combinations_of("gain", "offset", "rescaled"):
            yield best.replace(**changes)
    if any(getattr(best, name) != getattr(cost_model.correct, name) for name in FORMATS):
        yield from written_otherwise(cost_model, best)
    if boxes_lack_area(cost_model):
        yield from zero_area_hypotheses(best)
    if best.integers != cost_model.correct.integers:
        yield from whole_px_hypotheses(cost_model, best)
    for fault in (*cost_model.after_network, *silencing_faults(cost_model, best)):
        if not fault.is_in(best):
            yield fault.inject_into(best)


def silent_images(cost_model: CostModel, best: Pipeline) -> list[str]:
    """Return the images in which nothing was found although a hypothesis predicts boxes."""
    fits = {name: cost_model.goodness_of_fit(best, name) for name in cost_model.names}
    return [name for name, fit in fits.items() if fit.unobserved and not fit.observed]


def silencing_faults(cost_model: CostModel, best: Pipeline) -> list[Fault]:
    """Return the faults before the network that change images alone in which nothing was found.

    An orientation that is ignored, say, may cost all boxes of the few images that have one.
    """
    silent = silent_images(cost_model, best)
    others = [name for name in cost_model.names if name not in silent]
    return [
        fault
        for fault in (cost_model.preprocessing_faults if silent and others else ())
        if cost_model.same_inputs(changed := fault.inject_into(best), best, others)
        and not cost_model.same_inputs(changed, best, silent)
    ]


def written_otherwise(cost_model: CostModel, best: Pipeline) -> Iterator[Pipeline]:
    """Yield a hypothesis whose boxes are read right and written in each other way.

    The numbers may be those of boxes that are read in a wrong way; suppression is then given the
    right boxes, and clipping and rounding are others.
    """
    correct = cost_model.correct
    still = {field: getattr(correct, field) for field in (*SHIFTS, "box_format", "overlap")}
    mapped = {field: getattr(correct, field) for field in ("gain", "offset", "rescaled")}
    ways = ["no"] if best.integers == "no" else allowed(Pipeline, "integers")
    kinds = [best.suppression] if best.box_format == correct.box_format else KINDS
    bases = dict.fromkeys((best.replace(**still), best.replace(**still, **mapped)))
    clips = dict.fromkeys((best.clip, correct.clip, "no"))
    others = [way for way in allowed(Pipeline, "corners") if way != best.corners]
    for base, corners, clip, kind, way in product(bases, others, clips, kinds, ways):
        yield base.replace(corners=corners, clip=clip, suppression=kind, integers=way)


def whole_px_hypotheses(cost_model: CostModel, best: Pipeline) -> Iterator[Pipeline]:
    """Yield a hypothesis with each way of making whole px, moved by a usual constant or not.

    A wrong way with a constant fitted to it is better than with the right constant, and the right
    way is worse with the fitted one.
    """
    still = {field: getattr(cost_model.correct, field) for field in SHIFTS}
    placed = {"offset": cost_model.correct.offset}
    moves = [fault for fault in cost_model.after_network if fault.fields <= SHIFTS]
    for base in (best.replace(**still), best.replace(**still, **placed)):
        for moved in (base, *(fault.inject_into(base) for fault in moves)):
            for way in allowed(Pipeline, "integers"):
                yield moved.replace(integers=way)


def other_inputs(search: Search, best: Pipeline) -> Iterator[Pipeline]:
    """Yield a hypothesis with the other inputs that do as well on the probes."""
    cost_model = search.cost_model
    count = sum(fault.precedes_output for fault in cost_model.faults(best))
    first, least = search.trials.probes[:1], cost_model.misfit(best, search.trials.probes)
    least_first = cost_model.misfit(best, first)
    others = (
        best.replace(**{field: getattr(hypothesis.pipeline, field) for field in BEFORE_OUTPUT})
        for hypothesis in search.trials.tried
        if len(hypothesis.faults) <= max(count, 1)
    )
    for pipeline in not_contradicted(cost_model, best, others):
        if not cost_model.is_affordable(pipeline):
            continue
        if cost_model.misfit(pipeline, first) >= least_first + INPUT_MARGIN:
            continue
        if cost_model.misfit(pipeline, search.trials.probes) < least + INPUT_MARGIN:
            yield pipeline


def margin(cost_model: CostModel, pipeline: Pipeline, best: Pipeline) -> float:
    """Return how much more a hypothesis costs than another, nats, at most :data:`CUTOFF`."""
    more = cost_model.fault_cost(pipeline) - cost_model.fault_cost(best)
    for name in cost_model.names:
        own, its = (
            cost_model.goodness_of_fit(pipeline, name),
            cost_model.goodness_of_fit(best, name),
        )
        more += cost_model.weight * (own.cost - its.cost)
        more += UNOBSERVED_ESTIMATE * cost_model.weight * (own.unobserved - its.unobserved)
        if more > CUTOFF:
            return CUTOFF
    return cost_model.cost(pipeline) - cost_model.cost(best)


def not_contradicted(
    cost_model: CostModel, best: Pipeline, options: Iterable[Pipeline]
) -> Iterator[Pipeline]:
    """Yield the hypotheses without those whose inputs are not the ones that scores prove.

    Parameters
    ----------
    cost_model : CostModel
        Holds the scores.
    best : Pipeline
        The best hypothesis.
    options : iterable of Pipeline
        Others.
    """
    certain = certain_images(cost_model, best, cost_model.names)
    own = values(best, BEFORE_OUTPUT)
    for option in options:
        if values(option, BEFORE_OUTPUT) != own:
            other = (n for n in certain if not leaves(cost_model, option, best, [n]))
            if len(list(islice(other, CONTRADICTING))) == CONTRADICTING:
                continue
        yield option


def explanations(search: Search, best: Pipeline) -> list[Explanation]:
    """Return what else could explain the boxes, the best first."""
    cost_model = search.cost_model
    found = []
    nearby = not_contradicted(cost_model, best, alternatives(cost_model, best))
    for pipeline in dict.fromkeys([*nearby, *other_inputs(search, best)]):
        if not cost_model.is_affordable(pipeline):
            continue
        worse = margin(cost_model, pipeline, best)
        if pipeline != best and worse < CUTOFF:
            found.append(Explanation(pipeline, tuple(cost_model.faults(pipeline)), worse))
    return sorted(found, key=lambda explanation: explanation.margin)
