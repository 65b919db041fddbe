"""Thresholds that differ from the declared ones, or of which nothing was declared."""

from dataclasses import replace

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.fault import CHOICE_COST, COMMON_COST, Fault
from parity.diagnosis.document import Threshold, ThresholdRange
from parity.external.observations import Declared, Observed

WORDS: dict[Threshold, str] = {
    "conf": "confidence threshold",
    "iou": "IoU threshold",
    "max_det": "maximum number of boxes",
}

POPULAR: dict[Threshold, tuple[float, ...]] = {
    "conf": (0.25, 0.5, 0.3, 0.4, 0.2, 0.45, 0.35, 0.1, 0.6, 0.05, 0.01, 0.001, 0.15, 0.55, 0.7,
             0.65, 0.8, 0.75, 0.9),
    "iou": (0.45, 0.5, 0.7, 0.4, 0.6, 0.3, 0.65, 0.55, 0.2, 0.75, 0.8, 0.1, 0.9, 0.95),
    "max_det": (300, 100, 1000, 200, 50, 20, 10, 1, 5, 3, 25, 30, 15, 8, 150),
}  # fmt: skip
"""Values that people set, the most popular first; chosen."""

CONTRADICTED = COMMON_COST + 1
"""Cost of a threshold other than the declared one, or of one that keeps a single box or nothing,
nats; chosen: people who declare a threshold are mostly right."""

UNUSUAL = 0.9 * CHOICE_COST
"""Additional cost of a value that is not among :data:`POPULAR`, nats; chosen so that a threshold of
which nothing was declared stays a harmless choice."""

CONF_STEPS = 100
"""The lowest observed score suggests the hundredth just below it as the threshold; chosen."""

SCORE_ROUNDING = 1e-4
"""How far below the threshold a printed score may lie; chosen: four decimals."""


def threshold_fault(field: Threshold, value: float, declared: float | None) -> Fault:
    """Return the fault, or the harmless choice, of another threshold.

    Parameters
    ----------
    field : {"conf", "iou", "max_det"}
        Which.
    value : float
        What the boxes show.
    declared : float or None
        What the user declares; without it the value is a harmless choice.
    """
    words = WORDS[field]
    title = f"{words[0].upper()}{words[1:]} {value:g}"
    if declared is None:
        wrong = f"The boxes look as if the {words} were {value:g}; none is declared."
    else:
        wrong = f"The {words} is {value:g}, but {declared:g} is declared."
        title += f" instead of {declared:g}"
    cost = CHOICE_COST if declared is None else CONTRADICTED
    if value == 1:
        cost = CONTRADICTED
    if value not in POPULAR[field]:
        cost += UNUSUAL
    return Fault(
        f"{field}_{value:g}",
        "thresholds",
        title,
        ((field, value),),
        wrong,
        f"Set the {words} to the intended value, in one place.",
        (field,),
        cost=cost,
    )


def contradiction(field: Threshold, found: ThresholdRange) -> Fault:
    """Return the fault of a threshold that the boxes do not allow.

    Parameters
    ----------
    field : {"conf", "iou", "max_det"}
        Which.
    found : ThresholdRange
        What the boxes allow; the declared value lies outside.
    """
    fault = threshold_fault(field, found.used, found.declared)
    words, between = WORDS[field], found.in_words
    return replace(
        fault,
        title=f"{words[0].upper()}{words[1:]} {between} instead of {found.declared:g}",
        wrong=f"The boxes need a {words} of {between}, but {found.declared:g} is declared.",
    )


def threshold_faults(
    observed: dict[str, Observed], declared: Declared, correct: Pipeline
) -> list[Fault]:
    """Return the thresholds that may explain some boxes.

    Parameters
    ----------
    observed : dict of str to Observed
        Boxes by image name.
    declared : Declared
        What the user declares.
    correct : Pipeline
        Its thresholds are no faults.
    """
    scores = np.concatenate([np.zeros(0), *(o.scores for o in observed.values())])
    scores = scores[np.isfinite(scores)]
    lowest = float(scores.min()) if len(scores) else 1.0
    confs = {c for c in POPULAR["conf"] if c <= lowest + SCORE_ROUNDING}
    if len(scores):
        confs.add(float(np.floor(lowest * CONF_STEPS) / CONF_STEPS))
    most = max((len(o) for o in observed.values()), default=0)
    counts = {c for c in POPULAR["max_det"] if c >= most}
    if most and sum(len(o) == most for o in observed.values()) > 1:
        counts.add(most)
    options: dict[Threshold, set[float]] = {
        "conf": confs,
        "iou": set(POPULAR["iou"]),
        "max_det": counts,
    }
    return [
        threshold_fault(field, value, getattr(declared, field))
        for field, values in options.items()
        for value in sorted(values - {getattr(correct, field)})
    ]
