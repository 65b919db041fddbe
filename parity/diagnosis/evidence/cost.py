"""What a hypothesis costs: how badly it fits the observed boxes, and the faults that it assumes.

Differences cost the logarithm of their size, in nats (the unit of the natural logarithm). Weights
and prices are chosen by hand, so that a cost ranks hypotheses and is no likelihood.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Input, Replayer
from parity.deployment.task import TaskDeployment
from parity.detection.detections import Detections
from parity.diagnosis.catalogue.fault import CHOICE_COST, COMMON_COST, Fault, faults_of
from parity.diagnosis.catalogue.geometry import RECTANGLE, SQUARE
from parity.diagnosis.catalogue.network import other_network
from parity.diagnosis.catalogue.nms import ZERO_SIZE_NMSBOXES, most_candidates, most_per_class
from parity.diagnosis.catalogue.output import FRACTIONS_Y_FIRST
from parity.diagnosis.catalogue.thresholds import threshold_faults
from parity.diagnosis.document import Reproduction
from parity.diagnosis.evidence.cheapest_faults import cheapest_faults
from parity.diagnosis.evidence.misfit import (
    Fit,
    Precision,
    fit_boxes,
    reproduction,
    total_misfit,
)
from parity.external.observations import NO_BOXES, Declared, Observations, Observed, decimals
from parity.tasks.task import TASKS

FEW_BOXES = 24
"""Boxes below which each counts for more; chosen."""

MOST_WEIGHT = 12.0
"""How much more the only box counts, at most; chosen."""

FLAT = 0.1
"""Share of flat boxes from which NMSBoxes on such boxes is considered; chosen."""

UNOBSERVED_COST = 3.0
"""Cost of a predicted box that was not observed, nats, in finding the images that fit worst;
chosen."""

BELOW_LOWEST = 1e-3
"""How far below the lowest observed score candidates are looked at; chosen."""

CANDIDATE_LIMITS = (100, 300, 1000)
"""Numbers of boxes that people pass to NMS at most; chosen."""

BUDGET = 400
"""Inputs of the network after which no further search begins; a count and no time, so that the
answer does not depend on the machine. Chosen: some 30 s of one core with YOLO11n."""

BUDGET_OF_LABELS = 3000
"""The same for classifiers, which are small; chosen: likewise."""

SAME_FIT = 0.5
"""Difference of misfit, in nats, up to which the boxes cannot tell two hypotheses apart; chosen."""

OUTLINES_FIT = 0.5
"""Share of the boxes of an image that must fit for masks to be made; chosen."""

FITS_IN_FULL = 0.1
"""Cost of an image below which nothing of it is left to explain, nats; chosen."""


class CostModel:
    """Computes what hypotheses cost and remembers it.

    Parameters
    ----------
    replayer : Replayer
        Predicts what a hypothesis gives.
    observations : Observations
        What was seen.
    names : list of str
        The images that are used, those that tell most first.
    cut_scores : bool
        Whether scores were cut to their last digit; they are then taken for half a unit larger.

    Attributes
    ----------
    observed : dict of str to Observed
        Boxes of those images.
    correct : Pipeline
        What hypotheses deviate from.
    preprocessing_faults, network_faults, postprocessing_faults, threshold_faults : list of Fault
        What may be named.
    zero_area : float
        Share of observed boxes that have no area.
    box_count : int
        Number of observed boxes.
    """

    def __init__(
        self,
        replayer: Replayer,
        observations: Observations,
        names: list[str],
        *,
        cut_scores: bool = False,
    ) -> None:
        self.replayer = replayer
        self.observations = observations
        self.observed = {name: observations.images.get(name, NO_BOXES) for name in names}
        self.names = names
        self.precision = Precision.of(self.observed, observations.printed)
        self.cut_scores = cut_scores
        if cut_scores:
            self.observed = uncut(self.observed)
        replayer.look_down_to(floor_of(self.observed, replayer.task))
        declared = observations.declared
        self.correct = correct_pipeline(replayer, declared)
        faults = faults_of(replayer.task.choices)
        self.preprocessing_faults = [f for f in faults if f.precedes_output]
        if replayer.network.rect and "stride" in replayer.task.choices:
            other = SQUARE if self.correct.stride else RECTANGLE
            cost = CHOICE_COST if declared.geometry is None else COMMON_COST
            self.preprocessing_faults.insert(0, replace(other, cost=cost))
        self.network_faults = [
            other_network(name, declared=observations.declared.export or "")
            for name in replayer.others
        ]
        self.postprocessing_faults = [f for f in faults if not f.precedes_output]
        self.zero_area = zero_area_share(self.observed)
        if flat_share(self.observed) > FLAT:
            self.postprocessing_faults.insert(0, ZERO_SIZE_NMSBOXES)
        further = limit_faults(self.observed)
        if observations.printed is not None and observations.printed.box_unit == "fraction":
            further.append(FRACTIONS_Y_FIRST)
        thresholds = threshold_faults(self.observed, declared, self.correct)
        own = replayer.task.choices
        self.postprocessing_faults += [f for f in further if f.fields <= own]
        self.threshold_faults = [f for f in thresholds if f.fields <= own]
        self.box_count = sum(len(o) for o in self.observed.values())
        self.weight = float(np.clip(FEW_BOXES / max(self.box_count, 1), 1, MOST_WEIGHT))
        self.budget = BUDGET
        if not TASKS[replayer.network.head.task].has_boxes:
            self.budget = BUDGET_OF_LABELS
            self.precision = replace(self.precision, box=np.inf)  # a label has no box of its own
        self._started_at = 0
        self._fits: dict[tuple[Pipeline, str], Fit] = {}
        self._fits_of_boxes: dict[tuple[str, bytes], Fit] = {}
        self._faults: dict[Pipeline, tuple[list[Fault], float]] = {}

    def with_uncut_scores(self) -> "CostModel":
        """Return the same for boxes whose scores were cut to their last digit."""
        other = CostModel(self.replayer, self.observations, self.names, cut_scores=True)
        other.preprocessing_faults = self.preprocessing_faults
        other.postprocessing_faults = self.postprocessing_faults
        return other

    def without_shapes(self) -> "CostModel | None":
        """Return the same without masks, keypoints and their faults; None if none are given."""
        images = self.observations.images
        if all(each.masks is None and each.keypoints is None for each in images.values()):
            return None
        bare = {name: replace(each, masks=None, keypoints=None) for name, each in images.items()}
        other = CostModel(self.replayer, replace(self.observations, images=bare), self.names)
        faults = other.postprocessing_faults
        other.postprocessing_faults = [fault for fault in faults if not fault.is_of_shapes]
        return other

    def start_with(self, names: list[str]) -> None:
        """Compare some images before the others, of which those with most boxes go first."""
        rest = [name for name in self.names if name not in names]
        self.names = [*names, *sorted(rest, key=lambda name: -len(self.observed[name]))]

    @property
    def catalogue(self) -> list[Fault]:
        """All faults that may be named."""
        return [*self.preprocessing_faults, *self.network_faults, *self.after_network]

    @property
    def after_network(self) -> list[Fault]:
        """All faults that may be named and do not change the input of the network."""
        return [*self.postprocessing_faults, *self.threshold_faults]

    def add_fitted_fault(self, fault: Fault) -> None:
        """Let a fault whose parameter was fitted be named too."""
        stage = self.preprocessing_faults if fault.precedes_output else self.postprocessing_faults
        if fault not in stage:
            stage.append(fault)
            self._faults.clear()

    @property
    def exhausted(self) -> bool:
        """Return whether the budget ran out."""
        return len(self.replayer.wanted) > self.budget

    def start_again(self) -> None:
        """Grant a search that starts from elsewhere as many inputs as the first."""
        wanted = len(self.replayer.wanted)
        self.budget += wanted - self._started_at
        self._started_at = wanted

    @contextmanager
    def more_inputs(self, count: int) -> Iterator[None]:
        """Enlarge the budget for a while."""
        self.budget += count
        try:
            yield
        finally:
            self.budget -= count

    def is_affordable(self, pipeline: Pipeline) -> bool:
        """Return whether the budget allows a pipeline: without new inputs, it always does."""
        if not self.exhausted:
            return True
        inputs = self.inputs(pipeline, self.names)
        return all(source is None or source.digest in self.replayer.wanted for source in inputs)

    def goodness_of_fit(self, pipeline: Pipeline, name: str) -> Fit:
        """Return how what a pipeline predicts for an image fits."""
        key = (pipeline, name)
        if key not in self._fits:
            predicted = self.predicted(pipeline, name)
            content = name, digest_of_numbers(predicted)
            if content not in self._fits_of_boxes:
                precision = self.precision_in(name)
                self._fits_of_boxes[content] = fit_boxes(predicted, self.observed[name], precision)
            self._fits[key] = self._fits_of_boxes[content]
        return self._fits[key]

    def predicted(self, pipeline: Pipeline, name: str) -> Detections:
        """Return what a pipeline predicts; what costs much only where its boxes fit."""
        task, observed = self.replayer.task, self.observed[name]
        boxes_given = not self.precision.of_shapes
        if task.outline and boxes_given and observed.masks is not None and len(observed):
            outlined = self.replayer.detections(pipeline, name, outlined=True)
            fit = fit_boxes(outlined, observed, self.precision_in(name))
            if not (fit.box_excess == 0).sum() > OUTLINES_FIT * fit.observed:
                return outlined
        return self.detections(pipeline, name)

    def detections(self, pipeline: Pipeline, name: str) -> Detections:
        """Return what of a pipeline's detections is observed.

        Those are boxes around masks or keypoints where no others are, and keypoints without
        visibilities.
        """
        found = self.replayer.detections(pipeline, name)
        observed = self.observed[name].keypoints
        if found.keypoints is not None and observed is not None and len(observed):
            found = replace(found, keypoints=found.keypoints[..., : observed.shape[2]])
        source = self.replayer.input_of(pipeline, name)
        if source is None or not self.precision.of_shapes:
            return found
        return found.around_shapes(source.image_shape)

    def precision_in(self, name: str) -> Precision:
        """Return the precision of the boxes of an image."""
        source = self.replayer.input_of(self.correct, name)
        return self.precision.in_image(source.image_shape) if source else self.precision

    def _named(self, pipeline: Pipeline) -> tuple[list[Fault], float]:
        if pipeline not in self._faults:
            self._faults[pipeline] = cheapest_faults(pipeline, self.correct, self.catalogue)
        return self._faults[pipeline]

    def faults(self, pipeline: Pipeline) -> list[Fault]:
        """Return the cheapest faults that make a pipeline, by stage."""
        return self._named(pipeline)[0]

    def fault_cost(self, pipeline: Pipeline) -> float:
        """Return the cost of assuming those faults, nats."""
        return self._named(pipeline)[1]

    def misfit(self, pipeline: Pipeline, names: list[str] | None = None) -> float:
        """Return the part of the cost that the boxes of some images cause, nats."""
        return self.weighted_misfit(
            [self.goodness_of_fit(pipeline, name) for name in names or self.names]
        )

    def cost(self, pipeline: Pipeline) -> float:
        """Return what a hypothesis costs, nats."""
        return self.misfit(pipeline) + self.fault_cost(pipeline)

    def weighted_misfit(self, fits: list[Fit]) -> float:
        """Return the cost of some fits, nats; where boxes are few, each counts for more."""
        return self.weight * total_misfit(fits)

    def reproduction(self, pipeline: Pipeline) -> Reproduction:
        """Return how much of the observed boxes a hypothesis reproduces."""
        fits = [self.goodness_of_fit(pipeline, name) for name in self.names]
        return reproduction(fits)

    def inputs(self, pipeline: Pipeline, names: Sequence[str]) -> tuple[Input | None, ...]:
        """Return the inputs of some images, which are equal where the network sees the same."""
        return tuple(self.replayer.input_of(pipeline, name) for name in names)

    def same_inputs(
        self, one: Pipeline, other: Pipeline, names: Sequence[str] | None = None
    ) -> bool:
        """Return whether two pipelines give the network the same inputs in some images, or all."""
        given = self.replayer.input_of
        names = self.names if names is None else names
        return all(given(one, name) == given(other, name) for name in names)

    def worst_images(self, pipeline: Pipeline, most: int) -> list[str]:
        """Return the images that a hypothesis explains worst, none that it explains in full."""
        costs = {}
        for name in self.names:
            own = self.goodness_of_fit(pipeline, name)
            costs[name] = own.cost + UNOBSERVED_COST * own.unobserved
        ranked = sorted(self.names, key=lambda name: -costs[name])
        return [name for name in ranked[:most] if costs[name] > FITS_IN_FULL]


def uncut(observed: dict[str, Observed]) -> dict[str, Observed]:
    """Return boxes whose scores, which were cut to their last digit, are half a unit larger."""
    scores = np.concatenate([np.zeros(0), *(seen.scores for seen in observed.values())])
    half = 0.5 * 10.0 ** -decimals(scores)
    return {name: replace(seen, scores=seen.scores + half) for name, seen in observed.items()}


def digest_of_numbers(found: Detections) -> bytes:
    """Return a digest of all numbers of some detections; masks are too large to be kept."""
    digest = hashlib.blake2b(digest_size=16)
    for name, each in vars(found).items():
        if each is not None:
            digest.update(str(each.shape).encode())
            content = np.packbits(each) if name == "masks" else np.ascontiguousarray(each)
            digest.update(content.data)
        digest.update(b";")
    return digest.digest()


def flat_share(observed: dict[str, Observed]) -> float:
    """Return the share of observed boxes whose opposite sides lie on each other."""
    boxes = _all_boxes(observed)
    flat = (boxes[:, 2:] == boxes[:, :2]).any(axis=1)
    return float(flat.mean()) if len(boxes) else 0.0


def _all_boxes(observed: dict[str, Observed]) -> np.ndarray:
    return np.concatenate([np.zeros((0, 4)), *(o.boxes for o in observed.values())])


def zero_area_share(observed: dict[str, Observed]) -> float:
    """Return the share of observed boxes that have no area, or a negative one."""
    boxes = _all_boxes(observed)
    zero_area = (boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])
    return float(zero_area.mean()) if len(boxes) else 0.0


def limit_faults(observed: dict[str, Observed]) -> list[Fault]:
    """Return the limits of numbers of boxes that may explain some boxes, without ``max_det``."""
    counts = [np.unique(seen.class_ids, return_counts=True)[1] for seen in observed.values()]
    joined = np.concatenate([np.zeros(0, int), *counts])
    most = int(joined.max(initial=0))
    reached = most > 1 and (joined == most).sum() > 1
    per_class = [most_per_class(most)] if reached else []
    return [*per_class, *(most_candidates(limit) for limit in CANDIDATE_LIMITS)]


def floor_of(observed: dict[str, Observed], task: TaskDeployment) -> float:
    """Return the score below which no candidate is looked at."""
    scores = np.concatenate([np.zeros(0), *(o.scores for o in observed.values())])
    lowest = scores[np.isfinite(scores)].min(initial=1.0)
    return float(np.clip(lowest - BELOW_LOWEST, task.least_score, task.floor))


def correct_pipeline(replayer: Replayer, declared: Declared) -> Pipeline:
    """Return what is correct for a network, with the thresholds that are declared."""
    network = replayer.network
    rect = declared.geometry == "rect" if declared.geometry else network.rect
    thresholds = {name: getattr(declared, name) for name in ("conf", "iou", "max_det")}
    return Pipeline().replace(
        stride=network.stride if rect else None,
        imgsz=declared.imgsz if network.rect and declared.imgsz else None,
        **{name: value for name, value in thresholds.items() if value is not None},
    )
