"""Proof: the boxes that a fault explains and nothing else does."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.special import betaln

from parity.deployment.pipeline import Pipeline
from parity.deployment.reading import ReadingChoices
from parity.deployment.stage import fields_of
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.document import Proof
from parity.diagnosis.evidence.box_evidence import score_evidence
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.misfit import Fit
from parity.diagnosis.evidence.plain_filters import are_set_apart, missing_boxes
from parity.diagnosis.search.local_search import without
from parity.diagnosis.search.refinement import CERTAIN, CERTAIN_SCORE, certain_images
from parity.diagnosis.stages import PREPROCESSING_STAGES
from parity.external.observations import Observed
from parity.tasks.task import TASKS

DIGITS_REACHED = 0.5
"""Share of observed boxes reproduced to their digits from which digits alone count; chosen."""

LEAST_BOXES = 2
"""Boxes that a fault must explain where something else is not explained; chosen."""

SHARE_OF_REST = 0.1
"""Boxes that a fault must explain, as a share of those that nothing explains; chosen: what explains
few of many does so by chance."""

BY_CHANCE, BY_CHANCE_ALONE = 0.001, 0.005
"""Probability that missing boxes are by chance those that a fault drops, from which they prove
nothing; chosen: dozens of faults drop a few boxes each, so that some drop the right ones. The
second holds where nothing else is unexplained, so that nothing shows that boxes were left out."""

COARSE_FACTOR = 3.0
"""By what factor a fault must shrink the differences where digits are not reached; chosen: wrong
causes were seen to shrink them by at most 2.2, but for :data:`FINE`."""

COARSE_BOXES = 8
"""Boxes needed to speak of a factor; chosen."""

NOT_WORSE = 1.25
"""By what factor a fault may enlarge other differences meanwhile; chosen."""

COARSE_SHARE = 0.25
"""Share of boxes that must come close, get their class, or need no longer be predicted, where
digits are not reached; chosen."""

EXPLAINED = 0.95
"""Shares of observed boxes that are reproduced, and of predicted boxes that were observed, from
which faults explain a deployment, and one needs no more than :data:`ENOUGH_BOXES`; chosen."""

ENOUGH_BOXES = 12
"""Boxes that prove a fault before the network where the rest is explained, so that the network need
not be run on further images without it; chosen: six times what is needed."""

REPRODUCED = 0.5
"""Share of the boxes of an image from which it is reproduced, and of images that must be; chosen:
half of them may be left to something unknown."""

FOUND_WITHOUT = 0.5
"""Share of scores found to the last digit without a fault from which they do not prove it; chosen:
most must be others."""

OF_EVERY_BOX = frozenset(("integers", "whole_input_px", "unit", "canvas"))
"""Choices that hold for every box."""

RULED = 0.75
"""Share of the boxes whose scores are reproduced for which such a rule must hold; chosen: rules
that resemble the right one were seen to hold for up to 0.55."""

LEAST_IMAGES, SAME_PLACE = 2, 0.1
"""Images with several boxes that must show them in one place, and how far apart, px, they may be;
chosen: fractions of an image are further apart."""

FAR_APART = 12.0
"""Logarithm of the difference that a box without a partner counts as; chosen: beyond any pair."""


FINE = frozenset(
    (
        *fields_of(ReadingChoices),
        *(
            "scaling",
            "kernel",
            "grid",
            "levels",
            "edges",
            "border",
            "side_rounding",
            "border_rounding",
        ),
        *("order", "overlap", "suppressed_in", "iou_inclusive", "class_offset", "merging"),
        "origin",
    )
)
"""Choices whose effect much else can resemble; chosen: an image that was
blurred a little resembles one that was made smaller and larger again, one linear scaling of levels
resembles another, and which of two boxes NMS keeps depends on scores, which are unknown where no
digits are reached; boxes of a mirrored image resemble those that are counted from another side."""

DETAILED = frozenset(
    (("fitting", "pad_first"), ("fitting", "pad_around_first"), ("multiple_first", 32))
)
"""Values of choices that differ as little from usual ones: from a letterbox with its padding in the
same place, and from sides that are rounded in any other way."""

NEARLY_ALIKE, NEARLY_FACTOR = frozenset(("profile",)), 10.0
"""Choices that libraries implement with small differences, and by what factor these must shrink the
differences of the scores; chosen: what resembles the truth was seen to shrink them by 2.2."""

COUNTS = ("unobserved", "predicted")


@dataclass(frozen=True)
class Comparison:
    """What a pipeline reproduces, box by box."""

    exact: np.ndarray
    close: np.ndarray
    same_class: np.ndarray
    """(N,) bool. By observed box of all images."""
    box: np.ndarray
    score: np.ndarray
    """(N,) float64. Logarithms of the differences in units of the precision."""
    unobserved: int
    predicted: int
    """Predicted boxes without a partner, and all."""

    @classmethod
    def of(cls, fits: list[Fit]) -> "Comparison":
        """Compare box by box, given one fit per image."""
        parts: list[list[np.ndarray]] = [
            [np.zeros(0, kind)] for kind in (bool, bool, bool, float, float)
        ]
        for fit in fits:
            own = fit.pairs[:, 1]
            columns = (
                (fit.exact, False),
                (fit.close, False),
                (fit.same_class, False),
                (fit.box_excess, FAR_APART),
                (fit.score_excess, FAR_APART),
            )
            for part, (values, missing) in zip(parts, columns, strict=True):
                whole = np.full(fit.observed, missing, type(missing))
                whole[own] = values
                part.append(whole)
        exact, close, same_class, box, score = (np.concatenate(part) for part in parts)
        unobserved, predicted = (sum(getattr(f, n) for f in fits) for n in COUNTS)
        return cls(exact, close, same_class, box, score, unobserved, predicted)


def box_by_box(
    cost_model: CostModel, pipeline: Pipeline, names: list[str] | None = None
) -> Comparison:
    """Return what a pipeline reproduces, box by box, of some images or of all."""
    names = names or cost_model.names
    return Comparison.of([cost_model.goodness_of_fit(pipeline, name) for name in names])


def compare_without(
    cost_model: CostModel, best: Pipeline, fault: Fault
) -> tuple[Comparison, Comparison]:
    """Return what a hypothesis reproduces with a fault and without it, of as many images as needed.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    best : Pipeline
        The hypothesis.
    fault : Fault
        One of its faults.
    """
    bare = without(cost_model, best, fault)
    names = cost_model.names
    if fault.precedes_output and _is_explained(cost_model, best):
        for count in range(1, len(names)):
            whole, left = (box_by_box(cost_model, p, names[:count]) for p in (best, bare))
            if _gained(whole, left) >= ENOUGH_BOXES:
                return whole, left
    return box_by_box(cost_model, best), box_by_box(cost_model, bare)


def _is_explained(cost_model: CostModel, pipeline: Pipeline) -> bool:
    return cost_model.reproduction(pipeline).least >= EXPLAINED


def _gained(whole: Comparison, bare: Comparison) -> int:
    """Return how many more boxes are reproduced, or no longer predicted, with a fault."""
    gained = int(whole.exact.sum()) - int(bare.exact.sum())
    return gained + bare.unobserved - whole.unobserved


def proof_of(whole: Comparison, bare: Comparison) -> Proof:
    """Return what speaks for a fault.

    Parameters
    ----------
    whole, bare : Comparison
        With the fault, and without it.
    """
    explained = int((whole.exact & ~bare.exact).sum())
    unobserved = max(bare.unobserved - whole.unobserved, 0)
    if reaches_digits(whole):
        return Proof(explained, unobserved)
    closer, named = (
        int((getattr(whole, name) & ~getattr(bare, name)).sum()) for name in ("close", "same_class")
    )
    factor = shrink_factor(whole, bare)
    return Proof(explained, unobserved, None, factor, closer, named)


def reaches_digits(found: Comparison) -> bool:
    """Return whether so many boxes are reproduced to their digits that these alone count."""
    return not len(found.exact) or bool(found.exact.mean() >= DIGITS_REACHED)


def shrink_factor(whole: Comparison, bare: Comparison) -> float | None:
    """Return by what factor a fault shrinks the differences; None where too few boxes tell."""
    apart = ~(whole.exact & bare.exact)
    if apart.sum() < COARSE_BOXES:
        return None
    box, score = (
        float(np.exp(np.median((getattr(bare, name) - getattr(whole, name))[apart])))
        for name in ("box", "score")
    )
    if min(box, score) * NOT_WORSE < 1:
        return None
    return max(box, score)


def is_proved(
    whole: Comparison,
    bare: Comparison,
    *,
    fine: bool = False,
    scores_alone: bool = False,
    as_a_whole: bool = True,
) -> bool:
    """Return whether the boxes prove a fault.

    Parameters
    ----------
    whole, bare : Comparison
        With the fault, and without it.
    fine : bool
        Whether only digits count, since an unknown fault can have much the same effect.
    scores_alone : bool
        Whether nothing but scores tells, as of labels, or of boxes that a sigmoid has squeezed into
        a px; a few have their digits by chance.
    as_a_whole : bool
        Whether the fault is right in most of what it changes, see :func:`is_right_as_a_whole`; if
        not, digits prove nothing.
    """
    explained = int((whole.exact & ~bare.exact).sum())
    lost = int((bare.exact & ~whole.exact).sum())
    if lost > max(explained, LEAST_BOXES - 1):
        return False  # boxes may be withheld for any reason, but these were observed
    more = whole.unobserved - bare.unobserved
    gained = explained - lost - max(more, 0)
    rest = int((~whole.exact).sum())
    needed = 1 if not rest else max(LEAST_BOXES, SHARE_OF_REST * rest)
    if as_a_whole and gained >= needed and (reaches_digits(whole) or not scores_alone):
        return True
    if reaches_digits(whole):
        enough = gained + max(-more, 0) >= needed
        return as_a_whole and enough and not may_be_withheld(whole, bare)
    return not fine and shrinks(whole, bare)


def may_be_withheld(whole: Comparison, bare: Comparison) -> bool:
    """Return whether the boxes that a fault drops may be missing without it.

    Boxes may be missing for any reason. Without the fault, some of the predicted boxes are; if
    those were drawn at random, they would hardly be the ones that the fault drops, unless it drops
    few, drops observed ones as well, or leaves many missing.

    Parameters
    ----------
    whole, bare : Comparison
        With the fault, and without it.
    """
    hits = max(bare.unobserved - whole.unobserved, 0)
    dropped = hits + int((bare.exact & ~whole.exact).sum())
    complete = not whole.unobserved and whole.exact.all()
    limit = BY_CHANCE_ALONE if complete else BY_CHANCE
    return _chance_of(hits, dropped, bare.unobserved, bare.predicted) > limit


def _chance_of(hits: int, drawn: int, marked: int, of: int) -> float:
    """Return how likely so many hits or more are among things that are drawn, some of them marked.

    The upper tail of the hypergeometric distribution.
    """
    found = np.arange(max(hits, drawn - (of - marked)), min(drawn, marked) + 1)
    ways = _log_ways(marked, found) + _log_ways(of - marked, drawn - found)
    return float(np.exp(ways - _log_ways(of, np.array(drawn))).sum())


def _log_ways(of: int, chosen: np.ndarray) -> np.ndarray:
    """Return the logarithm of how many ways there are to choose some of many."""
    ways: np.ndarray = -betaln(of - chosen + 1, chosen + 1) - np.log(of + 1)
    return ways


def is_right_as_a_whole(cost_model: CostModel, best: Pipeline, fault: Fault) -> bool:
    """Return whether a fault of a hypothesis is right in most of what it changes.

    A fault before the network is right or wrong in an image as a whole, one that makes whole px is
    in all boxes, and one of masks, keypoints or angles in all that it changes; what is right in a
    few of them is so by chance, or resembles the truth.
    """
    if fault.fields <= OF_EVERY_BOX:
        return _reproduces_most_boxes(cost_model, best)
    if "dropped" in fault.fields:
        return not _is_plainly_filtered(cost_model, best, fault)
    if fault.is_of_shapes:
        return _reproduces_most_shapes(cost_model, best, fault)
    return not fault.precedes_output or _reproduces_most_changed(cost_model, best, fault)


def _is_plainly_filtered(cost_model: CostModel, best: Pipeline, fault: Fault) -> bool:
    """Return whether a size, a place or the score tells which boxes are missing, and a fault not.

    Large boxes reach out of the image more often than others, so that a filter of sizes resembles
    a fault that drops boxes that leave the image.
    """
    left = sum(cost_model.goodness_of_fit(best, name).unobserved for name in cost_model.names)
    bare = without(cost_model, best, fault)
    return left > 0 and are_set_apart(*missing_boxes(cost_model, bare))


def _reproduces_most_boxes(cost_model: CostModel, best: Pipeline) -> bool:
    """Return whether most boxes are reproduced whose scores and classes are."""
    fits = [cost_model.goodness_of_fit(best, name) for name in cost_model.names]
    same = sum(int(((fit.score_excess == 0) & fit.same_class).sum()) for fit in fits)
    return sum(int(fit.boxed.sum()) for fit in fits) >= RULED * same


def _reproduces_most_shapes(cost_model: CostModel, best: Pipeline, fault: Fault) -> bool:
    """Return whether most shapes are reproduced that a fault changes, of boxes that are."""
    bare = without(cost_model, best, fault)
    changed = right = 0
    for name in cost_model.names:
        whole, left = (cost_model.goodness_of_fit(each, name) for each in (best, bare))
        before = np.full(whole.observed, np.nan)
        before[left.pairs[:, 1]] = left.shape_excess
        differ = before[whole.pairs[:, 1]] != whole.shape_excess
        changed += int((whole.boxed & differ).sum())
        right += int((whole.exact & differ).sum())
    return right >= REPRODUCED * changed


def _reproduces_most_changed(cost_model: CostModel, best: Pipeline, fault: Fault) -> bool:
    """Return whether most images are reproduced whose input a fault of a hypothesis changes.

    An image is reproduced if most of its boxes are, or if its scores prove the input. What two
    libraries do nearly alike, as they convert a colour profile, counts if it shrinks the
    differences of the scores by far.
    """
    bare = without(cost_model, best, fault)
    boxed = [name for name in cost_model.names if len(cost_model.observed[name])]
    changed = [name for name in boxed if not cost_model.same_inputs(best, bare, [name])]
    reproduced = set(certain_images(cost_model, best, changed))
    for name in changed:
        fit = cost_model.goodness_of_fit(best, name)
        if fit.exact.sum() >= REPRODUCED * fit.observed:
            reproduced.add(name)
        elif fault.fields <= NEARLY_ALIKE:
            whole, left = (box_by_box(cost_model, p, [name]) for p in (best, bare))
            if np.median(left.score - whole.score) >= np.log(NEARLY_FACTOR):
                reproduced.add(name)
    return len(reproduced) >= REPRODUCED * len(changed)


def shrinks(whole: Comparison, bare: Comparison) -> bool:
    """Return whether a fault brings most boxes closer by far, though not to their digits."""
    factor = shrink_factor(whole, bare)
    if factor is not None and factor >= COARSE_FACTOR:
        return True
    gained = [
        int((getattr(whole, name) & ~getattr(bare, name)).sum())
        - int((getattr(bare, name) & ~getattr(whole, name)).sum())
        for name in ("close", "same_class")
    ]
    gained.append(bare.unobserved - whole.unobserved)
    totals = (len(whole.exact), len(whole.exact), max(bare.predicted, 1))
    enough = [
        many >= max(COARSE_SHARE * all_of_them, COARSE_BOXES / 2)
        for many, all_of_them in zip(gained, totals, strict=True)
    ]
    return any(enough) and min(gained) >= 0


def keep_proved(
    cost_model: CostModel, best: Pipeline, proved: Collection[str] = frozenset()
) -> Pipeline:
    """Return a hypothesis without the faults that its boxes do not prove.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    best : Pipeline
        The hypothesis.
    proved : collection of str
        Names of faults that something else proves.
    """
    labels = not TASKS[cost_model.replayer.network.head.task].has_boxes
    in_one_place = lie_in_one_place(cost_model.observed.values())
    while True:
        doubtful = []
        squeezed = in_one_place or best.box_activation == "sigmoid"
        for fault in cost_model.faults(best):
            if fault.is_choice or fault.name in proved or scores_prove(cost_model, best, fault):
                continue
            whole, bare = compare_without(cost_model, best, fault)
            tiny = squeezed and "box_activation" not in fault.fields
            in_place = fault.is_of_shapes and reproduces_boxes(cost_model, best)
            fine = tiny or in_place or is_fine(fault)
            if not is_proved(
                *(whole, bare),
                fine=fine,
                scores_alone=tiny or labels,
                as_a_whole=is_right_as_a_whole(cost_model, best, fault),
            ):
                doubtful.append((proof_of(whole, bare), fault))
        if not doubtful:
            return without_opposites(cost_model, best)
        least = min(doubtful, key=lambda entry: (entry[0].explained, entry[0].factor or 0.0))
        best = without(cost_model, best, least[1])


def scores_prove(cost_model: CostModel, best: Pipeline, fault: Fault) -> bool:
    """Return whether scores alone prove a fault before the network, wherever the boxes lie.

    Scores are those of one input to the last digit, of all images that the fault changes, and
    mostly not without it.

    Parameters
    ----------
    cost_model : CostModel
        Holds the scores.
    best : Pipeline
        The hypothesis.
    fault : Fault
        One of its faults.
    """
    boxed = TASKS[cost_model.replayer.network.head.task].has_boxes
    if not (boxed and fault.precedes_output) or cost_model.precision.score > CERTAIN_SCORE:
        return False
    bare = without(cost_model, best, fault)
    changed = [n for n in cost_model.names if not cost_model.same_inputs(best, bare, [n])]
    if sum(len(cost_model.observed[name]) for name in changed) < COARSE_BOXES:
        return False
    found, left = (score_evidence(cost_model, p, changed)[1] for p in (best, bare))
    return bool(found >= CERTAIN and left < FOUND_WITHOUT)


def is_fine(fault: Fault) -> bool:
    """Return whether much else resembles what a fault does, so that digits alone prove it."""
    return fault.fields <= FINE or not fault.assignments.isdisjoint(DETAILED)


def reproduces_boxes(cost_model: CostModel, pipeline: Pipeline) -> bool:
    """Return whether so many boxes have their digits that those of their shapes count alone."""
    fits = [cost_model.goodness_of_fit(pipeline, name) for name in cost_model.names]
    boxed = sum(int(fit.boxed.sum()) for fit in fits)
    return boxed >= DIGITS_REACHED * max(sum(fit.observed for fit in fits), 1)


def lie_in_one_place(observed: Iterable[Observed]) -> bool:
    """Return whether the boxes of each image are the same, as where a sigmoid squeezes them.

    Where such boxes lie tells of no fault but that one: many faults bring them near.
    """
    spreads = [float(np.ptp(seen.boxes, axis=0).max()) for seen in observed if len(seen) > 1]
    return len(spreads) >= LEAST_IMAGES and max(spreads) <= SAME_PLACE


def without_opposites(cost_model: CostModel, best: Pipeline) -> Pipeline:
    """Return a hypothesis without pairs of faults after the input that undo each other.

    Each of such a pair is proved beside the other: logits beside a softmax that is added.
    """
    late = [f for f in cost_model.faults(best) if f.stage not in PREPROCESSING_STAGES]
    for one, other in combinations(late, 2):
        bare = without(cost_model, without(cost_model, best, one), other)
        if cost_model.cost(bare) < cost_model.cost(best):
            return without_opposites(cost_model, bare)
    return best


def proofs(cost_model: CostModel, best: Pipeline, faults: Iterable[Fault]) -> dict[str, Proof]:
    """Return the proof of each fault of a hypothesis, by its name."""
    boxes = cost_model.box_count
    found = {}
    for fault in faults:
        whole, bare = compare_without(cost_model, best, fault)
        compared = len(whole.exact)
        proof = proof_of(whole, bare)
        found[fault.name] = replace(proof, boxes=compared if compared < boxes else None)
    return found
