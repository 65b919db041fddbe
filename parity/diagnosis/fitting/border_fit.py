"""Fitting the grey level of the border, of which any is possible, to the observed scores."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parity.diagnosis.evidence.score_logits import disagreement

LEVELS = np.arange(256)
"""Grey levels that a border may have."""

LEAST_KNOWN, LEAST_BOXES = 3, 3
"""Levels whose scores must be known, and boxes that all of them must give, so that those of other
levels can be interpolated; chosen."""

TREND = 6
"""Levels through which parabolas are laid, those that fit best; chosen."""


@dataclass(frozen=True)
class LikelyLevel:
    """The grey level of the border that should fit the scores best."""

    level: int
    """One that was not tried."""
    left: float
    """Mean difference of logits that it should leave, of the boxes that all known levels give."""


def likely_level(known: Mapping[int, np.ndarray], wanted: np.ndarray) -> LikelyLevel | None:
    """Return the grey level that should give the wanted scores; None if too little is known.

    Parameters
    ----------
    known : mapping of int to (N,) float64
        Logits by grey level; NaN for a box that is not given.
    wanted : (N,) float64
        The observed ones.
    """
    levels = sorted(known)
    curves = np.array([known[level] for level in levels])
    given = np.isfinite(curves).all(axis=0) if len(curves) else np.zeros(0, bool)
    if len(levels) < LEAST_KNOWN or given.sum() < LEAST_BOXES:
        return None
    curves, wanted = curves[:, given], wanted[given]
    between = np.array([np.interp(LEVELS, levels, curve) for curve in curves.T]).T
    left = {int(n): disagreement(between[n], wanted) for n in LEVELS if int(n) not in known}
    best = min(left, key=lambda level: left[level])
    return LikelyLevel(best, left[best])


def fitted_level(known: Mapping[int, np.ndarray], wanted: np.ndarray) -> int:
    """Return the untried level next to where parabolas through the best known levels fit best.

    Scores of neighbouring levels differ by chance as much as by their level, so that the trend of
    several levels says more than the two nearest. The parameters are those of
    :func:`likely_level`.
    """
    levels = sorted(known, key=lambda level: disagreement(known[level], wanted))[:TREND]
    curves = np.array([known[level] for level in levels])
    given = np.isfinite(curves).all(axis=0)
    trend = np.polynomial.polynomial.polyfit(levels, curves[:, given], 2)
    fitted = np.polynomial.polynomial.polyval(LEVELS, trend)
    best = min(LEVELS, key=lambda level: disagreement(fitted[:, level], wanted[given]))
    untried = (int(level) for level in LEVELS if int(level) not in known)
    return min(untried, key=lambda level: abs(level - best))
