"""Accuracy of arms, from their files and labels to the document: every task."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ultralytics.utils.metrics import ClassifyMetrics

from parity.accuracy.measuring import measure_accuracy, measured_task
from parity.accuracy.results import Accuracy, ArmAccuracy
from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detection_files import (
    DetectionBatch,
    ImageDetections,
    MadeBy,
    Thresholds,
)
from parity.detection.head import NetworkHead
from parity.detection.oriented_boxes import corners_of
from parity.documents import load, save
from parity.errors import UserError
from parity.postprocessing.postprocess import detect
from parity.tasks.task import TASKS
from tests.documents import network_run

SIDE = 64
"""Of images and inputs, px, so that what a network returns is in px of the image."""

NAMES = {0: "cat", 1: "dog", 2: "bird", 3: "cow", 4: "ape", 5: "elk", 6: "fox"}
BOXES = {"a.jpg": [[8, 8, 32, 40], [34, 22, 54, 52]], "b.jpg": [[14, 18, 44, 48]], "c.jpg": []}
CLASSES: dict[str, list[int]] = {"a.jpg": [0, 1], "b.jpg": [1], "c.jpg": []}
"""Of the objects; of an image, the first is its class."""
TURN = 0.3
POINTS = np.array([[0.25, 0.25], [0.75, 0.5], [0.5, 0.75]])
"""Keypoints as shares of a box."""

METRICS = {
    "detect": ["mAP50-95", "mAP50"],
    "segment": ["mask mAP50-95", "mask mAP50", "box mAP50-95", "box mAP50"],
    "pose": ["keypoint mAP50-95", "keypoint mAP50", "box mAP50-95", "box mAP50"],
    "obb": [
        *("rotated mAP50-95", "rotated mAP50"),
        *("probabilistic mAP50-95", "probabilistic mAP50"),
    ],
    "classify": ["top-1", "top-5"],
}
RIGHT, WRONG = "pytorch-square", "onnx-fp32"


NOTHING = {
    "segment": {"masks": np.zeros((0, SIDE, SIDE), np.uint8)},
    "pose": {"keypoints": np.zeros((0, len(POINTS), 3), np.float32)},
    "obb": {"oriented": np.zeros((0, 5), np.float32)},
}
"""What PyTorch reports where it finds nothing."""


def head_of(task: str) -> NetworkHead:
    return NetworkHead(task, keypoint_shape=(len(POINTS), 3) if task == "pose" else None)


def centred(name: str) -> np.ndarray:
    boxes = np.array(BOXES[name], np.float32).reshape(-1, 4)
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)


def keypoints_of(name: str) -> np.ndarray:
    """Return the keypoints of the objects in an image, (N, K, 2)."""
    boxes = np.array(BOXES[name], np.float32).reshape(-1, 4)
    return boxes[:, None, :2] + POINTS * (boxes[:, 2:] - boxes[:, :2])[:, None]


def decoded(task: str, name: str, shift: float) -> Candidates:
    """Return what a network would find in an image: the labels, some px beside them."""
    if task == "classify":
        (decisive, *_), best = [*CLASSES[name], 0], np.linspace(0.004, 0.001, len(NAMES))
        rank = 2 if shift else 0
        order = [c for c in NAMES if c != decisive]
        order.insert(rank, decisive)
        probabilities = np.zeros(len(NAMES), np.float32)
        probabilities[order] = best
        return TASKS["classify"].decode((probabilities,), 0.01, len(NAMES))
    boxes = centred(name) + np.array([shift, 0, 0, 0], np.float32)
    count = len(boxes)
    found = Candidates(
        boxes, np.linspace(0.9, 0.8, count, dtype=np.float32), np.array(CLASSES[name], np.int32)
    )
    if task == "segment":
        prototypes = np.ones((1, SIDE // 4, SIDE // 4), np.float32)
        return replace(found, extras=np.ones((count, 1), np.float32), prototypes=prototypes)
    if task == "pose":
        points = keypoints_of(name) + np.array([shift, 0])
        seen = np.ones((*points.shape[:2], 1))
        triples = np.concatenate([points, seen], axis=2).reshape(count, 9)
        return replace(found, extras=triples.astype(np.float32))
    if task == "obb":
        return replace(found, extras=np.full((count, 1), TURN, np.float32))
    return found


def write_arm(folder: Path, task: str, arm: str, shift: float) -> tuple[str, str]:
    """Write candidates and detections of an arm; return their paths."""
    run = network_run(names=NAMES, head=head_of(task))
    images = [
        ImageCandidates(name, name, (SIDE, SIDE), (SIDE, SIDE), "", decoded(task, name, shift))
        for name in BOXES
    ]
    paths = [folder / kind / arm / f"0.{suffix}" for kind, suffix in (("c", "npz"), ("d", "json"))]
    for path in paths:
        path.parent.mkdir(parents=True)
    CandidateBatch(run, images).save(paths[0])
    thresholds = Thresholds(0.25, 0.45, 300)
    made_by = MadeBy.network(arm, thresholds, run)
    found = [detect(image, **vars(thresholds), head=run.head) for image in images]
    found = [each if len(each) else replace(each, **NOTHING.get(task, {})) for each in found]
    records = [ImageDetections.of(*each) for each in zip(images, found, strict=True)]
    save(paths[1], DetectionBatch(made_by, records))
    return str(paths[0]), str(paths[1])


def write_text(folder: Path, task: str) -> Path:
    """Write the labels as Ultralytics wants them for a task."""
    for name, classes in CLASSES.items():
        if task == "classify":
            for c in classes[:1]:
                (folder / NAMES[c]).mkdir(parents=True, exist_ok=True)
                (folder / NAMES[c] / name).touch()
            continue
        boxes = centred(name)
        corners = corners_of(np.column_stack([boxes, np.full(len(boxes), TURN)]))
        upright = corners_of(np.column_stack([boxes, np.zeros(len(boxes))]))
        points = keypoints_of(name) / SIDE
        seen = np.full((*points.shape[:2], 1), 2.0)
        rows = {
            "detect": boxes / SIDE,
            "segment": upright.reshape(-1, 8) / SIDE,
            "pose": np.column_stack(
                [boxes / SIDE, np.concatenate([points, seen], axis=2).reshape(-1, 9)]
            ),
            "obb": corners.reshape(-1, 8) / SIDE,
        }[task]
        numbered = zip(classes, rows.tolist(), strict=True)
        lines = [" ".join(map(str, [c, *row])) for c, row in numbered]
        folder.mkdir(exist_ok=True)
        (folder / name).with_suffix(".txt").write_text("\n".join(lines))
    return folder


def write_coco(path: Path, task: str) -> Path:
    """Write the labels as COCO does."""
    annotations = []
    for number, name in enumerate(BOXES):
        boxes = centred(name)
        corners = corners_of(np.column_stack([boxes, np.full(len(boxes), TURN)]))
        upright = corners_of(np.column_stack([boxes, np.zeros(len(boxes))]))
        points = keypoints_of(name)
        triples = np.concatenate([points, np.full((*points.shape[:2], 1), 2)], axis=2)
        for i, (x1, y1, x2, y2) in enumerate(BOXES[name][: 1 if task == "classify" else None]):
            outline = (corners if task == "obb" else upright)[i].ravel().tolist()
            annotations.append(
                {
                    "image_id": number,
                    "category_id": CLASSES[name][i],
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "segmentation": [outline],
                    "keypoints": triples[i].ravel().tolist(),
                }
            )
    document = {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(BOXES)],
        "categories": [{"id": c, "name": name} for c, name in NAMES.items()],
        "annotations": annotations,
    }
    path.write_text(json.dumps(document))
    return path


def measured(folder: Path, task: str, labels: Path) -> Accuracy:
    """Return the accuracy of an arm that is right and of one that is a little wrong."""
    beside = 10 if task == "pose" else 3
    files = [write_arm(folder, task, arm, shift) for arm, shift in ((RIGHT, 0), (WRONG, beside))]
    measure_accuracy(
        [one for one, _ in files],
        [other for _, other in files],
        folder / "accuracy.json",
        labels=str(labels),
        comparisons={"runtime-fp32": [RIGHT, WRONG]},
        iou=0.7,
        draws=100,
    )
    return load(folder / "accuracy.json", Accuracy)


def values(arm: ArmAccuracy) -> dict[str, float | None]:
    return {name: metric.value for name, metric in arm.metrics.items()}


@pytest.mark.parametrize("task", METRICS)
def test_both_kinds_of_labels_measure_every_task(tmp_path: Path, task: str) -> None:
    text = measured(tmp_path / "text", task, write_text(tmp_path / "labels", task))
    coco = measured(tmp_path / "coco", task, write_coco(tmp_path / "labels.json", task))
    for found in (text, coco):
        assert values(found.arms[RIGHT]) == pytest.approx(dict.fromkeys(METRICS[task], 1.0))
        assert [*values(found.arms[WRONG])] == METRICS[task]
        assert found.metric == METRICS[task][0]
        assert (found.labels.images, found.labels.objects) == (
            (2, 2) if task == "classify" else (3, 3)
        )
        assert found.arms[WRONG].classes.keys() == {"cat", "dog"}
        loss = found.comparisons["runtime-fp32"].losses[found.metric]
        assert loss.percent is not None
        assert loss.percent > 20
        assert loss.interval[0] <= loss.difference <= loss.interval[1]
    assert values(text.arms[WRONG]) == pytest.approx(values(coco.arms[WRONG]), abs=1e-6)


@pytest.mark.parametrize(("task", "crowd"), [("pose", 0), ("detect", 1)])
def test_labels_of_which_none_counts_are_refused(tmp_path: Path, task: str, crowd: int) -> None:
    path = write_coco(tmp_path / "labels.json", task)
    document = json.loads(path.read_text())
    for each in document["annotations"]:
        each["iscrowd"] = crowd
        each["keypoints"] = [0] * len(each["keypoints"])
    path.write_text(json.dumps(document))
    with pytest.raises(UserError, match="none of the 3 labelled objects counts"):
        measured(tmp_path, task, path)


def test_masks_of_the_input_are_judged_as_masks_of_the_image(tmp_path: Path) -> None:
    found = measured(tmp_path, "segment", write_text(tmp_path / "labels", "segment"))
    point = found.arms[RIGHT].operating_point
    assert point is not None
    assert (point.precision, point.recall, point.objects) == (1, 1, 3)


def test_the_five_most_probable_labels_are_those_of_ultralytics(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.full(200, 0.3), 60).astype(np.float32)
    truths = rng.integers(0, 200, 60)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :5]
    truths[:20] = best[np.arange(20), rng.integers(0, 2, 20)]
    names = {c: f"class {c}" for c in range(200)}
    run = network_run(names=names, head=NetworkHead("classify"), floor=0.2)
    decode = TASKS["classify"].decode
    images = [
        ImageCandidates(f"{i}.jpg", "", (9, 9), (9, 9), "", decode((row,), 0.2, 200))
        for i, row in enumerate(probabilities)
    ]
    paths = [tmp_path / kind / "arm" / "0" for kind in "cd"]
    for path in paths:
        path.parent.mkdir(parents=True)
    CandidateBatch(run, images).save(paths[0])
    found = [
        ImageDetections.of(image, detect(image, conf=0.25, iou=1, max_det=300, head=run.head))
        for image in images
    ]
    save(paths[1], DetectionBatch(MadeBy.network("arm", Thresholds(0.25, 1, 300), run), found))
    for image, c in zip(images, truths, strict=True):
        (tmp_path / "labels" / names[int(c)]).mkdir(parents=True, exist_ok=True)
        (tmp_path / "labels" / names[int(c)] / image.name).touch()
    measure_accuracy(
        [str(paths[0])],
        [str(paths[1])],
        tmp_path / "out.json",
        labels=str(tmp_path / "labels"),
        comparisons={},
        iou=0.7,
        draws=200,
    )
    metrics = load(tmp_path / "out.json", Accuracy).arms["arm"].metrics
    oracle = ClassifyMetrics()
    oracle.process([torch.from_numpy(truths)], [torch.from_numpy(best)])
    assert 0.1 < oracle.top1 < oracle.top5 < 0.6
    for name, value in (("top-1", oracle.top1), ("top-5", oracle.top5)):
        metric = metrics[name]
        assert metric.value == pytest.approx(value, abs=1e-6)
        spread = (value * (1 - value) / 60) ** 0.5
        assert metric.interval == pytest.approx((value - 2 * spread, value + 2 * spread), abs=0.04)


def test_a_task_that_nobody_measures_is_refused() -> None:
    TASKS.add("other", replace(TASKS["detect"], models="other models"))
    try:
        with pytest.raises(UserError, match="accuracy of other models is not measured; leave out"):
            measured_task("other")
    finally:
        del TASKS._entries["other"]
