"""Searching the input whose border has the grey level that gives the observed scores."""

from collections.abc import Sequence

import numpy as np

from parity.detection.letterbox import BORDER
from parity.diagnosis.catalogue.geometry import other_border
from parity.diagnosis.evidence.score_logits import disagreement
from parity.diagnosis.fitting.border_fit import fitted_level, likely_level
from parity.diagnosis.search.input_trials import InputHypothesis, InputTrials
from parity.diagnosis.search.refinement import CERTAIN

BORDERS, INTERPOLATED = 10, 3
"""Grey levels of the border that are tried for an image at most, and how many of them are found by
interpolation, before a trend is fitted to all; chosen."""

ANCHORS, UNPOPULAR = (0, 57, 180), (57, 180)
"""Grey levels between which scores are interpolated on another image, and those of them that are no
popular ones; chosen."""

PROMISING_BORDER = 0.75
"""Share of the difference of logits from which no level is tried; chosen."""

SIMPLER = 0.02
"""Difference of logits that another fault must explain beside the level of the border; chosen."""


def fit_border_elsewhere(
    trials: InputTrials, bases: Sequence[InputHypothesis], first: list[str]
) -> list[InputHypothesis]:
    """Return the input whose border fits the probe with the widest border, on the first one."""
    widths = {n: _border_share(trials, n) for n in trials.probes if n not in first}
    widest = max(widths, key=lambda n: widths[n], default="")
    if not widths.get(widest, 0.0) > max(_border_share(trials, name) for name in first):
        return []
    for level in ANCHORS:
        trials.try_input((other_border(level),), [widest])
    there = [trials.try_input(faults, [widest]) for faults in ((), *(h.faults for h in bases))]
    found = fit_border(trials, there, [widest])
    return [trials.try_input(hypothesis.faults, first) for hypothesis in found]


def _border_share(trials: InputTrials, name: str) -> float:
    """Return the share of the input that is border."""
    source = trials.cost_model.replayer.input_of(trials.cost_model.correct, name)
    if source is None:
        return 0.0
    place = source.place
    area = place.resized_height * place.resized_width
    return 1 - area / (place.height * place.width)


def fit_border(
    trials: InputTrials, bases: Sequence[InputHypothesis], first: list[str]
) -> list[InputHypothesis]:
    """Return the input whose border has the grey level that gives the scores of some images.

    The list is empty where no level gives them to the last digit: one nearby fits nearly as well,
    so that a level that fits best is not proved by that.
    """
    plain = bases[0]
    wanted = trials.wanted_logits(first)
    tried = trials.tried_on(first)
    alone = {
        fault.changes[0][1]: hypothesis.logits - plain.logits
        for hypothesis in tried
        for fault in hypothesis.faults
        if len(hypothesis.faults) == 1 and fault.fields == {"border"}
    }
    effects = {level: effect for level, effect in alone.items() if isinstance(level, int)}
    effects |= {BORDER: np.zeros_like(wanted)} if effects else {}
    fits: list[tuple[float, int, InputHypothesis, dict[int, np.ndarray]]] = []
    for base in dict.fromkeys(bases):
        known = {level: base.logits + effect for level, effect in effects.items()}
        found = likely_level(known, wanted)
        popular = (known[level] for level in known if level not in UNPOPULAR)
        now = min((disagreement(logits, wanted) for logits in popular), default=0.0)
        bordered = any("border" in fault.fields for fault in base.faults)
        if found and not bordered and found.left < PROMISING_BORDER * now:
            fits.append((found.left + SIMPLER * len(base.faults), len(fits), base, known))
    if not fits:
        return []
    _, _, base, known = min(fits)
    for count in range(BORDERS):
        found = likely_level(known, wanted)
        if found is None or trials.cost_model.exhausted:
            break
        level = found.level if count < INTERPOLATED else fitted_level(known, wanted)
        fault = other_border(level)
        hypothesis = trials.try_input((*base.faults, fault), first)
        if hypothesis.hits >= CERTAIN:
            trials.cost_model.add_fitted_fault(fault)
            return [hypothesis]
        known[level] = hypothesis.logits
    return []
