"""How well each arm finds what is labelled, and what a conversion costs of that.

Protocol: candidates above the floor of the run go through class-wise suppression at an overlap
of its own (0.7 unless configured), one label a box, at most 300 an image; boxes are held against
the labels by the rules of COCO (ten overlaps from 0.5 to 0.95, 101 recalls, at most 100 boxes of
a class and image, crowds ignored). ``val`` of Ultralytics differs in that it takes candidates
from 0.001, several labels a box, fits images into rectangles by batches, and interpolates
precision its own way.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

from parity.accuracy.bootstrap import Draws, cost, draw, weights_of
from parity.accuracy.coco import score_classes
from parity.accuracy.error_types import OperatingPoint, moved
from parity.comparison.summary import by_folder
from parity.data.labels import Labels, Truth, load_labels
from parity.detection.candidate_files import CandidateBatch
from parity.detection.detection_files import load_detections
from parity.detection.detections import Detections
from parity.detection.postprocess import detect
from parity.errors import UserError
from parity.files import write_json

ACCURACY = "accuracy/1"
MAX_DET = 300
SIZES = ("all", "small", "medium", "large")
NOWHERE = np.array([[1, -9, -9, 1, 1, 0, 1]], np.float64)
"""A detection that finds nothing; evaluators refuse to work without any."""


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


def evaluate(
    detections: Mapping[str, Detections], truths: Mapping[str, Truth], names: Mapping[int, str]
) -> dict[str, Any]:
    """Return the mean average precision of an arm, by size and by class.

    Returns
    -------
    dict
        ``map`` and ``map50``; ``sizes`` with the mAP50-95 of small (below 32² px), medium and
        large (from 96² px) objects; ``classes`` with ``map``, ``map50`` and ``objects``. None
        where nothing is labelled.
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
    classes = {
        name: {
            "map": _mean(precision[:, :, c, 0]),
            "map50": _mean(precision[0, :, c, 0]),
            "objects": int(objects[c]),
        }
        for c, name in sorted(names.items())
        if objects[c]
    }
    return {
        "map": _mean(precision[:, :, :, 0]),
        "map50": _mean(precision[0, :, :, 0]),
        "sizes": {
            size: _mean(precision[:, :, :, i]) for i, size in enumerate(SIZES) if size != "all"
        },
        "classes": classes,
    }


def _mean(precision: np.ndarray) -> float | None:
    valid = precision[precision > -1]
    return float(valid.mean()) if valid.size else None


def ranked(paths: list[str], iou: float, wanted: Labels) -> tuple[dict[str, Detections], float]:
    """Return what suppression leaves of all candidates of an arm, by image, and their floor."""
    detections, floor = {}, 0.0
    for path in paths:
        batch = CandidateBatch.load(path)
        made_by = batch.made_by
        floor = max(made_by["floor"], (made_by.get("baked") or {}).get("conf", 0.0))
        for image in batch.images:
            if image.name in wanted.images:
                detections[image.name] = detect(
                    image,
                    conf=floor,
                    iou=iou,
                    max_det=MAX_DET,
                    end2end=made_by["end2end"],
                )
    return detections, floor


def measure(
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
        What to write.
    labels : str
        Source of the labels.
    comparisons : mapping of str to list of str
        Reference and candidate arm by comparison.
    iou : float
        Overlap of the suppression before precision is averaged.
    draws : int
        Draws of the bootstrap.
    """
    by_arm = by_folder(detections)
    first = [load_detections(path) for path in next(iter(by_arm.values()))]
    names = {int(c): name for c, name in first[0]["made_by"]["names"].items()}
    shapes = {
        image["name"]: (image["height"], image["width"])
        for batch in first
        for image in batch["images"]
        if not image["reason"]
    }
    known = load_labels(labels, shapes, names)
    truths = known.images
    weights = weights_of(len(truths), draws)
    arms: dict[str, Any] = {}
    drawn: dict[str, Draws] = {}
    points: dict[str, OperatingPoint] = {}
    for arm, paths in by_folder(candidates).items():
        mine, floor = ranked(paths, iou, known)
        if set(mine) != set(truths):
            raise UserError(f"{arm} and the labels differ in their images; run again.")
        drawn[arm] = draw(score_classes(mine, truths), weights)
        points[arm] = operating_point(by_arm[arm], known)
        interval = dict(zip(("map", "map50"), drawn[arm].interval(), strict=True))
        arms[arm] = {
            **evaluate(mine, truths, names),
            "interval": interval,
            "floor": floor,
            "operating_point": points[arm].as_json(),
        }
    content = {
        "labels": {
            "source": labels,
            "images": len(truths),
            "objects": sum(int(np.count_nonzero(~truth.crowd)) for truth in truths.values()),
            "crowds": sum(int(np.count_nonzero(truth.crowd)) for truth in truths.values()),
            "notes": known.notes,
        },
        "protocol": {"iou": iou, "max_det": MAX_DET, "draws": draws, "says": __doc__},
        "arms": arms,
        "comparisons": {
            name: {
                "reference": reference,
                "candidate": candidate,
                **cost(drawn[reference], drawn[candidate]),
                "moved": moved(points[reference].fates, points[candidate].fates),
            }
            for name, (reference, candidate) in comparisons.items()
        },
    }
    write_json(destination, ACCURACY, content)


def operating_point(paths: list[str], wanted: Labels) -> OperatingPoint:
    """Return what an arm gets right and wrong at the thresholds of its detections files."""
    point = OperatingPoint()
    for path in paths:
        for record in load_detections(path)["images"]:
            if record["name"] in wanted.images:
                name = record["name"]
                point.add(name, Detections.from_json(record), wanted.images[name])
    return point
