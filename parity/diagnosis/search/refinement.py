"""Refining a hypothesis that is right in some images: exchanging faults before the network."""

from collections.abc import Sequence
from itertools import combinations, islice

import numpy as np

from parity.deployment.geometry import Colour
from parity.deployment.pipeline import BEFORE_OUTPUT, Pipeline
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.catalogue.geometry import other_border
from parity.diagnosis.evidence.box_evidence import score_evidence
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.score_logits import disagreement, logit, observed_logits
from parity.diagnosis.search.local_search import (
    LEAST_GAIN,
    PROMISING,
    improve_locally,
    promising,
    without,
)
from parity.tasks.task import TASKS

CERTAIN = 0.95
"""Share of scores found to the last digit from which an image was given the right input; chosen."""

CERTAIN_BOXES, CERTAIN_SCORE = 4, 1e-3
"""Boxes of an image, and precision of scores, from which those digits prove an input; chosen."""

LEVELS_SHOW = 1e-4
"""Precision of scores up to which they show how levels were rounded; measured with YOLO11n: by that
rounding, most scores differ by 1e-5 to 1e-3."""

NEAR_GREYS = 3
"""Difference of borders, grey levels, of which the same holds; measured likewise: one level changes
scores by 1e-5 to 1e-3."""

HALF_GREY = 127.5
"""Level of a border of 0.5 that is added to floats."""

UNCHANGED_IMAGES = 3
"""Images whose inputs an exchange must leave as they are, at most; chosen."""

PAIRS = 14
"""Pairs of exchanges that are tried, those whose scores should agree best; chosen."""

REFINED_IMAGES = 3
"""Images by which faults before the network are exchanged at the end: those that fit worst;
chosen."""

REFINED_FROM = 0.2
"""Share of observed boxes reproduced exactly from which faults are exchanged: below, the input is
another one altogether, unless all boxes lie close; chosen."""

ALL_CLOSE = 0.9
"""Share of observed boxes that are close, and of predicted boxes that were observed, from which
the input differs in details alone; chosen."""

COARSE = frozenset({"colours", "scaling", "axes", "fitting", "network", "turned"})
"""Choices that show in every image: right in all where they are right in some."""

RESEMBLING = frozenset({"letterbox", "pad_first", "pad_around_first", "warp"})
"""Ways of fitting that give the same input where an image need not be resized."""

GEOMETRY_KINDS = (
    frozenset(("border",)),
    frozenset(("kernel", "grid", "levels", "edges")),
    frozenset(
        (
            *("fitting", "align", "side_rounding", "border_rounding", "enlarge"),
            *("sides_exchanged", "grid"),
        )
    ),
)
"""Choices of geometry that resemble each other: the border, how px are sampled, and from where."""

MOST_LEFT = 0.02
"""Mean difference of logits beyond which every exchange may explain it; chosen."""

LEAST_EFFECT, BORDER_EFFECT = 0.005, 2e-4
"""By how much logits differ at least on average where inputs differ by one grey level (root mean
square), and where their borders do; measured with YOLO11n on three images."""

MORE = 3.0
"""By how much the least effect of an exchange, which is one of :data:`CERTAIN_BOXES` boxes on
average, may exceed what there is to explain of so many; of fewer, more. Chosen."""

PROMISING_BY_FEW = 18
"""Exchanges that are compared on all such images, at most, where one of few boxes suggests them;
chosen."""

RESERVED = 80
"""Inputs that refining may take beyond the budget; chosen."""

REFINED = 3
"""Exchanges that are improved further, at most; chosen."""

EXPLAINED_EXACT, EXPLAINED_PREDICTED = 0.97, 0.75
"""Shares of observed boxes that are reproduced exactly, and of predicted boxes that were observed,
from which a hypothesis explains the boxes; chosen: up to a quarter may be withheld."""

COMPLETE_EXACT = 0.995
"""Share of observed boxes from which there is nothing to refine; chosen."""


def refine(cost_model: CostModel, best: Pipeline) -> Pipeline:
    """Exchange faults before the network for others, one or two at a time.

    Images whose scores are not found decide which exchanges are compared on all images.
    """
    with cost_model.more_inputs(RESERVED):
        while not cost_model.exhausted:
            found = cost_model.reproduction(best)
            if found.exact > COMPLETE_EXACT and leaves_only_withheld(cost_model, best):
                break
            if found.exact < REFINED_FROM and min(found.close, found.predicted) < ALL_CLOSE:
                break
            unmatched = _unmatched_images(cost_model, best)
            better = (_exchanged(cost_model, best, name, unmatched) for name in unmatched)
            winner = next((p for p in better if p != best), best)
            if winner == best:
                break
            best = winner
    return _with_nearest_grey(cost_model, best)


def _with_nearest_grey(cost_model: CostModel, best: Pipeline) -> Pipeline:
    """Return a hypothesis with the grey border nearby that fits best, whatever the budget is.

    One level more or less leaves many boxes as they are, to the last digit, so that a border is
    taken for another that is usual.
    """
    border, found = best.border, cost_model.reproduction(best)
    if not isinstance(border, int) or border == cost_model.correct.border:
        return best
    if not REFINED_FROM < found.exact < EXPLAINED_EXACT:
        return best
    near: list[float] = [*range(max(border - NEAR_GREYS, 0), min(border + NEAR_GREYS, 255) + 1)]
    if abs(border - HALF_GREY) < 1:
        near.append(HALF_GREY)
    usual = (border, cost_model.correct.border)
    options = {best.replace(border=level): level for level in near if level not in usual}
    worst = _unmatched_images(cost_model, best)[:1]
    better = promising(cost_model, best, options, worst)
    winner = min([best, *better], key=cost_model.cost)
    if winner in options:
        cost_model.add_fitted_fault(other_border(options[winner]))
    return winner


def certain_images(cost_model: CostModel, pipeline: Pipeline, names: Sequence[str]) -> list[str]:
    """Return the images whose scores prove that a pipeline gives the network the right input.

    The few probabilities of a classifier, which may all be small, prove none.

    Parameters
    ----------
    cost_model : CostModel
        Holds the scores.
    pipeline : Pipeline
        A hypothesis.
    names : sequence of str
        The images to look at.
    """
    boxed = TASKS[cost_model.replayer.network.head.task].has_boxes
    if cost_model.precision.score > CERTAIN_SCORE or not boxed:
        return []
    return [
        name
        for name in names
        if len(cost_model.observed[name]) >= CERTAIN_BOXES
        and score_evidence(cost_model, pipeline, [name])[1] >= CERTAIN
    ]


def leaves(cost_model: CostModel, option: Pipeline, best: Pipeline, certain: Sequence[str]) -> bool:
    """Return whether a pipeline gives the same inputs as another, as far as scores prove them.

    Parameters
    ----------
    cost_model : CostModel
        Holds the scores.
    option, best : Pipeline
        The two.
    certain : sequence of str
        The images whose scores prove the input of ``best``.
    """
    if cost_model.precision.score > LEVELS_SHOW:
        near = are_near(option.border, best.border)
        option = option.replace(levels=best.levels, border=best.border if near else option.border)
    return cost_model.same_inputs(option, best, certain)


def are_near(one: float | Colour, other: float | Colour) -> bool:
    """Return whether two borders are greys that few decimals of scores cannot tell apart."""
    if isinstance(one, tuple) or isinstance(other, tuple):
        return one == other
    return abs(one - other) <= NEAR_GREYS


def _exchanged(cost_model: CostModel, best: Pipeline, name: str, names: list[str]) -> Pipeline:
    """Return the best hypothesis after the exchanges that an image suggests."""
    singles = _exchanges(cost_model, best, name)
    pairs = _pairs_of_exchanges(cost_model, best, singles, name)
    telling = len(cost_model.observed[name]) >= CERTAIN_BOXES
    most = PROMISING if telling else PROMISING_BY_FEW
    likely = promising(cost_model, best, [*singles, *pairs], [name], most)
    winner = best
    witnesses = [n for n in _reproduced_images(cost_model, best) if n not in names]
    for option in promising(cost_model, best, likely, [*names, *witnesses])[:REFINED]:
        winner = min([winner, improve_locally(cost_model, option)], key=cost_model.cost)
        if leaves_only_withheld(cost_model, winner):
            break
    gained = cost_model.cost(best) - cost_model.cost(winner)
    return winner if gained > LEAST_GAIN else best


def _reproduced_images(cost_model: CostModel, best: Pipeline) -> list[str]:
    """Return images of which a hypothesis reproduces every box, where scores prove no input.

    An exchange that explains a few boxes of others must leave them as they are.
    """
    if cost_model.precision.score <= CERTAIN_SCORE:
        return []
    fits = {name: cost_model.goodness_of_fit(best, name) for name in cost_model.names}
    whole = [n for n, fit in fits.items() if fit.observed and fit.exact.sum() == fit.observed]
    return sorted(whole, key=lambda n: -fits[n].observed)[:UNCHANGED_IMAGES]


def _unmatched_images(cost_model: CostModel, best: Pipeline) -> list[str]:
    """Return the images that fit worst among those whose scores an input does not give."""
    ranked = cost_model.worst_images(best, len(cost_model.names))
    unmatched = (n for n in ranked if not score_evidence(cost_model, best, [n])[1] >= CERTAIN)
    return list(islice(unmatched, REFINED_IMAGES))


def _exchanges(cost_model: CostModel, best: Pipeline, name: str) -> list[Pipeline]:
    """Return the inputs that are one fault more, less or another than a hypothesis.

    Left out is what would change the scores of an image by far more than what there is to
    explain.
    """
    faults = [f for f in cost_model.preprocessing_faults if _is_exchangeable(f, best)]
    options = []
    for base in (best, *_resembling(best)):
        options += [base, *(f.inject_into(base) for f in faults if not f.is_in(base))]
    for old in cost_model.faults(best):
        if old.precedes_output:
            bare = without(cost_model, best, old)
            options += [bare, *(f.inject_into(bare) for f in faults if are_alike(f, old))]
    certain = certain_images(cost_model, best, cost_model.names)[:UNCHANGED_IMAGES]
    distinct = [
        p for p in dict.fromkeys(options) if p != best and leaves(cost_model, p, best, certain)
    ]
    if "gain" not in cost_model.replayer.task.choices:
        return distinct
    return [p for p in distinct if _is_small_enough(cost_model, p, best, name)]


def _pairs_of_exchanges(
    cost_model: CostModel, best: Pipeline, options: Sequence[Pipeline], name: str
) -> list[Pipeline]:
    """Return the pairs of exchanges that together should give the scores of an image.

    What two exchanges do to the scores is about the sum of what each does; see
    :meth:`parity.diagnosis.search.input_search.InputSearch.run`.
    """
    if "gain" not in cost_model.replayer.task.choices:
        return []
    wanted = logit(cost_model.observed[name].scores)
    own = observed_logits(cost_model, best, name)
    changed = []
    for option in options:
        if cost_model.exhausted:
            break
        made = {f: v for f in BEFORE_OUTPUT if (v := getattr(option, f)) != getattr(best, f)}
        changed.append((made, observed_logits(cost_model, option, name) - own))
    promise: dict[Pipeline, float] = {}
    for (one, its), (other, others) in combinations(changed, 2):
        if not one.keys() & other.keys():
            promise[best.replace(**one, **other)] = disagreement(own + its + others, wanted)
    left = disagreement(own, wanted)
    likely = sorted(promise, key=lambda pipeline: promise[pipeline])[:PAIRS]
    return [pipeline for pipeline in likely if promise[pipeline] < left]


def _is_small_enough(cost_model: CostModel, option: Pipeline, best: Pipeline, name: str) -> bool:
    """Return whether another input may change scores as little as there is to explain."""
    wanted = logit(cost_model.observed[name].scores)
    left = disagreement(observed_logits(cost_model, best, name), wanted)
    replayer = cost_model.replayer
    if left > MOST_LEFT or None in cost_model.inputs(option, [name]):
        return True
    own, others = (replayer.tensor(p, name) for p in (best, option))
    if own.shape != others.shape:
        return False
    levels = 255 * float(np.sqrt(np.mean((own - others) ** 2)))
    effect = BORDER_EFFECT if option.border != best.border else LEAST_EFFECT
    return _may_leave(effect * levels, left, len(wanted))


def _may_leave(least: float, left: float, boxes: int) -> bool:
    """Return whether a change of an input may explain a difference.

    Parameters
    ----------
    least : float
        The least mean effect on logits of an input that differs as much.
    left : float
        Mean difference of logits that is to be explained.
    boxes : int
        How many boxes that is the mean of.
    """
    few = CERTAIN_BOXES / min(max(boxes, 1), CERTAIN_BOXES)
    return least <= MORE * few * left


def _is_exchangeable(fault: Fault, best: Pipeline) -> bool:
    """Return whether a fault may be exchanged for another that does the same in some images."""
    coarse = {field: value for field, value in fault.changes if field in COARSE}
    if coarse.keys() <= {"fitting"}:
        return {*coarse.values(), best.fitting if coarse else "letterbox"} <= RESEMBLING
    return False


def _resembling(pipeline: Pipeline) -> list[Pipeline]:
    """Return the other ways of padding at the right and below with the same border."""
    if pipeline.fitting == "pad_first":
        return [pipeline.replace(fitting="letterbox", align="top_left")]
    if pipeline.fitting == "letterbox" and pipeline.align == "top_left":
        return [pipeline.replace(fitting="pad_first", align="centre")]
    return []


def are_alike(fault: Fault, other: Fault) -> bool:
    """Return whether a fault may have been taken for another."""
    if fault.stage != other.stage:
        return False
    alike = any(kind & fault.fields and kind & other.fields for kind in GEOMETRY_KINDS)
    return alike or fault.stage != "geometry"


def leaves_only_withheld(cost_model: CostModel, pipeline: Pipeline) -> bool:
    """Return whether a hypothesis leaves nothing to explain but boxes that are withheld."""
    found = cost_model.reproduction(pipeline)
    return found.exact >= EXPLAINED_EXACT and found.predicted >= EXPLAINED_PREDICTED


def is_complete(cost_model: CostModel, pipeline: Pipeline) -> bool:
    """Return whether a hypothesis leaves nothing at all to explain."""
    found = cost_model.reproduction(pipeline)
    return found.exact > COMPLETE_EXACT and found.predicted > COMPLETE_EXACT
