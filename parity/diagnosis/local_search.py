"""Improving a hypothesis by one fault more, one less or another one, replayed in full."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from parity.deployment.choice import allowed, moot
from parity.deployment.class_ids import ClassIdChoices, number
from parity.deployment.nms_variants import NmsChoices
from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import PREPROCESSING
from parity.diagnosis.box_evidence import Anchors, combinations_of
from parity.diagnosis.catalogue.fault import Fault, class_table
from parity.diagnosis.cost import Judge

ENOUGH = 0.3
"""An improvement that counts, nats."""

LEFT_OUT = "plus_one"
"""Way of computing overlap that is not combined with others: rare, and slow to compute (chosen)."""


def without(judge: Judge, pipeline: Pipeline, fault: Fault) -> Pipeline:
    """Return a pipeline with what a fault touches put right."""
    return replace(pipeline, **{field: getattr(judge.correct, field) for field in fault.fields})


def suppressions(pipeline: Pipeline) -> Iterator[Pipeline]:
    """Yield the pipeline with every way of suppression."""
    for kind in allowed(NmsChoices, "suppression"):
        changed = replace(pipeline, suppression=kind)
        if "overlap" in moot(changed):
            yield replace(changed, overlap="iou", suppressed_in="input", merging=False)
            continue
        for changes in combinations_of("overlap", "suppressed_in"):
            if changes["overlap"] != LEFT_OUT:
                yield replace(changed, **changes)


def neighbours(judge: Judge, pipeline: Pipeline, faults: list[Fault]) -> Iterator[Pipeline]:
    """Yield the pipelines that are one fault away: less, more, or one in place of another."""
    present = judge.name(pipeline)[0]
    for fault in present:
        yield without(judge, pipeline, fault)
    for fault in faults:
        if not fault.is_in(pipeline):
            yield fault.apply(pipeline)
    for old in present:
        bare = without(judge, pipeline, old)
        for fault in faults:
            if fault.stage == old.stage and fault != old:
                yield fault.apply(bare)


def polish(judge: Judge, pipeline: Pipeline, *, thorough: bool = True) -> Pipeline:
    """Improve everything after the network until no single change helps.

    Parameters
    ----------
    judge : Judge
        Judges by all its images.
    pipeline : Pipeline
        A hypothesis.
    thorough : bool
        Whether to try the ways of suppression in every combination.
    """
    after = [f for f in [*judge.after, *judge.thresholds] if not f.fields & set(PREPROCESSING)]
    best, least = pipeline, judge.cost(pipeline)
    for _ in range(8):
        options = list(neighbours(judge, best, useful(judge, best, after)))
        if thorough:
            options += suppressions(best)
        candidates = [p for p in dict.fromkeys(options) if _keeps_input(p, best)]
        better = improving(judge, best, candidates)
        costs = [judge.cost(p) for p in better]
        if not costs or min(costs) > least - ENOUGH:
            break
        least = min(costs)
        best = better[int(np.argmin(costs))]
    return best


def improving(
    judge: Judge, pipeline: Pipeline, candidates: Iterable[Pipeline], most: int = 4
) -> list[Pipeline]:
    """Return the candidates that promise an improvement, judged where a pipeline fits worst.

    Parameters
    ----------
    judge : Judge
        Judges by all its images.
    pipeline : Pipeline
        What is to be improved.
    candidates : iterable of Pipeline
        What might.
    most : int
        Images that decide at most.

    Returns
    -------
    list of Pipeline
        At most six, the most promising first.
    """
    now = {name: judge.fit(pipeline, name) for name in judge.names}
    bad = judge.worst(pipeline, most)
    least = judge.cost(pipeline)
    promising = []
    for candidate in candidates:
        fits = now | {name: judge.fit(candidate, name) for name in bad}
        cost = judge.total(list(fits.values())) + judge.name(candidate)[1]
        if cost < least - ENOUGH:
            promising.append((cost, candidate))
    promising.sort(key=lambda entry: entry[0])
    return [candidate for _, candidate in promising[:6]]


def _keeps_input(one: Pipeline, other: Pipeline) -> bool:
    return all(getattr(one, field) == getattr(other, field) for field in PREPROCESSING)


def useful(judge: Judge, pipeline: Pipeline, faults: list[Fault]) -> list[Fault]:
    """Return the faults that could mend what a hypothesis leaves unexplained."""
    fits = [judge.fit(pipeline, name) for name in judge.names]
    counts = any(len(f.pairs) < max(f.predicted, f.observed) for f in fits)
    boxes = any((f.box_px > judge.precision.box_px).any() for f in fits)
    scores = any((f.score > judge.precision.score).any() for f in fits)
    classes = any((~f.same_class).any() for f in fits)
    wanted = set()
    if counts or not any(len(f.pairs) for f in fits):
        wanted |= {"suppression", "thresholds", "mapping", "output", "decoding"}
    if boxes:
        wanted |= {"mapping", "output", "decoding", "suppression"}
    if scores:
        wanted |= {"decoding", "suppression"}
    if classes:
        wanted |= {"classes", "decoding", "suppression"}
    return [f for f in faults if f.stage in wanted]


def fit_classes(judge: Judge, pipeline: Pipeline, names: dict[int, str]) -> list[Pipeline]:
    """Return the pipeline with the numbering of classes that the boxes show, likely ones only.

    Parameters
    ----------
    judge : Judge
        Holds the observations.
    pipeline : Pipeline
        Its input, decoding and geometry are right.
    names : dict of int to str
        The model's names, for the sentence about another list.
    """
    pairs = Anchors(judge, pipeline, judge.names).classes(pipeline)
    if not pairs:
        return [pipeline]
    model, given = np.array(pairs).T
    options = [pipeline]
    for rule in allowed(ClassIdChoices, "class_ids"):
        numbered = replace(pipeline, class_ids=rule)
        agree = (number(numbered, model) == given).mean()
        if rule != "rank" and agree > max((model == given).mean(), 0.5):
            options.append(numbered)
    table = {}
    for c in np.unique(model):
        seen, counts = np.unique(given[model == c], return_counts=True)
        table[int(c)] = int(seen[counts.argmax()])
    agree = np.mean([table[int(c)] == g for c, g in pairs])
    moved = sum(c != g for c, g in table.items())
    if agree > 0.9 and moved:
        fault = class_table(table, judge.observations.labels, names)
        judge.add(fault)
        options.append(fault.apply(pipeline))
    ranks = [o.class_ids for o in judge.observed.values() if len(o)]
    if ranks and np.mean([np.array_equal(np.sort(r), np.arange(len(r))) for r in ranks]) > 0.6:
        options.append(replace(pipeline, class_ids="rank"))
    return options
