"""How well each arm agrees with labels, and how much accuracy a conversion costs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from parity.accuracy.bootstrap import accuracy_losses, weights_of
from parity.accuracy.error_types import moved
from parity.accuracy.measured_arm import ArmFiles, MeasuredArm, Yardstick
from parity.accuracy.object_accuracy import MAX_DET
from parity.accuracy.results import Accuracy, AccuracyComparison, LabelFacts, Protocol
from parity.accuracy.tasks.task import MEASURED_TASKS, MeasuredTask
from parity.comparison.summary import by_folder
from parity.detection.detection_files import DetectionBatch
from parity.detection.head import NetworkHead
from parity.documents import load, save
from parity.errors import UserError
from parity.labels.truth import Labels
from parity.tasks.task import TASKS


def measure_accuracy(
    candidates: list[str],
    detections: list[str],
    destination: str | Path,
    *,
    labels: str,
    comparisons: Mapping[str, list[str]],
    iou: float,
    draws: int,
) -> None:
    """Measure the accuracy of all arms of a model and write it down.

    Parameters
    ----------
    candidates, detections : list of str
        Files of all arms; the folder that holds one is named after its arm.
    destination : str or Path
        The :class:`parity.accuracy.results.Accuracy` to write.
    labels : str
        Source of the labels.
    comparisons : mapping of str to list of str
        Reference and candidate arm by comparison.
    iou : float
        IoU threshold of the suppression before precision is averaged.
    draws : int
        Draws of the bootstrap.

    Raises
    ------
    UserError
        If an arm has other images than the labels, or the task is not measured.
    """
    by_arm = by_folder(detections)
    first = [load(path, DetectionBatch) for path in next(iter(by_arm.values()))]
    head = first[0].made_by.head or NetworkHead()
    names = first[0].made_by.names
    task = measured_task(head.task)
    shapes = {
        image.name: (image.height, image.width)
        for batch in first
        for image in batch.images
        if not image.reason
    }
    found = task.labels(head).read(labels, shapes, names)
    yardstick = Yardstick(found, head, names, weights_of(len(found.images), draws), iou)
    arms = {
        arm: task.measure(ArmFiles(arm, paths, by_arm[arm]), yardstick)
        for arm, paths in by_folder(candidates).items()
    }
    save(
        destination,
        Accuracy(
            labels=label_facts(labels, found, arms),
            protocol=Protocol(head.task, iou, MAX_DET, draws, task.says),
            arms={arm: each.accuracy for arm, each in arms.items()},
            comparisons={
                name: compare_arms(reference, candidate, arms)
                for name, (reference, candidate) in comparisons.items()
            },
        ),
    )


def measured_task(task: str) -> MeasuredTask:
    """Return how a task is measured.

    Raises
    ------
    UserError
        If it is not.
    """
    if task not in MEASURED_TASKS:
        raise UserError(
            f"labels: the accuracy of {TASKS[task].models} is not measured; leave out the labels "
            "of these models."
        )
    return MEASURED_TASKS[task]


def label_facts(source: str, labels: Labels, arms: Mapping[str, MeasuredArm]) -> LabelFacts:
    """Return what the labels are."""
    fates = next(iter(arms.values())).fates
    return LabelFacts(
        source=source,
        images=len(labels.images),
        objects=sum(map(len, fates.values())),
        crowds=sum(int(np.count_nonzero(truth.crowd)) for truth in labels.images.values()),
        notes=labels.notes,
    )


def compare_arms(
    reference: str, candidate: str, arms: Mapping[str, MeasuredArm]
) -> AccuracyComparison:
    """Return what a candidate loses of its reference's accuracy."""
    ours, theirs = arms[reference], arms[candidate]
    losses = accuracy_losses(ours.draws, theirs.draws)
    return AccuracyComparison(reference, candidate, losses, moved(ours.fates, theirs.fates))
