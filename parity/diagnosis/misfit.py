"""How well a predicted set of boxes is the observed one, as a cost in nats."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import betaln

from parity.detection.detections import Detections
from parity.external.observations import Observed, decimals

UNEXPLAINED = 10.0
"""Cost of an observed box that nothing explains."""

WORST_PAIR = 12.0
"""Two boxes whose pairing costs more are no pair."""

BOX_WEIGHT, SCORE_WEIGHT, CLASS_COST = 0.6, 0.6, 2.0

INEXACT = 1.25
"""What a pair costs besides if its whole numbers are others: one px is more than it seems."""

MISS_PRIOR = (0.2, 20.0)
"""Beta prior of the share of predicted boxes that are not observed: mostly none."""


@dataclass(frozen=True)
class Precision:
    """What differences mean nothing, because numbers were rounded.

    Attributes
    ----------
    box_px : float
        Of a coordinate, in the unit of the boxes.
    score : float
        Of a score.
    whole : bool
        Whether coordinates are whole numbers; a hypothesis then says how they became so.
    """

    box_px: float
    score: float
    whole: bool = False

    @classmethod
    def of(cls, images: dict[str, Observed]) -> "Precision":
        """Return the precision to which boxes and scores are given."""
        boxes = np.concatenate([np.zeros((0, 4)), *(o.boxes for o in images.values())])
        scores = np.concatenate([np.zeros(0), *(o.scores for o in images.values())])
        fractions = len(boxes) > 0 and np.abs(boxes).max() <= 2
        finest, floor = (7, 2e-6) if fractions else (4, 0.01)
        box_digits = decimals(boxes, finest)
        whole = box_digits == 0
        box = 0.05 if whole else max(0.6 * 10.0**-box_digits, floor)
        return cls(box, max(0.6 * 10.0 ** -decimals(scores), 1e-5), whole)


@dataclass(frozen=True)
class Fit:
    """How the boxes of one image compare.

    Attributes
    ----------
    pairs : (P, 2) int
        Indices into the predicted and the observed boxes.
    cost : float
        Of the pairs and of the observed boxes without a partner.
    predicted, observed : int
        Boxes on either side.
    box_px, score : (P,) float64
        Largest difference of a coordinate, and of the score, of each pair.
    same_class : (P,) bool
        Whether the classes of a pair agree.
    """

    pairs: np.ndarray
    cost: float
    predicted: int
    observed: int
    box_px: np.ndarray
    score: np.ndarray
    same_class: np.ndarray


def fit(predicted: Detections, observed: Observed, precision: Precision) -> Fit:
    """Pair the boxes of one image so that the cost is least.

    Parameters
    ----------
    predicted : Detections
        What a hypothesis gives.
    observed : Observed
        What was seen.
    precision : Precision
        Differences up to about this cost nothing.

    Notes
    -----
    A pair costs the logarithm of its differences in units of the precision, so that a hypothesis
    that mends one axis, or the scores alone, is already better than one that mends nothing.
    """
    if not len(predicted) or not len(observed):
        nothing = np.zeros((0, 2), int), UNEXPLAINED * len(observed)
        empty = np.zeros(0)
        return Fit(*nothing, len(predicted), len(observed), empty, empty, empty.astype(bool))
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(predicted.boxes[:, None].astype(np.float64) - observed.boxes[None])
        apart = np.where(np.isfinite(apart), apart, 1e9)
        score = np.abs(predicted.scores[:, None].astype(np.float64) - observed.scores[None])
        score = np.where(np.isfinite(score), score, 0.0)
    costs = BOX_WEIGHT * np.log1p(_beyond(apart, precision.box_px)).mean(axis=2)
    if precision.whole:
        costs += INEXACT * (apart > precision.box_px).any(axis=2)
    costs += SCORE_WEIGHT * np.log1p(_beyond(score, precision.score))
    same = predicted.class_ids[:, None] == observed.class_ids[None]
    costs += CLASS_COST * ~same
    rows, columns = linear_sum_assignment(np.minimum(costs, WORST_PAIR))
    kept = costs[rows, columns] < WORST_PAIR
    rows, columns = rows[kept], columns[kept]
    cost = costs[rows, columns].sum() + UNEXPLAINED * (len(observed) - len(rows))
    return Fit(
        np.column_stack([rows, columns]),
        float(cost),
        len(predicted),
        len(observed),
        apart.max(axis=2)[rows, columns],
        score[rows, columns],
        same[rows, columns],
    )


def _beyond(difference: np.ndarray, precision: float) -> np.ndarray:
    return np.maximum(difference - precision, 0) / precision


def total(fits: list[Fit]) -> float:
    """Return the cost of a hypothesis over several images, nats.

    What is predicted and not observed is taken for withheld at one unknown rate (a beta-binomial
    likelihood): the first such box costs much, each of many costs little.
    """
    predicted = sum(f.predicted for f in fits)
    missed = predicted - sum(len(f.pairs) for f in fits)
    a, b = MISS_PRIOR
    withheld = betaln(a, b) - betaln(missed + a, predicted - missed + b)
    calm = betaln(a, b) - betaln(a, predicted + b)
    return sum(f.cost for f in fits) + float(withheld - calm)


@dataclass(frozen=True)
class Shares:
    """What a hypothesis reproduces.

    Attributes
    ----------
    exact : float
        Share of the observed boxes reproduced within the precision of their numbers.
    close : float
        Share reproduced to a few px and hundredths of score.
    predicted : float
        Share of the predicted boxes that were observed.
    box_px, score : float
        Median differences of the pairs.
    """

    exact: float
    close: float
    predicted: float
    box_px: float
    score: float


def shares(fits: list[Fit], precision: Precision, size_px: float = 640.0) -> Shares:
    """Return what a hypothesis reproduces over several images.

    Parameters
    ----------
    fits : list of Fit
        One per image.
    precision : Precision
        Of the observed numbers.
    size_px : float
        Typical side of an image in the unit of the boxes.
    """
    box = np.concatenate([np.zeros(0), *(f.box_px for f in fits)])
    score = np.concatenate([np.zeros(0), *(f.score for f in fits)])
    same = np.concatenate([np.zeros(0, bool), *(f.same_class for f in fits)])
    observed = sum(f.observed for f in fits)
    predicted = sum(f.predicted for f in fits)
    exact = same & (box <= max(3 * precision.box_px, 0.02 * size_px / 640))
    exact &= score <= 3 * precision.score + 1e-4
    close = same & (box <= max(6 * precision.box_px, size_px / 80)) & (score <= 0.05)
    return Shares(
        float(exact.sum() / observed) if observed else float(predicted == 0),
        float(close.sum() / observed) if observed else float(predicted == 0),
        len(box) / predicted if predicted else float(observed == 0),
        float(np.median(box)) if len(box) else 0.0,
        float(np.median(score)) if len(box) else 0.0,
    )
