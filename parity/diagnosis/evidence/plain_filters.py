"""Plain filters: one property of boxes, such as their size, that decides which are given."""

from dataclasses import dataclass

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.detection.detections import Detections
from parity.diagnosis.evidence.cost import CostModel

SET_APART = 0.95
"""How well a property must tell boxes that are missing from the others to be the reason: the share
of pairs of both kinds that it puts in the same order; chosen."""

LEAST_MISSING = 4
"""Boxes that must be missing to speak of a property; chosen: of fewer, some property is always
extreme."""

PROPERTIES = (
    *("width", "height", "width as a share of the image's", "height as a share of the image's"),
    *("area", "larger side as a share of the image's", "score"),
    *(
        "centre x",
        "centre y",
        "centre x as a share of the width",
        "centre y as a share of the height",
    ),
)
"""Words for the columns of :func:`described_boxes`."""


@dataclass(frozen=True)
class PlainFilter:
    """What tells the boxes that are missing from those that were given."""

    name: str
    """One of :data:`PROPERTIES`."""
    missing: tuple[float, float]
    given: tuple[float, float]
    """Smallest and largest value."""

    @property
    def in_words(self) -> str:
        """Return a sentence that says it; the two ranges do not meet."""
        below = self.missing[1] < self.given[0]
        ends = (self.missing[1], self.given[0]) if below else (self.missing[0], self.given[1])
        words = ("at most", "at least") if below else ("at least", "at most")
        own, others = (f"{word} {end:.4g}" for word, end in zip(words, ends, strict=True))
        return (
            f"The missing boxes have one thing in common: their {self.name} is {own}. "
            f"For the boxes that your program reports, it is {others}."
        )


def described_boxes(found: Detections, image_shape: tuple[int, int]) -> np.ndarray:
    """Return the :data:`PROPERTIES` of boxes, (N, 11) float64, in px of the image.

    Parameters
    ----------
    found : Detections
        Boxes in px of the image.
    image_shape : tuple of int
        Its height and width, px.
    """
    boxes = found.boxes.astype(np.float64)
    sides, centres = boxes[:, 2:] - boxes[:, :2], (boxes[:, :2] + boxes[:, 2:]) / 2
    image = np.array(image_shape[::-1], np.float64)
    columns = (
        *(sides, sides / image, sides.prod(axis=1), (sides / image).max(axis=1)),
        *(found.scores, centres, centres / image),
    )
    return np.column_stack(columns)


def how_set_apart(described: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how well each column tells some rows from the rest, (K,) of 0.5 to 1.

    Parameters
    ----------
    described : (N, K) float
        Properties of boxes.
    others : (N,) bool
        Some of them.
    """
    if others.all() or not others.any():
        return np.full(described.shape[1], 0.5)
    apart = described[others][:, None] - described[~others]
    larger = (np.sign(apart).mean(axis=(0, 1)) + 1) / 2
    returned: np.ndarray = np.maximum(larger, 1 - larger)
    return returned


def are_set_apart(described: np.ndarray, others: np.ndarray) -> bool:
    """Return whether one column alone nearly tells some rows from the rest."""
    return bool(how_set_apart(described, others).max() >= SET_APART)


def missing_boxes(cost_model: CostModel, pipeline: Pipeline) -> tuple[np.ndarray, np.ndarray]:
    """Return the properties of all boxes that a pipeline predicts, and which were not observed.

    Returns
    -------
    described : (N, 11) float64
        See :func:`described_boxes`.
    missing : (N,) bool
    """
    described, missing = [np.zeros((0, len(PROPERTIES)))], [np.zeros(0, bool)]
    for name in cost_model.names:
        source = cost_model.replayer.input_of(pipeline, name)
        if source is None:
            continue
        predicted = cost_model.predicted(pipeline, name)
        unpaired = np.ones(len(predicted), bool)
        unpaired[cost_model.goodness_of_fit(pipeline, name).pairs[:, 0]] = False
        described.append(described_boxes(predicted, source.image_shape))
        missing.append(unpaired)
    return np.concatenate(described), np.concatenate(missing)


def plain_filter(cost_model: CostModel, pipeline: Pipeline) -> PlainFilter | None:
    """Return the property that tells every box that is missing from those that were given.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    pipeline : Pipeline
        Predicts the given boxes and the missing ones.

    Returns
    -------
    PlainFilter or None
        None where no property tells them apart, or too few boxes are missing.
    """
    described, missing = missing_boxes(cost_model, pipeline)
    if missing.sum() < LEAST_MISSING or (~missing).sum() < LEAST_MISSING:
        return None
    apart = how_set_apart(described, missing)
    column = int(apart.argmax())
    if apart[column] < 1:
        return None
    own, others = described[missing, column], described[~missing, column]
    return PlainFilter(
        PROPERTIES[column],
        (float(own.min()), float(own.max())),
        (float(others.min()), float(others.max())),
    )
