"""What boxes say of the thresholds: the values that they allow."""

from collections.abc import Callable, Mapping

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.thresholds import POPULAR
from parity.diagnosis.cost import CostModel
from parity.diagnosis.document import Threshold, ThresholdRange

SAME_FIT = 0.5
"""Difference of misfit, in nats, up to which a threshold counts as allowed; chosen."""

REPRODUCED = 0.9
"""Share of observed boxes reproduced to their digits from which a declared threshold can be
contradicted; chosen: below, whatever is unknown may be what leaves boxes out, such as scores that
are scaled."""

LEAST_LEFT_OUT = 3
"""Boxes above the declared confidence threshold that must have been left out to contradict it;
chosen: fewer may be missing for another reason."""

FOR_OTHER_REASONS = 2
"""How many times as many they must be where others are left out that score more; chosen."""

IOU_STEP = 0.01
"""Distance of the IoU thresholds that are tried; chosen: people write two decimals."""

LOWEST_IOU, HIGHEST_IOU = 0.05, 0.95
"""Bounds of the IoU thresholds that are tried; chosen."""


def threshold_ranges(cost_model: CostModel, best: Pipeline) -> dict[Threshold, ThresholdRange]:
    """Return the values of each threshold that the boxes allow.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    best : Pipeline
        The deployment; its other choices are taken as they are.

    Returns
    -------
    dict of {"conf", "iou", "max_det"} to ThresholdRange
        Empty where nothing is stated of any image.
    """
    if not cost_model.observations.images:
        return {}
    bounds: dict[Threshold, Callable[[CostModel, Pipeline], tuple[float | None, float | None]]] = {
        "conf": conf_bounds,
        "iou": iou_bounds,
        "max_det": max_det_bounds,
    }
    own = cost_model.replayer.task.choices
    return {n: _range(cost_model, best, n, bound) for n, bound in bounds.items() if n in own}


def with_thresholds(pipeline: Pipeline, values: Mapping[Threshold, float]) -> Pipeline:
    """Return a pipeline with other values of some thresholds."""
    return pipeline.replace(
        conf=values.get("conf", pipeline.conf),
        iou=values.get("iou", pipeline.iou),
        max_det=int(values.get("max_det", pipeline.max_det)),
    )


def _range(
    cost_model: CostModel,
    best: Pipeline,
    name: Threshold,
    bounds: Callable[[CostModel, Pipeline], tuple[float | None, float | None]],
) -> ThresholdRange:
    low, high = bounds(cost_model, best)
    declared = getattr(cost_model.observations.declared, name)
    used = getattr(best, name)
    least, most = -np.inf if low is None else low, np.inf if high is None else high
    if declared is not None and (least <= declared <= most or not _tells(cost_model, best)):
        return ThresholdRange(low, high, declared, declared)
    fits = cost_model.misfit(best) + SAME_FIT  # rounding may lift a score to what would drop it
    allowed = (
        value
        for value in POPULAR[name]
        if least <= value <= most
        and cost_model.misfit(with_thresholds(best, {name: value})) <= fits
    )
    popular = next(allowed, used)
    return ThresholdRange(low, high, popular, declared, declared is not None)


def _tells(cost_model: CostModel, best: Pipeline) -> bool:
    """Return whether a deployment is reproduced so well that its thresholds can be contradicted."""
    return cost_model.reproduction(best).exact >= REPRODUCED


def conf_bounds(cost_model: CostModel, best: Pipeline) -> tuple[float | None, float | None]:
    """Return the highest score that was left out, and the lowest that was kept."""
    precision = cost_model.precision.score
    kept = [
        float(seen.scores[np.isfinite(seen.scores)].min())
        for seen in cost_model.observations.images.values()
        if np.isfinite(seen.scores).any()
    ]
    high = min(kept) + precision if kept else None
    lower = best.replace(conf=cost_model.replayer.floor)
    alone = []
    for name in cost_model.names:
        fit = cost_model.goodness_of_fit(lower, name)
        scores = cost_model.predicted(lower, name).scores
        alone.append(scores[np.setdiff1d(np.arange(len(scores)), fit.pairs[:, 0])])
    low = highest_left_out(
        np.concatenate([np.zeros(0), *alone]), high, cost_model.observations.declared.conf
    )
    return (None if low is None else low - precision), high


def highest_left_out(alone: np.ndarray, high: float | None, declared: float | None) -> float | None:
    """Return the highest score that a confidence threshold left out; None without any.

    Parameters
    ----------
    alone : (N,) float
        Scores of the boxes that are predicted without a threshold and were not observed.
    high : float or None
        The lowest score that was kept; what scores more was left out for another reason.
    declared : float or None
        The threshold that is declared. Few boxes do not contradict it, and of boxes that are left
        out for other reasons, some are the lowest by chance.
    """
    low = alone if high is None else alone[alone < high]
    needed = LEAST_LEFT_OUT * (1 if len(low) == len(alone) else FOR_OTHER_REASONS)
    if declared is not None and (low > declared).sum() < needed:
        low = low[low <= declared]
    return float(low.max()) if len(low) else None


def iou_bounds(cost_model: CostModel, best: Pipeline) -> tuple[float | None, float | None]:
    """Return the lowest and the highest IoU threshold that explain the boxes as well."""
    most = cost_model.misfit(best) + SAME_FIT
    start = best.iou

    def allowed(iou: float) -> bool:
        return cost_model.misfit(best.replace(iou=iou)) <= most

    def last(direction: int, end: float) -> float | None:
        values = np.arange(start, end + direction * IOU_STEP / 2, direction * IOU_STEP)
        values = np.round(values, 4)
        if not len(values) or allowed(float(values[-1])):
            return None
        good, bad = 0, len(values) - 1
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if allowed(float(values[middle])) else (good, middle)
        return float(values[good])

    return last(-1, LOWEST_IOU), last(1, HIGHEST_IOU)


def max_det_bounds(cost_model: CostModel, best: Pipeline) -> tuple[float | None, float | None]:
    """Return the most boxes of an image, and the same again where more are predicted without it."""
    most = max((len(seen) for seen in cost_model.observed.values()), default=0)
    unlimited = best.replace(max_det=max(best.max_det, 1000))
    cut = any(
        len(cost_model.replayer.detections(unlimited, name))
        > most
        == len(cost_model.observed[name])
        for name in cost_model.names
    )
    worse = cost_model.misfit(unlimited) > cost_model.misfit(best) + SAME_FIT
    return (float(most) if most else None), (float(most) if cut and worse else None)
