"""What else could explain the boxes, and how much worse."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import PREPROCESSING
from parity.diagnosis.box_evidence import combinations_of
from parity.diagnosis.cost import Judge
from parity.diagnosis.image_choice import screen
from parity.diagnosis.local_search import ENOUGH, without
from parity.diagnosis.search import FLAT, InputState, flat_hypotheses

CUTOFF = 25.0
"""Explanations that are worse by more, in nats, are not measured to the end."""

ROUNDS = 4
"""Times that a better explanation one fault away is followed, at most."""


def settle(judge: Judge, best: Pipeline) -> Pipeline:
    """Return the best of a hypothesis, of what is simpler, and of what is one fault away."""
    for _ in range(ROUNDS):
        best = simplify(judge, best)
        least = judge.cost(best)
        better = [p for p in alternatives(judge, best) if excess(judge, p, best) < -ENOUGH]
        if not better:
            break
        best = min([best, *better], key=judge.cost)
        if judge.cost(best) >= least:
            break
    return simplify(judge, best)


def simplify(judge: Judge, best: Pipeline) -> Pipeline:
    """Return a hypothesis without the faults, or pairs of them, that cost more than they explain.

    Two faults may cancel each other, so that leaving out either alone would be worse.
    """
    improved = True
    while improved:
        improved = False
        present = judge.name(best)[0]
        for fault, other in [*zip(present, present, strict=True), *combinations(present, 2)]:
            simpler = without(judge, without(judge, best, fault), other)
            if judge.cost(simpler) < judge.cost(best):
                best, improved = simpler, True
                break
    return best


def alternatives(judge: Judge, best: Pipeline) -> Iterator[Pipeline]:
    """Yield the hypotheses that are one fault away: less, more or another."""
    present = judge.name(best)[0]
    if not any(len(observed) for observed in judge.observed.values()):
        yield from (fault.apply(judge.correct) for fault in judge.catalogue)
        return
    for fault in present:
        bare = without(judge, best, fault)
        yield bare
        siblings = [f for f in judge.catalogue if f.fields & fault.fields and f != fault]
        if not fault.fields & set(PREPROCESSING):
            siblings = [f for f in judge.catalogue if not f.fields & set(PREPROCESSING)]
        for other in siblings:
            if other != fault:
                yield other.apply(bare)
    if any(f.stage == "mapping" or "gain" in f.fields for f in present):
        for changes in combinations_of("gain", "offset", "rescaled"):
            yield replace(best, **changes)
    if judge.flat > FLAT:
        yield from flat_hypotheses(best)
    for fault in judge.catalogue:
        if not fault.is_in(best) and not fault.fields & set(PREPROCESSING):
            yield fault.apply(best)


def other_inputs(judge: Judge, best: Pipeline, tried: list[InputState]) -> Iterator[Pipeline]:
    """Yield a hypothesis with the other inputs that do as well on the images of the screen."""
    count = sum(bool(f.fields & set(PREPROCESSING)) for f in judge.name(best)[0])
    names = screen(judge)
    for state in tried:
        if len(state.faults) > max(count, 1):
            continue
        silent = not any(len(observed) for observed in judge.observed.values())
        base = judge.correct if silent else best
        pipeline = replace(base, **{f: getattr(state.pipeline, f) for f in PREPROCESSING})
        if judge.misfit(pipeline, names) < judge.misfit(best, names) + 1:
            yield pipeline


def excess(judge: Judge, pipeline: Pipeline, best: Pipeline) -> float:
    """Return how much worse a hypothesis is, nats, at most :data:`CUTOFF`."""
    more = judge.name(pipeline)[1] - judge.name(best)[1]
    for name in judge.names:
        own, its = judge.fit(pipeline, name), judge.fit(best, name)
        more += judge.weight * (own.cost - its.cost)
        more += (
            2.5
            * judge.weight
            * ((own.predicted - len(own.pairs)) - (its.predicted - len(its.pairs)))
        )
        if more > CUTOFF:
            return CUTOFF
    return judge.cost(pipeline) - judge.cost(best)
