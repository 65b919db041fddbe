"""Injecting known faults: deployments that have them, and the boxes that they print."""

import difflib
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.task import DEPLOYMENTS
from parity.detection.detections import Detections
from parity.diagnosis.catalogue.fault import FAULTS, Fault, faults_of
from parity.diagnosis.evidence.misfit import Precision, fit_boxes, total_misfit
from parity.errors import UserError
from parity.external.observations import Declared, Observations, Observed
from parity.tasks.task import TASKS

VISIBLE = 6.0
"""A fault is visible if the boxes misfit by more without it, nats; chosen: as much as two common
faults cost."""

LEAST_BOXES = 5
"""Boxes of all images from which several faults can be visible; chosen."""

SUGGESTIONS, SIMILARITY = 5, 0.3
"""Names that are suggested for an unknown one, at most, and how similar they must be, see
:func:`difflib.get_close_matches`; chosen."""

BOX_THRESHOLDS = Declared(conf=0.25, iou=0.45)
"""Thresholds of the deployments with injected faults; chosen: those of many published ones."""

LABEL_THRESHOLDS = Declared(conf=0.0, max_det=5)
"""The same of classifiers: the five best labels, whatever their probability; chosen likewise."""

BOX_DECIMALS, SCORE_DECIMALS = 2, 4
"""Decimals with which people print coordinates in px, and scores; chosen."""


def injectable_faults(task: str = "detect") -> list[Fault]:
    """Return the faults of a task that are no harmless choices."""
    choices = DEPLOYMENTS[task].choices
    return [fault for fault in faults_of(choices) if not fault.is_choice]


def find_faults(names: Sequence[str], task: str = "detect") -> list[Fault]:
    """Return faults of the catalogue by name.

    Raises
    ------
    UserError
        If there is none of that name, it is none of the task, or two change the same choice.
    """
    choices = DEPLOYMENTS[task].choices
    for name in names:
        if name not in FAULTS:
            like = difflib.get_close_matches(name, FAULTS, n=SUGGESTIONS, cutoff=SIMILARITY)
            said = f"did you mean {', '.join(like)}?" if like else "see the catalogue of faults."
            raise UserError(f"there is no fault {name!r} that can be injected; {said}")
        if not FAULTS[name].fields <= choices:
            raise UserError(
                f"the fault {name!r} cannot be injected into {TASKS[task].models}, whose "
                "deployments have no such step."
            )
    faults = [FAULTS[name] for name in names]
    for i, fault in enumerate(faults):
        for other in faults[:i]:
            if fault.fields & other.fields:
                raise UserError(
                    f"{other.name} and {fault.name} change the same step and cannot be combined."
                )
    return faults


def with_faults(faults: Iterable[Fault], correct: Pipeline) -> Pipeline:
    """Return the deployment that has some faults."""
    for fault in faults:
        correct = fault.inject_into(correct)
    return correct


def observe(
    replayer: Replayer,
    pipeline: Pipeline,
    names: Sequence[str],
    *,
    declared: Declared,
    box_decimals: int = BOX_DECIMALS,
    score_decimals: int = SCORE_DECIMALS,
    withheld: float = 0.0,
    seed: int = 0,
) -> Observations:
    """Return what a deployment prints for some images.

    Parameters
    ----------
    replayer : Replayer
        Runs it.
    pipeline : Pipeline
        The deployment.
    names : sequence of str
        Images.
    declared : Declared
        What is said of it.
    box_decimals, score_decimals : int
        Decimals of coordinates and of scores.
    withheld : float
        Share of boxes that are left out at random.
    seed : int
        Of what is left out.
    """
    chance = np.random.default_rng(seed)
    images = {}
    for name in names:
        found = replayer.detections(pipeline, name)
        found = found.at(np.flatnonzero(chance.random(len(found)) >= withheld))
        images[name] = printed(found, box_decimals=box_decimals, score_decimals=score_decimals)
    return Observations(images, declared)


def printed(found: Detections, *, box_decimals: int, score_decimals: int) -> Observed:
    """Return detections with rounded numbers; visibilities and angles have those of scores."""
    keypoints, oriented = (
        None if each is None else each.astype(np.float64)
        for each in (found.keypoints, found.oriented)
    )
    if keypoints is not None:
        keypoints[..., :2] = np.round(keypoints[..., :2], box_decimals)
        keypoints[..., 2:] = np.round(keypoints[..., 2:], score_decimals)
    if oriented is not None:
        oriented[:, :4] = np.round(oriented[:, :4], box_decimals)
        oriented[:, 4:] = np.round(oriented[:, 4:], score_decimals)
    return Observed(
        np.round(found.boxes.astype(np.float64), box_decimals),
        np.round(found.scores.astype(np.float64), score_decimals),
        found.class_ids.astype(np.int64),
        keypoints,
        oriented,
        found.masks,
    )


def usual_thresholds(task: str) -> Declared:
    """Return the thresholds of the deployments of a task with injected faults."""
    return BOX_THRESHOLDS if TASKS[task].has_boxes else LABEL_THRESHOLDS


def are_the_same(one: Observations, other: Observations) -> bool:
    """Return whether two deployments print the same numbers for all images, in the same order."""
    pairs = (
        zip(vars(one.images[name]).values(), vars(seen).values(), strict=True)
        for name, seen in other.images.items()
    )
    return all(a is b or np.array_equal(a, b) for pair in pairs for a, b in pair)


def with_declared(pipeline: Pipeline, declared: Declared) -> Pipeline:
    """Return a pipeline with the thresholds that are declared."""
    stated = {key: getattr(declared, key) for key in ("conf", "iou", "max_det")}
    return replace(pipeline, **{key: value for key, value in stated.items() if value is not None})


def hidden_faults(
    replayer: Replayer, faults: Sequence[Fault], correct: Pipeline, names: Sequence[str]
) -> list[Fault]:
    """Return those of some faults of which the boxes show nothing beside the others.

    Where a deployment reports nothing at all, that is each of them.

    Parameters
    ----------
    replayer : Replayer
        Runs the deployments.
    faults : sequence of Fault
        To be combined.
    correct : Pipeline
        What they deviate from.
    names : sequence of str
        Images.
    """
    whole = with_faults(faults, correct)
    seen = observe(replayer, whole, names, declared=Declared()).images
    if not any(len(each) for each in seen.values()):
        return list(faults)
    precision = Precision.of(seen)
    hidden = []
    for fault in faults:
        others = with_faults([f for f in faults if f is not fault], correct)
        fits = [fit_boxes(replayer.detections(others, n), seen[n], precision) for n in names]
        if total_misfit(fits) < VISIBLE:
            hidden.append(fault)
    return hidden


def all_visible(
    replayer: Replayer, faults: Sequence[Fault], correct: Pipeline, names: Sequence[str]
) -> bool:
    """Return whether the boxes show each of some faults beside the others.

    The parameters are those of :func:`hidden_faults`.
    """
    if len(faults) > 1:
        whole = with_faults(faults, correct)
        if sum(len(replayer.detections(whole, name)) for name in names) < LEAST_BOXES:
            return False
    return not hidden_faults(replayer, faults, correct, names)


def random_fault_sets(
    replayer: Replayer,
    correct: Pipeline,
    names: Sequence[str],
    *,
    count: int,
    size: int,
    chance: random.Random,
) -> list[tuple[Fault, ...]]:
    """Return random sets of faults that touch different choices and are all visible.

    Parameters
    ----------
    replayer : Replayer
        Runs the deployments.
    correct : Pipeline
        What they deviate from.
    names : sequence of str
        Images.
    count, size : int
        Sets, and faults in each.
    chance : Random
        Draws them.
    """
    catalogue = injectable_faults(replayer.network.head.task)
    drawn: list[tuple[Fault, ...]] = []
    while len(drawn) < count:
        faults = tuple(chance.sample(catalogue, size))
        fields = [name for fault in faults for name in fault.fields]
        if len(set(fields)) == len(fields) and all_visible(replayer, faults, correct, names):
            drawn.append(faults)
    return drawn
