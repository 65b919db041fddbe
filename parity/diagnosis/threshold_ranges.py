"""What boxes say of the thresholds: the values that they allow."""

from collections.abc import Callable, Mapping

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.thresholds import POPULAR
from parity.diagnosis.document import Threshold, ThresholdRange
from parity.diagnosis.evidence.cost import SAME_FIT, CostModel
from parity.diagnosis.proof import box_by_box, is_proved

REPRODUCED = 0.9
"""Share of observed boxes reproduced to their digits from which a declared threshold can be
contradicted; chosen: below, whatever is unknown may be what leaves boxes out, such as scores that
are scaled."""

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
    fits = cost_model.misfit(best) + SAME_FIT  # rounding may lift a score to what would drop it
    allowed = (
        value
        for value in POPULAR[name]
        if least <= value <= most
        and cost_model.misfit(with_thresholds(best, {name: value})) <= fits
    )
    popular = next(allowed, used)
    if declared is None:
        return ThresholdRange(low, high, popular, None)
    if not least <= declared <= most:
        if _is_contradicted(cost_model, best, name, popular):
            return ThresholdRange(low, high, popular, declared, contradicted=True)
        low, high = (
            None if end is None else float(furthest(end, declared))
            for end, furthest in ((low, min), (high, max))
        )
    return ThresholdRange(low, high, declared, declared)


def _is_contradicted(cost_model: CostModel, best: Pipeline, name: Threshold, value: float) -> bool:
    """Return whether the boxes prove another value of a threshold than the declared one."""
    if cost_model.reproduction(best).exact < REPRODUCED:
        return False
    declared = getattr(cost_model.observations.declared, name)
    return is_proved(
        *(box_by_box(cost_model, with_thresholds(best, {name: each})) for each in (value, declared))
    )


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
    left_out = np.concatenate([np.zeros(0), *alone])
    if high is not None:
        left_out = left_out[left_out < high]  # what scores more is left out for another reason
    return (float(left_out.max()) - precision if len(left_out) else None), high


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
