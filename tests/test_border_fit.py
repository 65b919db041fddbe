"""The grey level of the border, fitted to scores that depend on it."""

import numpy as np
import pytest

from parity.diagnosis.evidence.score_logits import disagreement
from parity.diagnosis.fitting.border_fit import fitted_level, likely_level

KNOWN = (0, 32, 64, 114, 128, 192, 255)


def logits(level: int) -> np.ndarray:
    """Return the logits of five boxes, the last of which a dark border hides."""
    bent = np.array([0.1, -1.5, 2.0, -3.0, 1.0]) + np.array([2, -1, 0.5, 1, 1]) * level / 255
    bent += 0.3 * (level / 255) ** 2
    return np.where(np.arange(5) < (4 if level < 32 else 5), bent, np.nan)


@pytest.mark.parametrize("level", [20, 56, 90, 150, 240])
def test_the_level_that_gave_the_scores_is_found(level: int) -> None:
    known = {each: logits(each) for each in KNOWN}
    wanted = logits(level)
    likely = likely_level(known, wanted)
    assert likely is not None
    assert abs(likely.level - level) <= 3, "curves bend between the known levels"
    assert likely.left < min(disagreement(known[each][:4], wanted[:4]) for each in KNOWN)
    assert fitted_level(known, wanted) == level


def test_a_known_level_is_not_proposed_again() -> None:
    known = {each: logits(each) for each in KNOWN}
    likely = likely_level(known, logits(64))
    assert likely is not None
    assert likely.level not in known
    assert fitted_level(known, logits(64)) in (63, 65)


def test_too_few_levels_or_boxes_say_nothing() -> None:
    assert likely_level({0: logits(0), 114: logits(114)}, logits(56)) is None
    few = {each: np.array([1.0, np.nan, np.nan]) for each in KNOWN}
    assert likely_level(few, np.ones(3)) is None
