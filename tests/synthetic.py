"""A small run with every kind of difference in it, made without any network."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from parity.comparison.differences import ComparisonBatch, MatchingSettings, compare_image
from parity.comparison.results import Results
from parity.comparison.settings import ComparisonSettings, Effect
from parity.comparison.summary import summarise
from parity.comparison.tolerances import Tolerance
from parity.data.batch_files import Batch, BatchImage, slug
from parity.detection.detection_files import DetectionBatch, ImageDetections, MadeBy, Thresholds
from parity.detection.head import NetworkHead
from parity.documents import load, save
from parity.provenance import sha256
from tests.documents import EXPORT

HOSTILE = "a|b`c`<img src=x onerror=alert(1)>\n# *x* [l](http://e.vil) {x}\u202e.png"
NAMES = {0: "person", 1: "car", 2: "<b>|`x`\n$y$"}
GROUND = (90, 160, 90)

Detection = tuple[list[float], float, int]

THRESHOLDS = Thresholds(conf=0.25, iou=0.45, max_det=300)
MATCHING = MatchingSettings(iou=0.5)


@dataclass(frozen=True)
class Run:
    """The files of a run of one model, as the scripts take them."""

    folder: Path
    results: str
    comparisons: list[str]
    detections: list[str]
    batches: list[str]
    images: dict[str, Path] = field(default_factory=dict)

    def load(self) -> Results:
        """Return what ``summarise`` wrote."""
        return load(self.results, Results)


def comparison(
    effect: Effect,
    reference: str,
    candidate: str,
    *,
    gated: bool = False,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - frozen
) -> ComparisonSettings:
    return ComparisonSettings(effect, reference, candidate, gated, tolerance)


EFFECTS = {
    "geometry": comparison("geometry", "pytorch-rect", "pytorch-square"),
    "runtime-fp32": comparison("runtime", "pytorch-square", "onnx-fp32", gated=True),
    "deployment-fp32": comparison("deployment", "pytorch-rect", "onnx-fp32"),
}

PERSON: Detection = ([20.0, 20.0, 60.0, 100.0], 0.9, 0)
MOVED: Detection = ([23.0, 20.0, 60.0, 100.0], 0.85, 0)
NUDGED: Detection = ([23.0, 20.0, 60.0, 100.001], 0.85001, 0)
CAR: Detection = ([100.0, 40.0, 180.0, 110.0], 0.6, 1)
HOSTILE_CAR: Detection = ([100.0, 40.0, 180.0, 110.0], 0.5, 2)

SAME = {
    "pytorch-rect": {"one.png": [PERSON, CAR], HOSTILE: [PERSON], "empty.png": []},
    "pytorch-square": {"one.png": [MOVED, CAR], HOSTILE: [PERSON, CAR], "empty.png": []},
    "onnx-fp32": {"one.png": [NUDGED, CAR], HOSTILE: [PERSON, CAR], "empty.png": []},
}
"""The geometry changes something, the runtime nothing that counts."""

BROKEN = {
    **SAME,
    "onnx-fp32": {"one.png": [HOSTILE_CAR], HOSTILE: [PERSON, MOVED], "empty.png": [CAR]},
}
"""The runtime loses, adds and renames objects."""

NOTHING: dict[str, dict[str, list[Detection]]] = {arm: {"empty.png": []} for arm in SAME}


def make_run(
    folder: Path,
    arms: dict[str, dict[str, list[Detection]]],
    *,
    model: str = "yolo11n",
    settings: dict[str, ComparisonSettings] | None = None,
    reasons: dict[str, dict[str, str]] | None = None,
    note: str = "",
) -> Run:
    """Write everything up to the results of a model.

    Parameters
    ----------
    folder : Path
        Where ``results`` comes to stand.
    arms : dict
        Detections by arm and image; the first arm is the reference.
    model : str
        Name of the model.
    settings : dict, optional
        The comparisons.
    reasons : dict, optional
        By arm, why it could not read an image.
    note : str
        Where the images come from.
    """
    settings = settings or EFFECTS
    root = folder / "results"
    names = list(next(iter(arms.values())))
    images = {name: folder / "pictures" / f"{slug(name)}.png" for name in names}
    for path in images.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((120, 200, 3), GROUND, np.uint8))
    batches = [str(root / "batches" / "00000.json")]
    save(batches[0], Batch([BatchImage(n, str(p), sha256(p)) for n, p in images.items()]))

    detections, records = [], {}
    for arm, found in arms.items():
        failed = (reasons or {}).get(arm, {})
        records[arm] = [
            replace(record(name, found[name], failed.get(name, "")), sha256=sha256(path))
            for name, path in images.items()
        ]
        kind = "onnx" if arm.startswith("onnx") else "pytorch"
        detections.append(str(root / f"detect_{kind}" / model / arm / "00000.json"))
        save(detections[-1], DetectionBatch(made_by(arm), records[arm]))

    comparisons = []
    for name, about in settings.items():
        sides = zip(records[about.reference], records[about.candidate], strict=True)
        compared = [compare_image(ours, theirs, iou=MATCHING.iou) for ours, theirs in sides]
        batch = ComparisonBatch(about.reference, about.candidate, MATCHING, compared)
        comparisons.append(str(root / "compare" / model / name / "00000.json"))
        save(comparisons[-1], batch)

    export = str(root / "export" / model / "fp32.json")
    save(export, EXPORT)
    results = str(root / "summarise" / model / "comparison_results.json")
    gathered = summarise(
        model,
        exports=[export],
        detections=detections,
        comparisons=comparisons,
        settings=settings,
        note=note,
    )
    save(results, gathered)
    return Run(root, results, comparisons, detections, batches, images)


def record(name: str, found: list[Detection], reason: str = "") -> ImageDetections:
    """Return a record of a detections file."""
    boxes, scores, class_ids = ([each[i] for each in found] for i in range(3))
    return ImageDetections(
        name=name,
        sha256="0" * 64,
        height=0 if reason else 120,
        width=0 if reason else 200,
        reason=reason,
        non_finite=0,
        boxes=boxes,
        scores=scores,
        class_ids=class_ids,
    )


def made_by(arm: str, **own: Any) -> MadeBy:
    """Return what a detections file says of its making."""
    known: dict[str, Any] = {
        "thresholds": THRESHOLDS,
        "model_sha256": "ab" * 32,
        "imgsz": (320, 320) if arm.endswith("320") else (640, 640),
        "rect": arm.endswith("rect"),
        "head": NetworkHead(),
        "floor": 0.01,
        "threads": 1,
        "versions": {"numpy": "2.4.6"},
    }
    return MadeBy(**{"arm": arm, "names": NAMES, **known, **own})
