"""Fitting the grey level of the border, of which any is possible, to the observed scores."""

from collections.abc import Mapping

import numpy as np

from parity.diagnosis.score_logits import disagreement

LEVELS = np.arange(256)
"""Grey levels that a border may have."""

LEAST_KNOWN = 3
"""Levels whose scores must be known, so that what others do can be interpolated; chosen."""


def likely_level(known: Mapping[int, np.ndarray], wanted: np.ndarray) -> tuple[int, float] | None:
    """Return the grey level that should give the wanted scores.

    Parameters
    ----------
    known : mapping of int to (N,) float64
        Logits by grey level; NaN for a box that is not given.
    wanted : (N,) float64
        The observed ones.

    Returns
    -------
    level : int
        One that is not known, by linear interpolation between those that are.
    left : float
        The mean difference of logits that it should leave.
    """
    if len(known) < LEAST_KNOWN:
        return None
    levels = sorted(known)
    curves = np.array([known[level] for level in levels])
    between = np.array([np.interp(LEVELS, levels, curve) for curve in curves.T]).T
    left = {int(n): disagreement(between[n], wanted) for n in LEVELS if int(n) not in known}
    best = min(left, key=lambda level: left[level])
    return best, left[best]
