"""Observed boxes and the candidates that bear their scores."""

from dataclasses import dataclass

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Input
from parity.deployment.task import InImage, where_boxes_lie
from parity.detection.decoding import Candidates
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.misfit import Precision, log_excess
from parity.diagnosis.evidence.shape_fits import NOT_FINITE
from parity.external.observations import Observed

UNMATCHED_BOX = 6.0
"""Cost of an observed box to which no candidate is mapped, nats; chosen."""

MOST_CANDIDATES = 12
"""Candidates that are considered for an observed box, at most; chosen."""

MOST_BOXES = 20
"""Observed boxes of an image that are considered, evenly spread; chosen: up to twice as many."""


@dataclass(frozen=True)
class MatchedImage:
    """Observed boxes of an image and the candidates that bear their scores, in pairs."""

    source: Input
    """The input of the network."""
    observed: Observed
    where: np.ndarray
    """(B, 4) float64. Where they lie, as :attr:`parity.deployment.task.TaskDeployment.where` says
    it."""
    owners: np.ndarray
    """(P,) int. Index of the observed box of each pair, ascending."""
    found: Candidates
    """The candidate of each pair, as the network gives it."""
    starts: np.ndarray
    """(B,) int. Index of the first pair of each observed box that has any."""
    precision: Precision
    """Of the observed boxes."""


class ScoreMatches:
    """Observed boxes and the candidates that bear their scores, so that rescaling can be fitted.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations.
    pipeline : Pipeline
        An input and a decoding.
    names : list of str
        Images to use.
    """

    def __init__(self, cost_model: CostModel, pipeline: Pipeline, names: list[str]) -> None:
        self.precision = cost_model.precision
        self.head = cost_model.replayer.network.head
        self.task = cost_model.replayer.task
        self.images = []
        for name in names:
            observed = cost_model.observed[name]
            source = cost_model.replayer.input_of(pipeline, name)
            if not len(observed) or source is None:
                continue
            given = cost_model.replayer.candidates(pipeline, name)
            order = np.argsort(given.scores, kind="stable")
            owners, places = self._match(observed.scores, given.scores[order].astype(np.float64))
            if len(owners):
                picked = order[places]
                starts = np.flatnonzero(np.diff(owners, prepend=-1))
                where = observed.boxes
                if self.task.where is not where_boxes_lie:
                    where = np.tile((where[:, :2] + where[:, 2:]) / 2, 2)
                matched = source, observed, where, owners, given.at(picked), starts
                self.images.append(MatchedImage(*matched, cost_model.precision_in(name)))

    def _match(self, scores: np.ndarray, ranked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tolerance = self.precision.score
        owners, places = [], []
        for owner in range(0, len(scores), max(len(scores) // MOST_BOXES, 1)):
            if not np.isfinite(scores[owner]):
                continue
            low, high = np.searchsorted(ranked, scores[owner] + np.array([-1, 1]) * tolerance)
            near = np.arange(low, high)
            if len(near) > MOST_CANDIDATES:
                closest = np.abs(ranked[near] - scores[owner])
                near = near[np.argsort(closest, kind="stable")[:MOST_CANDIDATES]]
            owners += [owner] * len(near)
            places += near.tolist()
        return np.array(owners, int), np.array(places, int)

    def distances(self, image: MatchedImage, pipeline: Pipeline) -> np.ndarray:
        """Return what each pair of an image costs if a pipeline maps the candidates, (P,) nats."""
        place = InImage(image.source.place, image.source.image_shape, self.head)
        mapped = self.task.where(pipeline, image.found, place).astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(mapped - image.where[image.owners])
        apart = np.where(np.isfinite(apart), apart, NOT_FINITE)
        returned: np.ndarray = log_excess(apart, image.precision.box).mean(axis=1)
        return returned

    def cost(self, pipeline: Pipeline, images: list[MatchedImage] | None = None) -> float:
        """Return what the rescaling of a pipeline costs in some images or in all, nats per box."""
        total, count = 0.0, 0
        for image in images or self.images:
            least = np.minimum.reduceat(self.distances(image, pipeline), image.starts)
            total += np.minimum(least, UNMATCHED_BOX).sum()
            count += len(image.starts)
        return total / max(count, 1)

    def nearest(self, image: MatchedImage, pipeline: Pipeline) -> np.ndarray:
        """Return the index of the pair that costs least of each observed box that has any."""
        costs = self.distances(image, pipeline)
        ends = np.append(image.starts[1:], len(costs))
        return np.array(
            [
                start + costs[start:end].argmin()
                for start, end in zip(image.starts, ends, strict=True)
            ]
        )

    def class_ids(self, pipeline: Pipeline) -> list[tuple[int, int]]:
        """Return pairs of the model's class id and the observed one."""
        pairs = []
        for image in self.images:
            best = self.nearest(image, pipeline)
            given = image.observed.class_ids[image.owners[best]]
            pairs += list(zip(image.found.class_ids[best].tolist(), given.tolist(), strict=True))
        return pairs
