"""Measuring an arm that detects objects: how well they agree with labels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from parity.accuracy.bootstrap import Draws, mean_precision, resample
from parity.accuracy.error_types import ErrorCounts, sort_image
from parity.accuracy.mean_average_precision import AveragePrecision, Detected, PrecisionMeter
from parity.accuracy.measure import Measure, Shapes
from parity.accuracy.measured_arm import ArmFiles, MeasuredArm, Yardstick
from parity.accuracy.resampled_precision import ClassScores, ScoreCollector
from parity.accuracy.results import ArmAccuracy, ClassAccuracy
from parity.detection.detections import Detections
from parity.errors import UserError
from parity.postprocessing.postprocess import detect_in_parts

MAX_DET = 300
"""Detections of an image, as in Ultralytics' val."""

AT_ONCE = 32
"""Detections whose masks are in memory at once; chosen: 70 MB of a photograph of 1920 × 1080 px."""


class MeasureOfArm:
    """What is collected of an arm for one measure, image by image."""

    def __init__(self, measure: Measure, yardstick: Yardstick) -> None:
        self.measure = measure
        truths = yardstick.labels.images
        self._truths = truths
        self._weights = yardstick.weights
        self._position = {name: i for i, name in enumerate(truths)}
        self._names = yardstick.names
        self._meter = PrecisionMeter(measure, yardstick.names) if measure.iou_type else None
        self._collector = ScoreCollector([*truths.values()], measure)

    def add(self, name: str, shape: tuple[int, int], detected: Detected) -> None:
        """Add an image of some height and width, px."""
        truth = self._truths[name]
        overlap = self.measure.overlaps(detected.shapes, truth)
        if self._meter:
            self._meter.add(shape, detected, truth)
        self._collector.add(self._position[name], detected, overlap, truth)

    def results(self) -> tuple[AveragePrecision, Draws]:
        """Return the precision of the images as they are, and of draws of them."""
        scores = self._collector.results()
        draws = resample(self.measure.names, scores, self._weights)
        if self._meter:
            return self._meter.results(), draws
        return plain_precision(scores, self._names), draws


def measure_objects(
    files: ArmFiles, yardstick: Yardstick, *, measures: Sequence[Measure]
) -> MeasuredArm:
    """Measure an arm that detects objects.

    Parameters
    ----------
    files : ArmFiles
        Its candidates and detections.
    yardstick : Yardstick
        What all arms are measured by.
    measures : sequence of Measure
        What precision is averaged over; sizes and kinds of error are those of the first.

    Raises
    ------
    UserError
        If no labelled object counts.
    """
    check_objects(yardstick, measures[0])
    collected = [MeasureOfArm(measure, yardstick) for measure in measures]
    floor = 0.0
    for run, image in files.candidates_of(yardstick.labels):
        floor = max(run.floor, run.baked.conf if run.baked else 0.0)
        parts = detect_in_parts(
            image,
            conf=floor,
            iou=yardstick.iou,
            max_det=MAX_DET,
            head=replace(run.head, native_masks=True),
            at_once=AT_ONCE,
        )
        shape = image.image_shape
        for each, detected in zip(collected, detected_in(parts, measures, shape), strict=True):
            each.add(image.name, shape, detected)
    precisions, draws = zip(*(each.results() for each in collected), strict=True)
    joined = Draws.joined(draws)
    errors = count_errors(files, yardstick, measures[0])
    accuracy = ArmAccuracy(
        metrics=joined.metrics([value for each in precisions for value in each.values]),
        sizes=precisions[0].sizes,
        classes=precision_by_class(precisions, joined.names, yardstick, measures[0]),
        floor=floor,
        operating_point=errors.results(),
    )
    return MeasuredArm(accuracy, joined, errors.fates)


def check_objects(yardstick: Yardstick, measure: Measure) -> None:
    """Check that some labelled object counts.

    Raises
    ------
    UserError
        If none does.
    """
    truths = yardstick.labels.images.values()
    if all(measure.ignored(truth).all() for truth in truths):
        raise UserError(
            f"labels: none of the {sum(map(len, truths))} labelled objects counts, because each "
            "is a crowd or has no labelled keypoint."
        )


def plain_precision(
    scores: Mapping[int, ClassScores], names: Mapping[int, str]
) -> AveragePrecision:
    """Return the average precision of an arm without COCO's evaluator, and so without sizes."""
    once = np.ones((1, len(next(iter(scores.values())).objects)), np.int64)
    both = {names[c]: mean_precision({c: own}, once)[0] for c, own in scores.items()}
    whole = mean_precision(scores, once)[0]
    return AveragePrecision(_known(whole), {}, {name: _known(own) for name, own in both.items()})


def _known(both: np.ndarray) -> tuple[float | None, float | None]:
    """Return mAP50-95 and mAP50; None where nothing is labelled."""
    strict, lenient = (None if np.isnan(value) else value for value in both.tolist())
    return strict, lenient


def detected_in(
    parts: Iterable[Detections], measures: Sequence[Measure], shape: tuple[int, int]
) -> list[Detected]:
    """Return the detections of an image, given in parts, for each measure."""
    scores, class_ids = [np.zeros(0, np.float32)], [np.zeros(0, np.int32)]
    shapes: list[Shapes] = [[] for _ in measures]
    for part in parts:
        scores.append(part.scores)
        class_ids.append(part.class_ids)
        for measure, own in zip(measures, shapes, strict=True):
            own.extend(measure.detected(part, shape))
    columns = np.concatenate(scores), np.concatenate(class_ids)
    return [Detected(*columns, own) for own in shapes]


def precision_by_class(
    precisions: Sequence[AveragePrecision],
    names: Sequence[str],
    yardstick: Yardstick,
    measure: Measure,
) -> dict[str, ClassAccuracy]:
    """Return the accuracy of each labelled class."""
    objects: Counter[int] = Counter()
    for truth in yardstick.labels.images.values():
        objects.update(truth.class_ids[~measure.ignored(truth)].tolist())
    return {
        name: ClassAccuracy(
            dict(zip(names, (v for each in precisions for v in each.classes[name]), strict=True)),
            objects[c],
        )
        for c, name in sorted(yardstick.names.items())
        if objects[c]
    }


def count_errors(files: ArmFiles, yardstick: Yardstick, measure: Measure) -> ErrorCounts:
    """Return what an arm gets right and wrong at the thresholds of its detections files."""
    counts = ErrorCounts()
    for image in files.detections_of(yardstick.labels):
        truth, found = yardstick.labels.images[image.name], image.arrays()
        overlap = measure.overlaps(measure.detected(found, (image.height, image.width)), truth)
        counts.add(image.name, sort_image(found.class_ids, overlap, truth, measure.ignored(truth)))
    return counts
