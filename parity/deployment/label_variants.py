"""Labels: from the numbers that a classifier returns to the classes that are reported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.decoding_variants import sigmoid, softmax
from parity.deployment.stage import by_value
from parity.deployment.thresholds import ThresholdChoices, passing
from parity.detection.decoding import Candidates


@dataclass(frozen=True)
class LabelChoices(ThresholdChoices):
    """What makes labels of the output of a classifier."""

    probabilities: Literal["none", "softmax", "sigmoid"] = "none"
    """What is applied to the output, which holds probabilities already."""
    ranked_by: Literal["probability", "first", "batch"] = "probability"
    """Which classes are reported first: the most probable; the ``first`` of the list; or the
    largest along the axis of the batch, which is class 0 whatever the image shows (``batch``)."""


def label_candidates(choices: LabelChoices, output: np.ndarray, floor: float) -> Candidates:
    """Return the labels of an output above a floor, in the order of their classes.

    Parameters
    ----------
    choices : LabelChoices
        How a deployment reads them.
    output : (classes,) float32
        What the network returned.
    floor : float
        Scores must exceed it.
    """
    scores = PROBABILITIES[choices.probabilities](output[None])[0].astype(np.float32)
    kept = np.flatnonzero(scores > np.float32(floor))
    return Candidates(np.zeros((len(kept), 4), np.float32), scores[kept], kept.astype(np.int32))


def ranked_labels(choices: LabelChoices, found: Candidates) -> Candidates:
    """Return the labels that are reported, the first first.

    Parameters
    ----------
    choices : LabelChoices
        How a deployment ranks them, and its thresholds.
    found : Candidates
        What :func:`label_candidates` returned.
    """
    ranked = found.at(RANKINGS[choices.ranked_by](found))
    return ranked.at(passing(choices, ranked.scores)[: choices.max_det])


PROBABILITIES: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    LabelChoices,
    "probabilities",
    {"none": lambda output: output, "softmax": softmax, "sigmoid": sigmoid},
)
"""What is applied to outputs, (N, classes)."""

RANKINGS: dict[str, Callable[[Candidates], np.ndarray]] = by_value(
    LabelChoices,
    "ranked_by",
    {
        "probability": lambda found: np.argsort(-found.scores, kind="stable"),
        "first": lambda found: np.arange(len(found)),
        "batch": lambda found: np.flatnonzero(found.class_ids == 0),
    },
)
"""Indices of labels in the order in which they are reported."""
