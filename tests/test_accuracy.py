"""Accuracy: equal to pycocotools, mistakes sorted as TIDE does, labels read from both formats."""

import contextlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.accuracy.bootstrap import accuracy_losses, resample, weights_of
from parity.accuracy.error_types import ErrorCounts, moved, sort_image
from parity.accuracy.mean_average_precision import (
    as_dataset,
    as_rows,
    check_measurable,
    mean_average_precision,
)
from parity.accuracy.resampled_precision import score_classes
from parity.accuracy.results import AccuracyLoss
from parity.data.labels import Truth, load_labels
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.errors import UserError
from tests.conftest import SHARED

NAMES = dict(enumerate(["cat", "dog", "bird", "fish"]))
COCO = SHARED / "data" / "coco"


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


def scattered(truths: dict[str, Truth], classes: int, seed: int) -> dict[str, Detections]:
    """Return detections around labels: shifted, doubled, of a wrong class, invented, tied."""
    rng = np.random.default_rng(seed)
    detections = {}
    for name, each in truths.items():
        boxes = np.repeat(each.boxes, 3, axis=0)
        boxes = boxes + rng.normal(0, 12, boxes.shape)
        invented = rng.uniform(0, 400, (6, 4))
        boxes = np.concatenate([boxes, invented])
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 2)
        class_ids = np.concatenate([np.repeat(each.class_ids, 3), rng.integers(0, classes, 6)])
        wrong = rng.random(len(boxes)) < 0.2
        class_ids[wrong] = rng.integers(0, classes, wrong.sum())
        scores = np.round(rng.random(len(boxes)), 2)
        order = np.argsort(-scores, kind="stable")[:300]
        detections[name] = found(boxes[order], scores[order], class_ids[order])
    return detections


def synthetic() -> dict[str, Truth]:
    rng = np.random.default_rng(7)
    truths = {}
    for i in range(20):
        corners = rng.uniform(0, 300, (rng.integers(0, 8), 2))
        boxes = np.concatenate([corners, corners + rng.uniform(5, 250, corners.shape)], axis=1)
        crowd = (rng.random(len(boxes)) < 0.15).tolist()
        truths[f"{i}.jpg"] = truth(boxes, rng.integers(0, 3, len(boxes)), crowd)
    return truths


def of_coco() -> tuple[dict[str, Truth], dict[int, str]]:
    if not COCO.is_dir():
        pytest.skip(f"the labelled photographs are not at {COCO}")
    document = json.loads((COCO / "instances.json").read_text())
    names = dict(enumerate(c["name"] for c in document["categories"]))
    shapes = {i["file_name"]: (i["height"], i["width"]) for i in document["images"]}
    return dict(load_labels(COCO / "instances.json", shapes, names).images), names


def judged_by_pycocotools(
    truths: dict[str, Truth], detections: dict[str, Detections], names: dict[int, str], **own: Any
) -> Any:
    """Return COCOeval after its evaluation, with parameters of its own."""
    from pycocotools import coco, cocoeval

    labelled = coco.COCO()
    labelled.dataset = as_dataset(truths, names)
    with contextlib.redirect_stdout(None):
        labelled.createIndex()
        found_in = labelled.loadRes(as_rows(detections, list(truths)))
        oracle = cocoeval.COCOeval(labelled, found_in, "bbox")
        for name, value in own.items():
            setattr(oracle.params, name, value)
        oracle.evaluate()
        oracle.accumulate()
        oracle.summarize()
    return oracle


@pytest.mark.parametrize("source", ["synthetic", "coco"])
def test_equal_to_pycocotools(source: str) -> None:
    truths, names = (synthetic(), NAMES) if source == "synthetic" else of_coco()
    detections = scattered(truths, len(names), 3)
    oracle = judged_by_pycocotools(truths, detections, names)
    ours = mean_average_precision(detections, truths, names)
    values = [ours.map, ours.map50, *(ours.sizes[size] for size in ("small", "medium", "large"))]
    assert values == pytest.approx(oracle.stats[[0, 1, 3, 4, 5]], abs=1e-6)
    precision = oracle.eval["precision"][:, :, :, 0, 2]
    for c, name in names.items():
        if name in ours.classes:
            assert ours.classes[name].map == pytest.approx(precision[:, :, c].mean(), abs=1e-6)
    drawn = resample(score_classes(detections, truths), weights_of(len(truths), 5))
    assert drawn.plain == pytest.approx(oracle.stats[:2], abs=1e-6), "what is resampled agrees"


def test_a_draw_is_the_evaluation_of_the_images_drawn() -> None:
    """Without ties, which copies interleave, and with each recall reached in spite of rounding."""
    truths = synthetic()
    rng = np.random.default_rng(1)
    detections = {
        name: replace(each, scores=np.sort(rng.random(len(each), np.float32))[::-1])
        for name, each in scattered(truths, 3, 5).items()
    }
    weights = weights_of(len(truths), 10)
    drawn = resample(score_classes(detections, truths), weights).drawn
    for row, values in zip(weights, drawn, strict=True):
        copies = [(name, i) for name, n in zip(truths, row, strict=True) for i in range(n)]
        some = {f"{name}-{i}": truths[name] for name, i in copies}
        mine = {f"{name}-{i}": detections[name] for name, i in copies}
        recalls = np.linspace(0, 1, 101) - 1e-9
        oracle = judged_by_pycocotools(some, mine, NAMES, recThrs=recalls)
        assert values == pytest.approx(oracle.stats[:2], abs=1e-12)


def test_what_has_no_upright_boxes_is_refused() -> None:
    for task in ("detect", "segment", "pose"):
        check_measurable(NetworkHead(task))
    for task, models in (("obb", "models for oriented boxes"), ("classify", "classification")):
        with pytest.raises(UserError, match=f"accuracy of {models}.* is not measured; leave out"):
            check_measurable(NetworkHead(task))


def test_perfect_and_empty_detections() -> None:
    truths = {"a": truth([[0, 0, 50, 50], [60, 60, 90, 90]], [0, 1]), "b": truth([], [])}
    perfect = {"a": found(truths["a"].boxes.tolist(), [0.9, 0.8], [0, 1]), "b": found([], [], [])}
    nothing = {"a": found([], [], []), "b": found([], [], [])}
    assert mean_average_precision(perfect, truths, NAMES).map == 1
    empty = mean_average_precision(nothing, truths, NAMES)
    assert (empty.map, empty.map50) == (0, 0)
    assert empty.sizes["large"] is None, "no large object is labelled"
    weights = weights_of(2, 100)
    one, other = (resample(score_classes(each, truths), weights) for each in (perfect, nothing))
    nothing_lost = AccuracyLoss(difference=0, interval=(0, 0), percent=0, percent_interval=(0, 0))
    assert accuracy_losses(one, one) == (nothing_lost, nothing_lost)
    assert accuracy_losses(one, other)[0].percent == 100


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
    result = sort_image(found([box], [0.9], [class_id]), truth([[0, 0, 100, 100]], [0]))
    assert result.mistakes == Counter([kind] if kind else [])
    assert result.fates == [fate]


def test_a_second_detection_of_an_object_is_a_duplicate_and_a_crowd_forgives() -> None:
    boxes = [[0, 0, 100, 100], [0, 0, 99, 99], [200, 200, 240, 240]]
    labels = truth([[0, 0, 100, 100], [180, 180, 400, 400]], [0, 0], [0, 1])
    result = sort_image(found(boxes, [0.9, 0.8, 0.7], [0, 0, 0]), labels)
    assert (result.found, result.mistakes, result.fates) == (1, Counter(["duplicate"]), ["found"])


def test_what_moves_between_two_arms() -> None:
    labels = truth([[0, 0, 100, 100], [200, 0, 300, 100]], [0, 1])
    one, other = ErrorCounts(), ErrorCounts()
    one.add("a", found(labels.boxes.tolist(), [0.9, 0.8], [0, 1]), labels)
    other.add("a", found([labels.boxes[0].tolist()], [0.9], [1]), labels)
    table = moved(one.fates, other.fates)
    assert table["found"] == {"found": 0, "wrong class": 1, "badly placed": 0, "missed": 1}
    assert one.results().precision == one.results().recall == 1
    assert ErrorCounts().results().precision is None


def test_yolo_and_coco_labels_say_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("1 0.5 0.5 0.2 0.4\n2 0.1 0.1 0.3 0.1 0.3 0.5\n\n")
    boxes = [[80, 30, 40, 40], [20, 10, 40, 40]]
    document = {
        "images": [{"id": 4, "file_name": "a.jpg"}, {"id": 5, "file_name": "other.jpg"}],
        "categories": [{"id": 9, "name": "dog"}, {"id": 3, "name": "bird"}, {"id": 1, "name": "x"}],
        "annotations": [
            {"image_id": 4, "category_id": 9, "bbox": boxes[0]},
            {"image_id": 4, "category_id": 3, "bbox": boxes[1]},
            {"image_id": 4, "category_id": 1, "bbox": boxes[1]},
            {"image_id": 5, "category_id": 3, "bbox": boxes[1]},
        ],
    }
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(document))
    shapes = {"sub/a.jpg": (100, 200), "b.jpg": (50, 50)}
    yolo, coco = load_labels(folder, shapes, NAMES), load_labels(file, shapes, NAMES)
    for labels in (yolo, coco):
        assert labels.images["sub/a.jpg"].class_ids.tolist() == [1, 2]
        np.testing.assert_allclose(
            labels.images["sub/a.jpg"].boxes, [[80, 30, 120, 70], [20, 10, 60, 50]]
        )
    assert len(yolo.images["b.jpg"]) == 0
    assert yolo.notes == ["Images without a label file, which count as images without objects: 1."]
    assert "b.jpg" not in coco.images
    assert coco.notes == [
        "Images that are not in the labels and are left out: 1.",
        "Boxes left out, since the model does not have their classes (x): 1.",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("9 0.5 0.5 0.2 0.2", "line 1 names class 9, which the model does not have"),
        ("0 0.5 0.5", "line 1 is not a YOLO label"),
        ("0 0.5 0.5 x 1", "line 1 is not a YOLO label"),
        ("", "names no object in any of the 1 images"),
    ],
)
def test_labels_that_cannot_be_used(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(UserError, match=sentence):
        load_labels(tmp_path, {"a.jpg": (100, 100)}, NAMES)
