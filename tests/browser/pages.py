"""Runs that no network made: as many images as a test wants, with names that do harm."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from parity.comparison.differences import compare_batch
from parity.comparison.summary import RESULTS, summarise
from parity.comparison.tuning import SWEEP_RESULTS
from parity.data.batches import Batch
from parity.detection.detection_files import DETECTIONS
from parity.files import read_json, write_json
from parity.planning.config import complete
from parity.provenance import sha256
from parity.reporting.figures.gallery import Sources
from parity.reporting.html.browser import BROWSER, INDEX, write_browser
from parity.reporting.html.page import write_page

HOSTILE = [
    "<img src=x onerror=document.title='harm'>.jpg",
    "quotes \"double\" 'single' `back`.jpg",
    "{x} {{ 7 * 7 }} {% raw %} $(touch harm).jpg",
    "новый снимок 写真 é.jpg",
    "line\nbreak\ttab.jpg",
    "</script><script>document.title='harm'</script>.jpg",
    "[link](javascript:alert(1)) | *bold* _it_.jpg",
    "\u202egpj.exe & co; rm -rf ~.jpg",
    "not utf-8 \udcff.jpg",
]

CLASSES = {
    0: "person",
    1: "<b onmouseover=document.title='harm'>bold</b>",
    2: "quo\"te's",
    3: "line\nbreak",
    4: "</script>",
}

COMPARISONS = {
    "geometry": ("pytorch-rect", "pytorch-square"),
    "runtime-fp32": ("pytorch-square", "onnx-fp32"),
    "deployment-fp32": ("pytorch-rect", "onnx-fp32"),
}

SHAPE = (240, 320)


def made_by(arm: str) -> dict[str, Any]:
    """Return the provenance of an arm."""
    return {
        "arm": arm,
        "thresholds": {"conf": 0.25, "iou": 0.45, "max_det": 300},
        "model_sha256": "0" * 64,
        "imgsz": [640, 640],
        "rect": arm.endswith("rect"),
        "end2end": False,
        "names": {str(number): name for number, name in CLASSES.items()},
        "device": "cpu",
        "versions": {"numpy": "2"},
        "threads": 1,
    }


def detected(number: int, arm: str, *, broken: bool) -> dict[str, list]:
    """Return what an arm reports for an image; a broken runtime loses, adds and renames."""
    random = np.random.default_rng(number)
    many = int(random.integers(1, 6))
    corners = random.uniform(0, 150, (many, 2))
    boxes = np.column_stack([corners, corners + random.uniform(20, 80, (many, 2))])
    scores = np.sort(random.uniform(0.3, 0.99, many))[::-1]
    class_ids = random.integers(0, len(CLASSES), many)
    if arm != "pytorch-rect":
        boxes = boxes + random.normal(0, 0.3, boxes.shape)
    if arm == "onnx-fp32":
        boxes = boxes + random.normal(0, 1.5 if broken else 1e-5, boxes.shape)
        if broken and number % 3 == 0:
            boxes, scores, class_ids = boxes[1:], scores[1:], class_ids[1:]
        if broken and number % 4 == 0:
            class_ids = (class_ids + 1) % len(CLASSES)
        if broken and number % 5 == 0:
            boxes = np.concatenate([boxes, [[5.0, 5, 60, 70]]])
            scores, class_ids = np.append(scores, 0.4), np.append(class_ids, 0)
    return {
        "boxes": boxes.round(4).tolist(),
        "scores": scores.round(6).tolist(),
        "class_ids": class_ids.tolist(),
    }


def make_results(root: Path, names: list[str], *, broken: bool, listed: int) -> dict[str, Any]:
    """Write batch, detections and comparisons of some images; return the results."""
    pixels = np.random.default_rng(0).integers(0, 255, (*SHAPE, 3), np.uint8)
    cv2.imwrite(str(root / "picture.jpg"), cv2.GaussianBlur(pixels, (0, 0), 9))
    (root / "torn.jpg").write_bytes(b"no image")
    torn = len(names) - 1
    images = [
        {"name": name, "path": str(root / ("torn.jpg" if i == torn else "picture.jpg"))}
        for i, name in enumerate(names)
    ]
    digests = [{**image, "sha256": sha256(image["path"])} for image in images]
    write_json(root / "batches" / "00000.json", Batch.SCHEMA, {"images": digests})
    nothing: dict[str, list] = {"boxes": [], "scores": [], "class_ids": []}
    for arm in ("pytorch-rect", "pytorch-square", "onnx-fp32"):
        records = [
            {
                "name": image["name"],
                "sha256": image["sha256"],
                "height": 0 if i == torn else SHAPE[0],
                "width": 0 if i == torn else SHAPE[1],
                "reason": "the file cannot be decoded <as> an image" if i == torn else "",
                "non_finite": 0,
                **(nothing if i == torn else detected(i, arm, broken=broken)),
            }
            for i, image in enumerate(digests)
        ]
        content = {"made_by": made_by(arm), "images": records}
        write_json(root / "detect" / arm / "00000.json", DETECTIONS, content)
    tolerance = {"missing": 0, "extra": 0, "box_px": 0.01, "score": 1e-4}
    settings = {}
    for name, (reference, candidate) in COMPARISONS.items():
        one, other = (root / "detect" / arm / "00000.json" for arm in (reference, candidate))
        compare_batch(one, other, root / "compare" / name / "00000.json", iou=0.5)
        settings[name] = {
            "effect": name.split("-")[0],
            "reference": reference,
            "candidate": candidate,
            "gated": name.startswith("runtime"),
            "tolerance": tolerance,
        }
    found = summarise([], _paths(root, "detect"), _paths(root, "compare"), settings, listed=listed)
    return {"model": "model", "images_note": "", **found}


def _paths(root: Path, kind: str) -> list[str]:
    order = [*COMPARISONS, "pytorch-rect", "pytorch-square", "onnx-fp32"]
    found = sorted(
        root.glob(f"{kind}/*/00000.json"), key=lambda path: order.index(path.parent.name)
    )
    return [str(path) for path in found]


def make_sweep(path: Path) -> None:
    """Write what a sweep found, agreement falling with confidence."""
    conf, iou = [n / 20 for n in range(1, 19)], [0.45, 0.7]
    cells = [
        {"conf": c, "iou": i, "f1": None if c > 0.88 else 1 - c / 4, "mean_iou": 0.9}
        for i in iou
        for c in conf
    ]
    point = {"conf": 0.25, "iou": 0.45, "matched": 3, "missing": 1, "extra": 0, "f1": 0.9}
    comparison = {
        "sentence": "Leave onnx-fp32 at 0.25.",
        "tuning": {"operating": point, "best_conf": point, "best": point},
        "cells": cells,
    }
    content = {
        "images": 9,
        "axes": {"conf": conf, "iou": iou, "operating_conf": 0.25, "operating_iou": 0.45},
        "notes": ["onnx-fp32 finishes its boxes inside the graph."],
        "comparisons": dict.fromkeys(COMPARISONS, comparison),
    }
    write_json(path, SWEEP_RESULTS, content)


def make_page(
    root: Path,
    names: list[str],
    *,
    broken: bool = False,
    worst: int = 20_000,
    repeated: int = 1,
    swept: bool = False,
) -> Path:
    """Write the page of a synthetic run, its images listed several times; return its path."""
    root.mkdir(parents=True, exist_ok=True)
    results = root / "summarise" / "model" / "comparison_results.json"
    write_json(results, RESULTS, make_results(root, names, broken=broken, listed=worst))
    sources = Sources.of(
        [str(root / "batches" / "00000.json")], _paths(root, "detect"), _paths(root, "compare")
    )
    browser = root / "browse" / "model"
    write_browser(read_json(results, RESULTS), sources, worst=worst, destination=browser)
    index = read_json(browser / INDEX, BROWSER)
    rows = [
        row | {"name": f"{n:03d} {row['name']}"} for row in index["images"] for n in range(repeated)
    ]
    if repeated > 1:
        write_json(browser / INDEX, BROWSER, index | {"images": rows, "total": len(rows)})
    plots = root / "plot" / "model" / "comparison_plots.png"
    plots.parent.mkdir(parents=True)
    cv2.imwrite(str(plots), np.full((40, 60, 3), 200, np.uint8))
    inputs = {"results": [str(results)], "browsers": [str(browser)], "plots": [str(plots)]}
    if swept:
        make_sweep(root / "tune" / "model" / "sweep_results.json")
        inputs["sweeps"] = [str(root / "tune" / "model" / "sweep_results.json")]
        inputs["sweep_plots"] = [str(plots)]
    config = complete({"models": {"model": {"weights": "yolo11n.pt"}}})
    page = root / "report" / "index.html"
    write_page(inputs, config=config, page=page, files=root / "report" / "files")
    return page
