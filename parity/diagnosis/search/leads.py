"""Leads: faults that explain something by themselves, but not everything."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.evidence.image_choice import hiding_images
from parity.diagnosis.evidence.placeless_fit import placeless_misfit
from parity.diagnosis.search.fault_effects import is_drastic
from parity.diagnosis.search.input_trials import InputHypothesis, InputTrials
from parity.diagnosis.search.refinement import CERTAIN

LEADS = 2
"""Faults of each kind of evidence with which all others are combined, at most; chosen."""

FITTING = 5.0
"""Cost of a single fault below which it explains an image, nats; chosen a little above its own."""

BETTER_PLACELESS = 0.8
"""Share of what the correct input leaves of scores and classes up to which a drastic fault is such
an input; chosen."""


def with_leads(
    trials: InputTrials,
    moves: Sequence[Fault],
    first: list[str],
    left: Callable[[tuple[Fault, ...]], float],
) -> Iterator[tuple[Fault, ...]]:
    """Yield what seems right but for a further fault, with each of these.

    Parameters
    ----------
    trials : InputTrials
        Tries inputs.
    moves : sequence of Fault
        The faults before the network.
    first : list of str
        The image by which inputs are searched.
    left : callable
        How far the scores should be from the wanted ones with some faults; the least goes first.
    """
    if not trials.rescales:
        return
    for lead in _leads(trials, moves, first):
        pairs = [(lead, f) for f in moves if not f.fields & lead.fields]
        yield from sorted(pairs, key=left)


def _leads(trials: InputTrials, moves: Sequence[Fault], first: list[str]) -> Iterator[Fault]:
    yield from _singled_out(trials, moves, first)
    yield from _drastic_leads(trials, moves)


def _singled_out(trials: InputTrials, moves: Sequence[Fault], first: list[str]) -> list[Fault]:
    """Return the faults that give an image on which a further fault may not show.

    The scores of a few boxes are found by chance at times, so that boxes that fit go first.
    """
    altered = [fault.inject_into(trials.cost_model.correct) for fault in moves]
    costs: dict[Fault, float] = {}
    for name in hiding_images(trials.cost_model, altered, first[0]):
        if trials.try_input((), [name]).hits >= CERTAIN:
            continue
        for fault in moves:
            if trials.cost_model.exhausted:
                return []
            found = trials.try_input((fault,), [name])
            if found.hits >= CERTAIN:
                costs[fault] = min(costs.get(fault, np.inf), found.cost)
        if min(costs.values(), default=np.inf) < FITTING:
            break
    likely = sorted(costs, key=lambda f: (costs[f], trials.try_input((f,), first).cost))
    return likely[:LEADS]


def _drastic_leads(trials: InputTrials, moves: Sequence[Fault]) -> list[Fault]:
    """Return the faults with which scores and classes fit better, wherever the boxes lie.

    They change those of all images, and more than what another fault does beside them.
    """
    enough = BETTER_PLACELESS * _placeless_misfit(trials, trials.try_input(()))
    left = {
        f: _placeless_misfit(trials, trials.try_input((f,)))
        for f in moves
        if is_drastic(f) or "colours" in f.fields
    }
    return sorted((f for f in left if left[f] < enough), key=lambda f: left[f])[:LEADS]


def _placeless_misfit(trials: InputTrials, hypothesis: InputHypothesis) -> float:
    pipeline = hypothesis.pipeline.replace(conf=trials.lowest_conf())
    observed = trials.cost_model.observed
    return sum(
        placeless_misfit(trials.cost_model.predicted(pipeline, name), observed[name])
        for name in trials.probes
    )
