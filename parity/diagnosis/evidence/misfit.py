"""How badly predicted boxes fit the observed ones, as a cost in nats."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import betaln

from parity.detection.detection_files import Printed
from parity.detection.detections import Detections
from parity.diagnosis.document import Reproduction
from parity.diagnosis.evidence.shape_fits import (
    NOT_FINITE,
    ROUNDING_ERROR,
    fit_shapes,
    oriented_precision,
)
from parity.external.observations import Observed, decimals

UNEXPLAINED = 10.0
"""Cost of an observed box without a partner, nats; chosen."""

WORST_PAIR = 12.0
"""Two boxes whose pairing costs more, in nats, are no pair; chosen a little above
:data:`UNEXPLAINED`, so that a poor partner is better than none."""

WORST_SHAPED = 9.0
"""Up to what masks, keypoints or corners that differ raise the cost of a pair, nats; chosen a
little below :data:`UNEXPLAINED`, so that a box with another shape is better than none."""

BOX_WEIGHT, SCORE_WEIGHT, SHAPE_WEIGHT = 0.6, 0.6, 0.6
"""Cost of a difference that is larger by a factor of e, nats; chosen."""

CLASS_COST = 2.0
"""Cost of a pair of different classes, nats; chosen."""

INEXACT = 1.75
"""Additional cost of a pair that differs in the digits given, nats; chosen: to be reproduced to the
digit says more than to be a little nearer, and two such pairs outweigh a common fault."""

WITHHELD_PRIOR = (0.2, 20.0)
"""Beta prior of the share of predicted boxes that are not observed; chosen: mean 1 %, mostly 0."""

NORMALISED_UP_TO = 2.0
"""Coordinates that are all at most this are fractions of the image, not px; chosen."""

PX_DECIMALS, FRACTION_DECIMALS = 4, 7
"""Decimals of coordinates in px, and of fractions, beyond which numbers count as not rounded;
chosen: float32 holds seven digits."""

PX_PRECISION, FRACTION_PRECISION = 0.01, 2e-6
"""Differences of coordinates, in px and as fractions, that decoders and arithmetic alone cause;
chosen."""

WHOLE_PRECISION = 0.05
"""Difference of whole coordinates that means nothing, px; chosen: any below 1."""

OUTLINE_PRECISION = 2.0
"""Difference of boxes around masks that outlines and grids alone cause, px; chosen."""

SCORE_PRECISION = 1e-5
"""Difference of scores that arithmetic alone causes; chosen, well above the 5e-7 that ``make run``
shows for the fp32 export on the samples."""


INPUT_SIDE = 640.0
"""Side of the usual input of YOLO, px; distances that scale with the image refer to it."""

LARGEST_SIDE = 16_384
"""Coordinates that are mostly larger are in another unit than px; chosen: beyond most cameras."""

CLOSE_STEPS = 6.0
"""Differences that count as close, in units of the precision; chosen."""

EXACT_PX, CLOSE_PX = 0.02, 8.0
"""Differences of coordinates that count as exact (beyond the precision), and as close, in px where
an image has 640; chosen."""

EXACT_SCORE, CLOSE_SCORE = 1e-4, 0.05
"""Differences of scores that count as exact (beyond the precision), and as close; chosen."""


@dataclass(frozen=True)
class Precision:
    """Differences that mean nothing, because numbers were rounded."""

    box: float | np.ndarray
    """Of the coordinates, in the unit of the boxes."""
    score: float
    """Of a score."""
    whole: bool = False
    """Whether coordinates are whole numbers; a hypothesis then says how they became so."""
    side: float = INPUT_SIDE
    """Typical side of an image in the unit of the boxes."""
    printed_fraction: bool = False
    """Whether ``box`` is a fraction of the image, although the boxes are in px."""
    of_shapes: bool = False
    """Whether boxes are those around masks or keypoints."""

    @property
    def exact_box(self) -> float | np.ndarray:
        """Largest difference of a coordinate that counts as exact."""
        return self.box + (0.0 if self.whole else EXACT_PX * self.side / INPUT_SIDE)

    @property
    def exact_score(self) -> float:
        """Largest difference of a score that counts as exact."""
        return self.score + EXACT_SCORE

    @property
    def close_box(self) -> float | np.ndarray:
        """Largest difference of a coordinate that counts as close."""
        return np.maximum(CLOSE_STEPS * self.box, CLOSE_PX * self.side / INPUT_SIDE)

    @classmethod
    def of(cls, images: dict[str, Observed], printed: Printed | None = None) -> "Precision":
        """Return the precision to which boxes and scores are given.

        Parameters
        ----------
        images : dict of str to Observed
            The boxes.
        printed : Printed, optional
            How they were printed, if that is known; else their digits tell.
        """
        boxes = np.concatenate([np.zeros((0, 4)), *(o.boxes for o in images.values())])
        scores = np.concatenate([np.zeros(0), *(o.scores for o in images.values())])
        score = max(ROUNDING_ERROR * 10.0 ** -decimals(scores), SCORE_PRECISION)
        of_shapes = printed is not None and printed.of_shapes
        if of_shapes and any(each.masks is not None for each in images.values()):
            return cls(OUTLINE_PRECISION, score, of_shapes=True)
        units = ROUNDING_ERROR * (printed.corner_error if printed else 1.0)
        if printed is not None and printed.box_unit == "fraction":
            box = max(units * 10.0**-printed.box_decimals, FRACTION_PRECISION)
            return cls(box, score, printed_fraction=True, of_shapes=of_shapes)
        if len(boxes) > 0 and np.abs(boxes).max() <= NORMALISED_UP_TO:
            most_decimals, least, side = FRACTION_DECIMALS, FRACTION_PRECISION, 1.0
        else:
            typical = float(np.median(np.abs(boxes).max(axis=1))) if len(boxes) else 0.0
            side = typical if LARGEST_SIDE < typical < NOT_FINITE else INPUT_SIDE
            most_decimals, least = PX_DECIMALS, PX_PRECISION * side / INPUT_SIDE
        box_decimals = decimals(boxes, most_decimals)
        if printed is not None and printed.box_decimals:
            box_decimals = min(box_decimals, printed.box_decimals)  # half a width has one more
        whole = box_decimals == 0
        box = max(WHOLE_PRECISION if whole else units * 10.0**-box_decimals, least)
        return cls(box, score, whole, side, of_shapes=of_shapes)

    def in_image(self, image_shape: tuple[int, int]) -> "Precision":
        """Return the precision of the boxes of an image, given its height and width in px."""
        if not self.printed_fraction:
            return self
        return replace(self, box=self.box * np.array(image_shape[::-1] * 2, np.float64))


@dataclass(frozen=True)
class Fit:
    """How the boxes of one image compare."""

    pairs: np.ndarray
    """(P, 2) int. Indices into the predicted and the observed boxes."""
    cost: float
    """Of the pairs and of the observed boxes without a partner, nats."""
    predicted: int
    observed: int
    """Boxes on either side."""
    box_px: np.ndarray
    score: np.ndarray
    """(P,) float64. Largest difference of a coordinate, and of the score, of each pair."""
    box_excess: np.ndarray
    score_excess: np.ndarray
    """(P,) float64. The same as :func:`log_excess`."""
    shape_excess: np.ndarray
    """(P,) float64. See :class:`parity.diagnosis.evidence.shape_fits.ShapeFit`."""
    same_class: np.ndarray
    boxed: np.ndarray
    exact: np.ndarray
    close: np.ndarray
    """(P,) bool. Whether the classes of a pair agree, whether its boxes, scores and classes agree
    to the digits given, whether its shapes do, too, and whether all agrees to a few px and
    hundredths of score."""

    @property
    def unobserved(self) -> int:
        """Return how many predicted boxes have no observed partner."""
        return self.predicted - len(self.pairs)


def fit_boxes(predicted: Detections, observed: Observed, precision: Precision) -> Fit:
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
    that fixes one axis, or the scores alone, is already better than one that fixes nothing.
    """
    if not len(predicted) or not len(observed):
        none, no = np.zeros(0), np.zeros(0, bool)
        return Fit(
            np.zeros((0, 2), int),
            UNEXPLAINED * len(observed),
            len(predicted),
            len(observed),
            *(none, none, none, none, none, no, no, no, no),
        )
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(predicted.boxes[:, None].astype(np.float64) - observed.boxes[None])
        apart = np.where(np.isfinite(apart), apart, NOT_FINITE)
        score = np.abs(predicted.scores[:, None].astype(np.float64) - observed.scores[None])
        score = np.where(np.isfinite(score), score, 0.0)
    slack = oriented_precision(observed)
    if slack is not None and predicted.oriented is not None:
        precision = replace(precision, box=np.maximum(precision.box, slack[None, :, None]))
    box_excess = log_excess(apart, precision.box)
    score_excess = log_excess(score, precision.score)
    exact = (apart <= precision.exact_box).all(axis=2) & (score <= precision.exact_score)
    same = predicted.class_ids[:, None] == observed.class_ids[None]
    costs = BOX_WEIGHT * box_excess.mean(axis=2) + SCORE_WEIGHT * score_excess
    costs += INEXACT * ~exact + CLASS_COST * ~same
    rows, columns = linear_sum_assignment(np.minimum(costs, WORST_PAIR))
    kept = costs[rows, columns] < WORST_PAIR
    rows, columns = rows[kept], columns[kept]
    of_pairs = costs[rows, columns]
    near: np.ndarray = np.asarray((apart <= precision.close_box).all(axis=2))[rows, columns]
    pairs = np.column_stack([rows, columns])
    digits = float(np.max(precision.box)) if precision.printed_fraction else 0.0
    shapes = fit_shapes(predicted, observed, pairs, digits=digits)
    inexact = exact[rows, columns] & ~shapes.exact
    shaped = np.minimum(of_pairs + SHAPE_WEIGHT * shapes.excess + INEXACT * inexact, WORST_SHAPED)
    cost = np.maximum(of_pairs, shaped).sum() + UNEXPLAINED * (len(observed) - len(rows))
    return Fit(
        pairs,
        float(cost),
        len(predicted),
        len(observed),
        apart[rows, columns].max(axis=1),
        score[rows, columns],
        box_excess[rows, columns].max(axis=1),
        score_excess[rows, columns],
        shapes.excess,
        same[rows, columns],
        (exact & same)[rows, columns],
        (exact & same)[rows, columns] & shapes.exact,
        near & same[rows, columns] & (score[rows, columns] <= CLOSE_SCORE) & shapes.close,
    )


def log_excess(difference: np.ndarray, precision: float | np.ndarray) -> np.ndarray:
    """Return log(1 + d), where d is a difference beyond the precision in units of the precision."""
    return np.log1p(np.maximum(difference - precision, 0) / precision)


def total_misfit(fits: list[Fit]) -> float:
    """Return the cost of a hypothesis over several images, nats.

    Boxes that are predicted but not observed are taken as withheld at one unknown rate (a
    beta-binomial likelihood): the first such box costs much, each of many costs little.
    """
    predicted = sum(f.predicted for f in fits)
    unobserved = sum(f.unobserved for f in fits)
    a, b = WITHHELD_PRIOR
    withheld = betaln(a, b) - betaln(unobserved + a, predicted - unobserved + b)
    none_withheld = betaln(a, b) - betaln(a, predicted + b)
    return sum(f.cost for f in fits) + float(withheld - none_withheld)


def reproduction(fits: list[Fit]) -> Reproduction:
    """Return how much of the observed boxes a hypothesis reproduces, given one fit per image."""
    box = np.concatenate([np.zeros(0), *(f.box_px for f in fits)])
    score = np.concatenate([np.zeros(0), *(f.score for f in fits)])
    observed = sum(f.observed for f in fits)
    predicted = sum(f.predicted for f in fits)
    exact = sum(int(f.exact.sum()) for f in fits)
    close = sum(int(f.close.sum()) for f in fits)
    return Reproduction(
        exact / observed if observed else float(predicted == 0),
        close / observed if observed else float(predicted == 0),
        len(box) / predicted if predicted else float(observed == 0),
        float(np.median(box)) if len(box) else 0.0,
        float(np.median(score)) if len(box) else 0.0,
    )
