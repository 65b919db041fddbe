"""How well each arm finds what is labelled, and how much accuracy a conversion costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

from parity.accuracy.bootstrap import Draws, accuracy_losses, resample, weights_of
from parity.accuracy.error_types import ErrorCounts, moved
from parity.accuracy.resampled_precision import score_classes
from parity.accuracy.results import (
    Accuracy,
    AccuracyComparison,
    ArmAccuracy,
    AveragePrecision,
    ClassAccuracy,
    LabelFacts,
    Protocol,
)
from parity.comparison.summary import by_folder
from parity.data.labels import Labels, Truth, load_labels
from parity.detection.candidate_files import CandidateBatch
from parity.detection.detection_files import DetectionBatch
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.documents import load, save
from parity.errors import UserError
from parity.postprocessing.postprocess import detect
from parity.tasks.task import TASKS

PROTOCOL = """\
Candidates above the floor of the run go through class-wise non-maximum suppression at an IoU
threshold of its own (0.7 unless configured), one label per box, at most 300 boxes per image. They
are matched with the labels by the rules of COCO: ten IoU thresholds from 0.5 to 0.95, 101 recalls,
at most 100 boxes of a class and image, crowds ignored. Of models that add masks or keypoints, the
boxes alone are measured. Ultralytics' val differs: it takes
candidates from 0.001, several labels per box, fits images into rectangles by batches, and
interpolates precision in its own way.
"""
UNMEASURED = frozenset(["obb", "classify"])
"""Tasks whose detections are no boxes parallel to the axes."""

MAX_DET = 300
"""Detections of an image, as in Ultralytics' val."""

SIZES = ("all", "small", "medium", "large")
"""The areas of COCO's evaluator, in its order."""

NOWHERE = np.array([[1, -9, -9, 1, 1, 0, 1]], np.float64)
"""A detection that finds nothing: COCO's evaluator refuses to work without any."""


def as_dataset(truths: Mapping[str, Truth], names: Mapping[int, str]) -> dict[str, Any]:
    """Return labels as COCO's evaluators want them; image n is the n-th, from 1, classes too."""
    annotations = [
        {
            "id": 0,
            "image_id": number,
            "category_id": int(truth.class_ids[i]) + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": float(truth.areas[i]),
            "iscrowd": int(truth.crowd[i]),
        }
        for number, truth in enumerate(truths.values(), 1)
        for i, (x1, y1, x2, y2) in enumerate(truth.boxes.tolist())
    ]
    for number, annotation in enumerate(annotations, 1):
        annotation["id"] = number  # 0 would count as unmatched
    return {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(truths, 1)],
        "categories": [{"id": c + 1, "name": name} for c, name in sorted(names.items())],
        "annotations": annotations,
    }


def as_rows(detections: Mapping[str, Detections], images: list[str]) -> np.ndarray:
    """Return detections as COCO's evaluators want them: image, x, y, w, h, score, class."""
    parts = [np.zeros((0, 7))]
    for number, name in enumerate(images, 1):
        mine = detections[name]
        boxes = mine.boxes.astype(np.float64)
        sides = boxes[:, 2:] - boxes[:, :2]
        columns = np.full(len(mine), number), boxes[:, :2], sides, mine.scores, mine.class_ids + 1
        parts.append(np.column_stack(columns))
    return np.concatenate(parts)


def mean_average_precision(
    detections: Mapping[str, Detections], truths: Mapping[str, Truth], names: Mapping[int, str]
) -> AveragePrecision:
    """Return the mean average precision of an arm, by size and by class.

    Parameters
    ----------
    detections : mapping of str to Detections
        By image; every labelled image is in it.
    truths : mapping of str to Truth
        By image.
    names : mapping of int to str
        Class names by id.
    """
    rows = as_rows(detections, list(truths))
    labelled = COCO(as_dataset(truths, names))
    found = COCOeval_faster(labelled, labelled.loadRes(rows if len(rows) else NOWHERE), "bbox")
    found.params.maxDets = [1, 10, 100]
    found.evaluate()
    found.accumulate()
    precision = np.asarray(found.eval["precision"])[..., -1]  # T, R, K, A
    objects = np.zeros(len(names), np.int64)
    for truth in truths.values():
        np.add.at(objects, truth.class_ids[~truth.crowd], 1)
    return AveragePrecision(
        map=_mean(precision[:, :, :, 0]),
        map50=_mean(precision[0, :, :, 0]),
        sizes={size: _mean(precision[:, :, :, i]) for i, size in enumerate(SIZES) if size != "all"},
        classes={
            name: ClassAccuracy(
                map=_mean(precision[:, :, c, 0]),
                map50=_mean(precision[0, :, c, 0]),
                objects=int(objects[c]),
            )
            for c, name in sorted(names.items())
            if objects[c]
        },
    )


def _mean(precision: np.ndarray) -> float | None:
    valid = precision[precision > -1]
    return float(valid.mean()) if valid.size else None


def detections_above_floor(
    paths: list[str], iou: float, wanted: Labels
) -> tuple[dict[str, Detections], float]:
    """Return the detections of an arm at the lowest confidence, by image, and that confidence."""
    detections, floor = {}, 0.0
    for path in paths:
        batch = CandidateBatch.load(path)
        run = batch.made_by
        floor = max(run.floor, run.baked.conf if run.baked else 0.0)
        for image in batch.images:
            if image.name in wanted.images:
                detections[image.name] = detect(
                    image, conf=floor, iou=iou, max_det=MAX_DET, head=run.head
                )
    return detections, floor


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
        If an arm has other images than the labels, or the model gives no boxes to measure.
    """
    by_arm = by_folder(detections)
    first = [load(path, DetectionBatch) for path in next(iter(by_arm.values()))]
    check_measurable(first[0].made_by.head or NetworkHead())
    names = first[0].made_by.names
    shapes = {
        image.name: (image.height, image.width)
        for batch in first
        for image in batch.images
        if not image.reason
    }
    known = load_labels(labels, shapes, names)
    truths = known.images
    weights = weights_of(len(truths), draws)
    arms: dict[str, ArmAccuracy] = {}
    drawn: dict[str, Draws] = {}
    errors: dict[str, ErrorCounts] = {}
    for arm, paths in by_folder(candidates).items():
        mine, floor = detections_above_floor(paths, iou, known)
        if set(mine) != set(truths):
            raise UserError(f"{arm} and the labels list different images; run again.")
        drawn[arm] = resample(score_classes(mine, truths), weights)
        errors[arm] = count_errors(by_arm[arm], known)
        arms[arm] = ArmAccuracy(
            **vars(mean_average_precision(mine, truths, names)),
            interval=drawn[arm].intervals(),
            floor=floor,
            operating_point=errors[arm].results(),
        )
    compared = {}
    for name, (reference, candidate) in comparisons.items():
        map_loss, map50_loss = accuracy_losses(drawn[reference], drawn[candidate])
        compared[name] = AccuracyComparison(
            reference=reference,
            candidate=candidate,
            map=map_loss,
            map50=map50_loss,
            moved=moved(errors[reference].fates, errors[candidate].fates),
        )
    facts = LabelFacts(
        source=labels,
        images=len(truths),
        objects=sum(int(np.count_nonzero(~truth.crowd)) for truth in truths.values()),
        crowds=sum(int(np.count_nonzero(truth.crowd)) for truth in truths.values()),
        notes=known.notes,
    )
    protocol = Protocol(iou=iou, max_det=MAX_DET, draws=draws, says=PROTOCOL)
    save(destination, Accuracy(facts, protocol, arms, compared))


def check_measurable(head: NetworkHead) -> None:
    """Check that a network gives boxes parallel to the axes.

    Raises
    ------
    UserError
        If not.
    """
    if head.task in UNMEASURED:
        raise UserError(
            f"labels: the accuracy of {TASKS[head.task].models} is not measured; leave out labels, "
            "or measure these models in a run of their own."
        )


def count_errors(paths: list[str], wanted: Labels) -> ErrorCounts:
    """Return what an arm gets right and wrong at the thresholds of its detections files."""
    counts = ErrorCounts()
    for path in paths:
        for image in load(path, DetectionBatch).images:
            if image.name in wanted.images:
                counts.add(image.name, image.arrays(), wanted.images[image.name])
    return counts
