"""Accuracy: equal to pycocotools for every shape, and mistakes sorted as TIDE does."""

import contextlib
import copy
import json
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import shapely
import torch
from ultralytics.engine.validator import BaseValidator
from ultralytics.utils.metrics import ap_per_class, batch_probiou, kpt_iou

from parity.accuracy.bootstrap import Draws, accuracy_losses, resample, weights_of
from parity.accuracy.box_measure import box_measure
from parity.accuracy.error_types import ErrorCounts, SortedImage, moved, sort_image
from parity.accuracy.keypoint_measure import keypoint_measure
from parity.accuracy.mask_measure import MASKS
from parity.accuracy.mean_average_precision import (
    AveragePrecision,
    Detected,
    PrecisionMeter,
    as_annotations,
    as_results,
)
from parity.accuracy.measure import Measure
from parity.accuracy.object_accuracy import plain_precision
from parity.accuracy.oriented_measure import PROBABILISTIC, ROTATED
from parity.accuracy.resampled_precision import IOU_THRESHOLDS, ScoreCollector, assign_labels
from parity.accuracy.results import AccuracyLoss
from parity.detection.detections import Detections
from parity.detection.oriented_boxes import corners_of
from parity.detection.run_length import decode_masks
from parity.labels.boxes import BOX_LABELS
from parity.labels.label_format import ObjectFormat
from parity.labels.masks import MASK_LABELS
from parity.labels.object_labels import object_labels
from parity.labels.truth import Truth
from tests.conftest import SHARED
from tests.labelled_images import SHAPE, labelled_images, scattered

NAMES = dict(enumerate(["cat", "dog", "bird", "fish"]))
COCO = SHARED / "data" / "coco"

BOXES = box_measure()
MEASURES = {
    "boxes": (BOXES, 17),
    "masks": (MASKS, 17),
    "17 keypoints": (keypoint_measure(17), 17),
    "5 keypoints": (keypoint_measure(5), 5),
    "rotated": (ROTATED, 17),
}
"""Every measure, and the keypoints of the objects that it is tried on."""

PAIR = ("mAP50-95", "mAP50")

Shapes = dict[str, tuple[int, int]]


def truth(boxes: list, class_ids: list, crowd: list | None = None) -> Truth:
    array = np.array(boxes, np.float64).reshape(-1, 4)
    areas = (array[:, 2:] - array[:, :2]).prod(axis=1)
    return Truth(array, np.array(class_ids, int), areas, np.array(crowd or [0] * len(array), bool))


def found(boxes: list, scores: list, class_ids: list) -> Detections:
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(class_ids, np.int32),
    )


def sorted_image(detections: Detections, labels: Truth) -> SortedImage:
    overlap = BOXES.overlaps(BOXES.detected(detections, SHAPE), labels)
    return sort_image(detections.class_ids, overlap, labels, labels.crowd)


def of_coco(written: ObjectFormat) -> tuple[dict[str, Truth], dict[int, str], Shapes]:
    if not COCO.is_dir():
        pytest.skip(f"the labelled photographs are not at {COCO}")
    document = json.loads((COCO / "instances.json").read_text())
    names = dict(enumerate(c["name"] for c in document["categories"]))
    shapes = {i["file_name"]: (i["height"], i["width"]) for i in document["images"]}
    labels = object_labels(written).read(COCO / "instances.json", shapes, names)
    return labels.images, names, shapes


class RotatedEvaluation:
    """What makes pycocotools compare oriented boxes: shapely's polygons."""

    def computeIoU(self, image: int, category: int) -> Any:  # noqa: N802
        labelled = self._gts[image, category]  # type: ignore[attr-defined]
        found = sorted(self._dts[image, category], key=lambda d: -d["score"])  # type: ignore[attr-defined]
        overlaps = np.zeros((len(found), len(labelled)))
        for i, j in np.ndindex(overlaps.shape):
            pair = found[i]["obb"], labelled[j]["obb"]
            one, other = (shapely.Polygon(corners_of(np.array([each]))[0]) for each in pair)
            shared = one.intersection(other).area
            whole = one.area if labelled[j]["iscrowd"] else one.union(other).area
            overlaps[i, j] = shared / whole
        return overlaps if overlaps.size else []


def judged_by_pycocotools(
    truths: dict[str, Truth],
    detections: dict[str, Detections],
    names: dict[int, str],
    measure: Measure = BOXES,
    shapes: Shapes | None = None,
) -> Any:
    """Return COCOeval after its evaluation."""
    from pycocotools import coco, cocoeval

    shapes = shapes or dict.fromkeys(truths, SHAPE)
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for number, (name, labels) in enumerate(truths.items(), 1):
        mine = detections[name]
        shown = Detected(mine.scores, mine.class_ids, measure.detected(mine, shapes[name]))
        first = len(annotations) + 1
        annotations += as_annotations(labels, measure, image=number, first=first)
        results += as_results(shown, measure, image=number)
    images = [
        {"id": number, "height": height, "width": width}
        for number, (height, width) in enumerate((shapes[name] for name in truths), 1)
    ]
    labelled = coco.COCO()
    labelled.dataset = {
        "images": images,
        "categories": [{"id": c + 1, "name": name} for c, name in sorted(names.items())],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(None):
        labelled.createIndex()
        if measure is ROTATED:
            found_in = coco.COCO()
            extent = {"bbox": [0, 0, 1, 1], "iscrowd": 0}
            found_in.dataset = copy.copy(labelled.dataset) | {
                "annotations": [
                    extent | each | {"id": i, "area": each["obb"][2] * each["obb"][3]}
                    for i, each in enumerate(results, 1)
                ]
            }
            found_in.createIndex()
            made = type("Rotated", (RotatedEvaluation, cocoeval.COCOeval), {})
            oracle = made(labelled, found_in, "bbox")
        else:
            found_in = labelled.loadRes(results)
            oracle = cocoeval.COCOeval(labelled, found_in, measure.iou_type)
        if measure.sigmas:
            oracle.params.kpt_oks_sigmas = np.array(measure.sigmas)
        oracle.evaluate()
        oracle.accumulate()
    return oracle


def measured(
    truths: dict[str, Truth],
    detections: dict[str, Detections],
    names: dict[int, str],
    measure: Measure = BOXES,
    *,
    shapes: Shapes | None = None,
    weights: np.ndarray | None = None,
) -> tuple[AveragePrecision, Draws]:
    """Return what is measured of the images as they are, and of draws of them."""
    meter, collector = PrecisionMeter(measure, names), ScoreCollector([*truths.values()], measure)
    for position, (name, labels) in enumerate(truths.items()):
        shape = (shapes or {}).get(name, SHAPE)
        mine = detections[name]
        shown = Detected(mine.scores, mine.class_ids, measure.detected(mine, shape))
        meter.add(shape, shown, labels)
        collector.add(position, shown, measure.overlaps(shown.shapes, labels), labels)
    drawn = weights_of(len(truths), 5) if weights is None else weights
    return meter.results(), resample(PAIR, collector.results(), drawn)


def check_equal(ours: AveragePrecision, draws: Draws, oracle: Any, names: dict[int, str]) -> None:
    """Check that every value is the oracle's."""
    precision = oracle.eval["precision"][..., -1]

    def mean(values: np.ndarray) -> float | None:
        return values[values > -1].mean() if (values > -1).any() else None

    values = [mean(precision[:, :, :, 0]), mean(precision[0, :, :, 0])]
    assert ours.values == pytest.approx(values, abs=1e-12)
    assert draws.plain == pytest.approx(values, abs=1e-12), "what is resampled agrees"
    for i, size in enumerate(oracle.params.areaRngLbl):
        if size != "all":
            assert ours.sizes[size] == pytest.approx(mean(precision[..., i]), abs=1e-12)
    for k, name in enumerate(names[c] for c in sorted(names)):
        both = mean(precision[:, :, k, 0]), mean(precision[0, :, k, 0])
        assert ours.classes[name] == pytest.approx(both, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", MEASURES)
def test_equal_to_pycocotools(shape: str, seed: int) -> None:
    measure, keypoints = MEASURES[shape]
    truths = labelled_images(seed, keypoints)
    detections = scattered(truths, seed + 10, keypoints)
    oracle = judged_by_pycocotools(truths, detections, NAMES, measure)
    ours, draws = measured(truths, detections, NAMES, measure)
    assert 0.05 < (ours.values[0] or 0) < 0.95
    check_equal(ours, draws, oracle, NAMES)


@pytest.mark.parametrize(("written", "measure"), [(BOX_LABELS, BOXES), (MASK_LABELS, MASKS)])
def test_equal_to_pycocotools_on_photographs(written: ObjectFormat, measure: Measure) -> None:
    truths, names, shapes = of_coco(written)
    truths = dict(islice(truths.items(), 40))
    detections = {}
    for name, labels in truths.items():
        scores = np.linspace(0.9, 0.1, len(labels))
        shifted = found((labels.boxes + 3).tolist(), scores.tolist(), labels.class_ids.tolist())
        if labels.masks:
            masks = decode_masks([each["counts"].decode() for each in labels.masks], shapes[name])
            shifted = replace(shifted, masks=np.roll(masks, 3, axis=2))
        detections[name] = shifted
    oracle = judged_by_pycocotools(truths, detections, names, measure, shapes)
    check_equal(*measured(truths, detections, names, measure, shapes=shapes), oracle, names)


@pytest.mark.parametrize("shape", ["boxes", "17 keypoints", "rotated"])
def test_a_draw_is_the_evaluation_of_the_images_drawn(shape: str) -> None:
    """Without ties, which copies interleave."""
    measure, _ = MEASURES[shape]
    truths = labelled_images(7)
    rng = np.random.default_rng(1)
    detections = {
        name: replace(each, scores=np.sort(rng.random(len(each), np.float32))[::-1])
        for name, each in scattered(truths, 5).items()
    }
    weights = weights_of(len(truths), 4)
    _, draws = measured(truths, detections, NAMES, measure, weights=weights)
    for row, values in zip(weights, draws.drawn, strict=True):
        copies = [(name, i) for name, n in zip(truths, row, strict=True) for i in range(n)]
        some = {f"{name}-{i}": truths[name] for name, i in copies}
        mine = {f"{name}-{i}": detections[name] for name, i in copies}
        oracle = judged_by_pycocotools(some, mine, NAMES, measure)
        precision = oracle.eval["precision"][:, :, :, 0, -1]
        known = precision[:, :, (precision > -1).all(axis=(0, 1))]
        assert values == pytest.approx([known.mean(), known[0].mean()], abs=1e-12)


def test_keypoints_are_as_similar_as_for_ultralytics() -> None:
    measure = keypoint_measure(17)
    truths = labelled_images(3)
    for name, detections in scattered(truths, 4).items():
        labels = truths[name]
        if not len(labels) or labels.keypoints is None or detections.keypoints is None:
            continue
        theirs = kpt_iou(
            torch.from_numpy(labels.keypoints),
            torch.from_numpy(detections.keypoints.astype(np.float64)),
            torch.from_numpy(labels.areas),
            list(measure.sigmas),
        ).T.numpy()
        ours = measure.overlaps(measure.detected(detections, SHAPE), labels)
        known = (labels.keypoints[..., 2] > 0).any(axis=1)
        np.testing.assert_allclose(ours[:, known], theirs[:, known], atol=1e-6)


@pytest.mark.parametrize("shape", [*MEASURES, "probabilistic"])
def test_what_finds_an_object_is_what_ultralytics_says(shape: str) -> None:
    """Without crowds and without equal overlaps; oriented boxes by Ultralytics' own overlaps."""
    measure, keypoints = (MEASURES | {"probabilistic": (PROBABILISTIC, 17)})[shape]
    truths = labelled_images(11, keypoints)
    validator = BaseValidator.__new__(BaseValidator)
    validator.iouv = torch.from_numpy(IOU_THRESHOLDS)
    for name, detections in scattered(truths, 12, keypoints).items():
        labels = truths[name]
        overlap = measure.overlaps(measure.detected(detections, SHAPE), labels)
        nobody = np.zeros(len(labels), bool)
        ours = assign_labels(overlap, IOU_THRESHOLDS, crowd=nobody, ignored=nobody) >= 0
        same = torch.zeros(len(detections)), torch.zeros(len(labels))
        theirs = overlap.T
        if measure is PROBABILISTIC and labels.oriented is not None:
            theirs = batch_probiou(labels.oriented.astype(np.float32), detections.oriented).numpy()
        found = validator.match_predictions(*same, torch.from_numpy(theirs)).numpy()
        np.testing.assert_array_equal(ours.T, found)


@pytest.mark.parametrize("seed", [5, 11])
def test_the_accuracy_of_oriented_boxes_is_that_of_val_but_for_interpolation(seed: int) -> None:
    """``ap_per_class`` integrates a curve of which the evaluators take the mean of 101 points."""
    validator = BaseValidator.__new__(BaseValidator)
    validator.iouv = torch.from_numpy(IOU_THRESHOLDS)
    truths = {
        name: replace(labels, crowd=np.zeros(len(labels), bool))
        for name, labels in labelled_images(seed).items()
    }
    detections = scattered(truths, seed + 1)
    collector = ScoreCollector([*truths.values()], PROBABILISTIC)
    hits = []
    for position, (name, labels) in enumerate(truths.items()):
        mine = detections[name]
        shown = Detected(mine.scores, mine.class_ids, PROBABILISTIC.detected(mine, SHAPE))
        overlap = PROBABILISTIC.overlaps(shown.shapes, labels)
        collector.add(position, shown, overlap, labels)
        if not len(labels) or labels.oriented is None:
            hits.append(np.zeros((len(mine), len(IOU_THRESHOLDS)), bool))
            continue
        theirs = batch_probiou(labels.oriented.astype(np.float32), mine.oriented)
        classes = torch.from_numpy(mine.class_ids), torch.from_numpy(labels.class_ids)
        hits.append(validator.match_predictions(*classes, theirs).numpy())
    found = [np.concatenate([getattr(each, key) for each in detections.values()])
             for key in ("scores", "class_ids")]  # fmt: skip
    labelled = np.concatenate([labels.class_ids for labels in truths.values()])
    precision = ap_per_class(np.concatenate(hits), *found, labelled)[5]
    expected = precision.mean(), precision[:, 0].mean()
    assert plain_precision(collector.results(), NAMES).values == pytest.approx(expected, abs=0.01)


def test_without_an_evaluator_the_values_are_the_same() -> None:
    truths = labelled_images(5)
    detections = scattered(truths, 6)
    collector = ScoreCollector([*truths.values()], ROTATED)
    for position, (name, labels) in enumerate(truths.items()):
        mine = detections[name]
        shown = Detected(mine.scores, mine.class_ids, ROTATED.detected(mine, SHAPE))
        collector.add(position, shown, ROTATED.overlaps(shown.shapes, labels), labels)
    ours = plain_precision(collector.results(), NAMES)
    evaluated, _ = measured(truths, detections, NAMES, ROTATED)
    assert ours.values == pytest.approx(evaluated.values, abs=1e-12)
    for name in ("cat", "dog", "bird"):
        assert ours.classes[name] == pytest.approx(evaluated.classes[name], abs=1e-12)


def test_perfect_and_empty_detections() -> None:
    truths = {"a": truth([[0, 0, 50, 50], [60, 60, 90, 90]], [0, 1]), "b": truth([], [])}
    perfect = {"a": found(truths["a"].boxes.tolist(), [0.9, 0.8], [0, 1]), "b": found([], [], [])}
    nothing = {"a": found([], [], []), "b": found([], [], [])}
    weights = weights_of(2, 100)
    all_found, one = measured(truths, perfect, NAMES, weights=weights)
    empty, other = measured(truths, nothing, NAMES, weights=weights)
    assert all_found.values == pytest.approx((1, 1), abs=1e-12)
    assert empty.values == (0, 0)
    assert empty.sizes["large"] is None, "no large object is labelled"
    nothing_lost = AccuracyLoss(difference=0, interval=(0, 0), percent=0, percent_interval=(0, 0))
    assert accuracy_losses(one, one) == dict.fromkeys(PAIR, nothing_lost)
    assert accuracy_losses(one, other)["mAP50"].percent == 100
    gained = accuracy_losses(other, one)["mAP50"]
    assert (gained.difference, gained.percent, gained.percent_interval) == (1, None, None)


@pytest.mark.parametrize(
    ("box", "class_id", "kind", "fate"),
    [
        ([0, 0, 100, 100], 0, None, "found"),
        ([0, 0, 100, 100], 1, "class", "wrong class"),
        ([0, 0, 100, 40], 0, "location", "badly placed"),
        ([0, 0, 100, 40], 1, "class and location", "missed"),
        ([300, 300, 400, 400], 0, "background", "missed"),
    ],
)
def test_mistakes_are_sorted(box: list[int], class_id: int, kind: str | None, fate: str) -> None:
    result = sorted_image(found([box], [0.9], [class_id]), truth([[0, 0, 100, 100]], [0]))
    assert result.mistakes == Counter([kind] if kind else [])
    assert result.fates == [fate]


def test_a_second_detection_of_an_object_is_a_duplicate_and_a_crowd_forgives() -> None:
    boxes = [[0, 0, 100, 100], [0, 0, 99, 99], [200, 200, 240, 240]]
    labels = truth([[0, 0, 100, 100], [180, 180, 400, 400]], [0, 0], [0, 1])
    result = sorted_image(found(boxes, [0.9, 0.8, 0.7], [0, 0, 0]), labels)
    assert (result.found, result.mistakes, result.fates) == (1, Counter(["duplicate"]), ["found"])


def test_what_moves_between_two_arms() -> None:
    labels = truth([[0, 0, 100, 100], [200, 0, 300, 100]], [0, 1])
    one, other = ErrorCounts(), ErrorCounts()
    one.add("a", sorted_image(found(labels.boxes.tolist(), [0.9, 0.8], [0, 1]), labels))
    other.add("a", sorted_image(found([labels.boxes[0].tolist()], [0.9], [1]), labels))
    table = moved(one.fates, other.fates)
    assert table["found"] == {"found": 0, "wrong class": 1, "badly placed": 0, "missed": 1}
    assert one.results().precision == one.results().recall == 1
    assert ErrorCounts().results().precision is None
