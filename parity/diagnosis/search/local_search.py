"""Local search: improving a hypothesis by one fault more, one less or another one."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import numpy as np

from parity.deployment.class_ids import ClassIdChoices, renumber
from parity.deployment.nms_variants import NmsChoices
from parity.deployment.pipeline import BEFORE_OUTPUT, Pipeline
from parity.deployment.stage import allowed, moot
from parity.diagnosis.catalogue.class_ids import other_class_names
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.evidence.box_evidence import combinations_of
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.score_matches import ScoreMatches
from parity.diagnosis.fitting.mask_fits import where_masks_are_wrong

LEAST_GAIN = 0.3
"""Smallest improvement that counts, nats; chosen."""

MOST_CHANGES = 8
"""Changes in a row, at most; chosen: more faults than any deployment that was seen has."""

WORST_IMAGES = 4
"""Images that fit worst, by which improvements are judged first, at most; chosen."""

CROWD = 200
"""Boxes by which improvements are judged first, at most, but for those of one image; chosen."""

PROMISING = 6
"""Improvements that are computed on all images, at most; chosen."""

RULE_SHARE = 0.5
"""Share of boxes whose class a rule must explain to be tried; chosen."""

TABLE_SHARE = 0.9
"""Share of boxes whose class another list of names must explain to be tried; chosen."""

RANK_SHARE = 0.6
"""Share of images whose class ids are 0, 1, 2, ... to try the position as class id; chosen."""


LIKELY_CONFS = 2
"""Confidence thresholds that are combined with every IoU threshold, the highest that the boxes
allow; chosen: the hundredth below the lowest score, and a popular one."""

NOT_COMBINED = {
    *("plus_one", "smaller", "suppressed", "distance", "nmsboxes_cxcywh"),
    *("rounded", "fractions"),
}
"""Ways of computing overlap, and of the boxes that suppression is given, that are not combined with
others: rare, or slow to compute; chosen."""


def without(cost_model: CostModel, pipeline: Pipeline, fault: Fault) -> Pipeline:
    """Return a pipeline with the choices that a fault changes put right."""
    correct = cost_model.correct
    return pipeline.replace(**{field: getattr(correct, field) for field in fault.fields})


def nms_combinations(pipeline: Pipeline) -> Iterator[Pipeline]:
    """Yield the pipeline with every way of suppressing boxes."""
    for kind in allowed(NmsChoices, "suppression"):
        changed = pipeline.replace(suppression=kind)
        if "overlap" in moot(changed):
            yield changed.replace(overlap="iou", suppressed_in="input", merging=False)
            continue
        for changes in combinations_of("overlap", "suppressed_in"):
            if not NOT_COMBINED.intersection(changes.values()):
                yield changed.replace(**changes)


def oriented_nms_combinations(cost_model: CostModel, pipeline: Pipeline) -> Iterator[Pipeline]:
    """Yield the pipeline with every way of suppressing oriented boxes, at every IoU threshold.

    Each way has overlaps of its own, so another threshold may hide another way.
    """
    ious = {f.inject_into(pipeline).iou for f in cost_model.threshold_faults} | {pipeline.iou}
    ways = combinations_of("oriented_overlap", "oriented_suppressors")
    for changes, iou in product(ways, sorted(ious)):
        changed = pipeline.replace(**changes, iou=iou)
        own = changed.oriented_suppressors == pipeline.oriented_suppressors
        if own or "oriented_suppressors" not in moot(changed):
            yield changed


def combinations(cost_model: CostModel, pipeline: Pipeline) -> Iterator[Pipeline]:
    """Yield the pipeline with every way of suppressing boxes, and of what its task adds to them."""
    task = cost_model.replayer.task
    if "overlap" in task.choices:
        yield from nms_combinations(pipeline)
    if "oriented_overlap" in task.choices:
        yield from oriented_nms_combinations(cost_model, pipeline)
    if task.own:
        for changes in combinations_of(*task.own):
            yield pipeline.replace(**changes)
    yield from threshold_pairs(cost_model, pipeline)


def threshold_pairs(cost_model: CostModel, pipeline: Pipeline) -> Iterator[Pipeline]:
    """Yield the pipeline with every IoU threshold and confidence thresholds low enough.

    Where boxes score less than its confidence threshold, lowering that alone may add more boxes
    than it explains, unless more of them are suppressed.
    """
    options = [f.inject_into(pipeline) for f in cost_model.threshold_faults]
    confs = sorted({p.conf for p in options} - {pipeline.conf}, reverse=True)
    if confs and confs[0] < pipeline.conf:
        for conf, iou in product(confs[:LIKELY_CONFS], {p.iou for p in options}):
            yield pipeline.replace(conf=conf, iou=iou)


def neighbours(
    cost_model: CostModel, pipeline: Pipeline, faults: list[Fault]
) -> Iterator[Pipeline]:
    """Yield the pipelines that are one fault away: less, more, or one in place of another."""
    present = cost_model.faults(pipeline)
    for fault in present:
        yield without(cost_model, pipeline, fault)
    for fault in faults:
        if not fault.is_in(pipeline):
            yield fault.inject_into(pipeline)
    for old in present:
        bare = without(cost_model, pipeline, old)
        for fault in faults:
            if fault.stage == old.stage and fault != old:
                yield fault.inject_into(bare)


def improve_locally(cost_model: CostModel, pipeline: Pipeline) -> Pipeline:
    """Improve everything after the network until no single change helps.

    Parameters
    ----------
    cost_model : CostModel
        Its images decide.
    pipeline : Pipeline
        A hypothesis.
    """
    best, least = pipeline, cost_model.cost(pipeline)
    for _ in range(MOST_CHANGES):
        useful = useful_faults(cost_model, best, cost_model.after_network)
        options = [
            *neighbours(cost_model, best, useful),
            *combinations(cost_model, best),
            *where_masks_are_wrong(cost_model, best),
        ]
        candidates = [p for p in dict.fromkeys(options) if _same_input(p, best)]
        worst = _up_to_a_crowd(cost_model, cost_model.worst_images(best, WORST_IMAGES))
        better = promising(cost_model, best, candidates, worst)
        if not better and len(worst) < len(cost_model.names):
            better = promising(cost_model, best, candidates, cost_model.names)
        costs = [cost_model.cost(p) for p in better]
        if not costs or min(costs) > least - LEAST_GAIN:
            break
        least = min(costs)
        best = better[int(np.argmin(costs))]
    return best


def promising(
    cost_model: CostModel,
    pipeline: Pipeline,
    candidates: Iterable[Pipeline],
    names: Sequence[str],
    most: int = PROMISING,
) -> list[Pipeline]:
    """Return the candidates that improve some images.

    Parameters
    ----------
    cost_model : CostModel
        Its images decide.
    pipeline : Pipeline
        What is to be improved.
    candidates : iterable of Pipeline
        What might improve it.
    names : sequence of str
        The images that decide.
    most : int, optional
        How many are returned at most.

    Returns
    -------
    list of Pipeline
        The most promising first.
    """
    now = {name: cost_model.goodness_of_fit(pipeline, name) for name in cost_model.names}
    least = cost_model.cost(pipeline)
    found = []
    for candidate in candidates:
        fits = now | {name: cost_model.goodness_of_fit(candidate, name) for name in names}
        cost = cost_model.weighted_misfit(list(fits.values())) + cost_model.fault_cost(candidate)
        if cost < least - LEAST_GAIN:
            found.append((cost, candidate))
    found.sort(key=lambda entry: entry[0])
    return [candidate for _, candidate in found[:most]]


def _up_to_a_crowd(cost_model: CostModel, names: list[str]) -> list[str]:
    """Return the first of some images, until they show a crowd: others would tell nothing new."""
    seen = np.cumsum([len(cost_model.observed[name]) for name in names])
    return names[: int(np.searchsorted(seen, CROWD)) + 1]


def _same_input(one: Pipeline, other: Pipeline) -> bool:
    return all(getattr(one, field) == getattr(other, field) for field in BEFORE_OUTPUT)


def useful_faults(cost_model: CostModel, pipeline: Pipeline, faults: list[Fault]) -> list[Fault]:
    """Return the faults that could explain what a hypothesis leaves unexplained."""
    fits = [cost_model.goodness_of_fit(pipeline, name) for name in cost_model.names]
    counts = any(len(f.pairs) < max(f.predicted, f.observed) for f in fits)
    boxes = any((f.box_excess > 0).any() for f in fits)
    scores = any((f.score_excess > 0).any() for f in fits)
    classes = any((~f.same_class).any() for f in fits)
    shapes = any((f.shape_excess > 0).any() for f in fits)
    stages = set()
    if counts or not any(len(f.pairs) for f in fits):
        stages |= {"nms", "thresholds", "rescaling", "output", "decoding"}
    if boxes:
        stages |= {"rescaling", "output", "decoding", "nms"}
    if scores:
        stages |= {"decoding", "nms"}
    if classes:
        stages |= {"class_ids", "decoding", "nms"}
    if shapes:
        stages |= {"keypoints", "angles", "masks"}
    if not {"gain", "suppression"} & cost_model.replayer.task.choices:
        stages |= {"decoding", "thresholds"}
    return [f for f in faults if f.stage in stages]


def fit_class_ids(
    cost_model: CostModel, pipeline: Pipeline, names: dict[int, str]
) -> list[Pipeline]:
    """Return the pipeline with the numberings of classes that the boxes suggest, and as it is.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations; another list of class names becomes one of its faults.
    pipeline : Pipeline
        Its input, decoding and rescaling are right.
    names : dict of int to str
        The model's class names by id.
    """
    pairs = ScoreMatches(cost_model, pipeline, cost_model.names).class_ids(pipeline)
    if not pairs:
        return [pipeline]
    model, given = np.array(pairs).T
    options = [pipeline]
    for rule in allowed(ClassIdChoices, "class_ids"):
        numbered = pipeline.replace(class_ids=rule)
        agree = (renumber(numbered, model) == given).mean()
        if rule != "rank" and agree > max((model == given).mean(), RULE_SHARE):
            options.append(numbered)
    table = {}
    for c in np.unique(model):
        seen, counts = np.unique(given[model == c], return_counts=True)
        table[int(c)] = int(seen[counts.argmax()])
    explained = np.mean([table[int(c)] == g for c, g in pairs])
    renamed = any(c != g for c, g in table.items())
    if explained > TABLE_SHARE and renamed:
        fault = other_class_names(table, cost_model.observations.labels, names)
        cost_model.add_fitted_fault(fault)
        options.append(fault.inject_into(pipeline))
    ranks = [o.class_ids for o in cost_model.observed.values() if len(o)]
    counting = [np.array_equal(np.sort(r), np.arange(len(r))) for r in ranks]
    if ranks and np.mean(counting) > RANK_SHARE:
        options.append(pipeline.replace(class_ids="rank"))
    return options
