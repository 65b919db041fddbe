"""How much of a difference in accuracy the choice of images explains: a bootstrap over images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.accuracy.resampled_precision import ClassScores, average_precision
from parity.accuracy.results import AccuracyLoss, Metric

SEED = 20240229
"""Chosen; the same draws for every arm and run."""

LEVEL = (2.5, 97.5)
"""Percentiles that hold 95 % of the draws."""

CELLS = 20_000_000
"""Numbers in memory at once, of an array over draws and detections: 160 MB; chosen."""


@dataclass(frozen=True)
class Draws:
    """The metrics of an arm, for the images as they are and for draws of them."""

    names: tuple[str, ...]
    """Of M metrics."""
    plain: np.ndarray
    """(M,) float64. Their values; NaN where nothing is labelled."""
    drawn: np.ndarray
    """(B, M) float64. The same for each draw of as many images with replacement."""

    def metrics(self, values: Sequence[float | None] | None = None) -> dict[str, Metric]:
        """Return the metrics with the intervals that hold 95 % of the draws.

        Parameters
        ----------
        values : sequence of float, optional
            To state in place of those of the images as they are.
        """
        stated = self.plain.tolist() if values is None else values
        lows, highs = np.nanpercentile(self.drawn, LEVEL, axis=0).tolist()
        return {
            name: Metric(value, (low, high))
            for name, value, low, high in zip(self.names, stated, lows, highs, strict=True)
        }

    @classmethod
    def joined(cls, parts: Sequence["Draws"]) -> "Draws":
        """Return the metrics of several parts, drawn alike."""
        return cls(
            tuple(name for part in parts for name in part.names),
            np.concatenate([part.plain for part in parts]),
            np.concatenate([part.drawn for part in parts], axis=1),
        )


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


def resample(
    names: tuple[str, str], classes: Mapping[int, ClassScores], weights: np.ndarray
) -> Draws:
    """Return the mean average precision of an arm for the images and for draws of them."""
    once = np.ones((1, weights.shape[1]), np.int64)
    return Draws(names, mean_precision(classes, once)[0], mean_precision(classes, weights))


def accuracy_losses(reference: Draws, candidate: Draws) -> dict[str, AccuracyLoss]:
    """Return what a candidate loses of each metric, both arms drawn alike."""
    return {
        name: _accuracy_loss(
            (reference.plain[column], candidate.plain[column]),
            (reference.drawn[:, column], candidate.drawn[:, column]),
        )
        for column, name in enumerate(reference.names)
    }


def _accuracy_loss(
    plain: tuple[float, float], drawn: tuple[np.ndarray, np.ndarray]
) -> AccuracyLoss:
    difference, differences = plain[1] - plain[0], drawn[1] - drawn[0]
    low, high = np.nanpercentile(differences, LEVEL).tolist()
    some = drawn[0] > 0
    if not (plain[0] > 0 and some.any()):
        return AccuracyLoss(float(difference), (low, high), None, None)
    lost = -100 * differences[some] / drawn[0][some]
    least, most = (np.percentile(lost, LEVEL) + 0.0).tolist()
    percent = float(-100 * difference / plain[0]) + 0.0
    return AccuracyLoss(float(difference), (low, high), percent, (least, most))
