"""How much of a difference of accuracy is the choice of images: a bootstrap over images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.accuracy.coco import ClassScores, average_precision

SEED = 20240229
LEVEL = (2.5, 97.5)
CELLS = 20_000_000
"""Numbers in memory at once, of an array over draws and detections."""


@dataclass(frozen=True)
class Draws:
    """Mean average precision of an arm, for the images as they are and for draws of them.

    Attributes
    ----------
    plain : (2,) float64
        mAP50-95 and mAP50.
    drawn : (B, 2) float64
        The same for each draw of as many images with replacement.
    """

    plain: np.ndarray
    drawn: np.ndarray

    def interval(self) -> list[list[float]]:
        """Return the interval that holds 95 % of the draws, of both measures."""
        return np.nanpercentile(self.drawn, LEVEL, axis=0).T.tolist()


def weights_of(images: int, draws: int) -> np.ndarray:
    """Return how often each image is drawn; always the same for the same numbers.

    Returns
    -------
    (draws, images) int64
    """
    generator = np.random.default_rng([SEED, images, draws])
    return generator.multinomial(images, np.full(images, 1 / images), size=draws)


def mean_precision(classes: Mapping[int, ClassScores], weights: np.ndarray) -> np.ndarray:
    """Return the mean over classes of the average precision, for weightings of the images.

    Parameters
    ----------
    classes : mapping of int to ClassScores
        An arm's detections.
    weights : (B, I) int64
        How often each image counts.

    Returns
    -------
    (B, 2) float64
        mAP50-95 and mAP50.
    """
    most = max((scores.image.size for scores in classes.values()), default=0)
    step = max(1, CELLS // max(most, 1))
    parts = []
    for start in range(0, len(weights), step):
        some = weights[start : start + step]
        precisions = np.stack([average_precision(scores, some) for scores in classes.values()])
        there = ~np.isnan(precisions)
        total = np.where(there, precisions, 0).sum(axis=0)
        means = np.divide(
            total, there.sum(axis=0), out=np.full_like(total, np.nan), where=there.any(axis=0)
        )
        parts.append(np.column_stack([means.mean(axis=1), means[:, 0]]))
    return np.concatenate(parts)


def draw(classes: Mapping[int, ClassScores], weights: np.ndarray) -> Draws:
    """Return the mean average precision of an arm for the images and for draws of them."""
    once = np.ones((1, weights.shape[1]), np.int64)
    return Draws(mean_precision(classes, once)[0], mean_precision(classes, weights))


def cost(reference: Draws, candidate: Draws) -> dict[str, Any]:
    """Return what an arm loses against another, the draws being of the same images.

    Returns
    -------
    dict
        ``map`` and ``map50``: ``difference`` (candidate less reference), ``interval`` of it, and
        ``percent`` and ``percent_interval`` of what is lost of the reference's value.
    """
    result = {}
    for column, measure in enumerate(("map", "map50")):
        plain = candidate.plain[column] - reference.plain[column]
        drawn = candidate.drawn[:, column] - reference.drawn[:, column]
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = -100 * drawn / reference.drawn[:, column]
            percent = -100 * plain / reference.plain[column]
        result[measure] = {
            "difference": float(plain),
            "interval": np.nanpercentile(drawn, LEVEL).tolist(),
            "percent": float(percent) + 0.0 if np.isfinite(percent) else None,
            "percent_interval": (np.nanpercentile(lost, LEVEL) + 0.0).tolist(),
        }
    return result
