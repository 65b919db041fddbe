"""Runs that no network made: as many images as a test wants, with names that do harm."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from parity.comparison.differences import compare_batch
from parity.comparison.results import Results
from parity.comparison.settings import ComparisonSettings, Effect
from parity.comparison.summary import summarise
from parity.comparison.threshold_grid import Axes
from parity.comparison.tolerances import Tolerance
from parity.comparison.tuning import Cell
from parity.data.batch_files import Batch, BatchImage
from parity.detection.detection_files import DetectionBatch, ImageDetections
from parity.detection.head import NetworkHead
from parity.diagnosis.document import DrawnBoxes, FaultExample
from parity.documents import load, save
from parity.planning.schema import complete
from parity.provenance import sha256
from parity.reporting.html.image_browser import BROWSER_INDEX, BrowserIndex, write_browser
from parity.reporting.html.page import write_page
from parity.reporting.image_records import Sources
from parity.reporting.report import prepare_report
from tests.report_documents import DIAGNOSES, sweep
from tests.synthetic import made_by
from tests.task_detections import with_task

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

COMPARISONS: dict[str, tuple[Effect, str, str]] = {
    "geometry": ("geometry", "pytorch-rect", "pytorch-square"),
    "runtime-fp32": ("runtime", "pytorch-square", "onnx-fp32"),
    "deployment-fp32": ("deployment", "pytorch-rect", "onnx-fp32"),
}

SHAPE = (240, 320)


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


def make_results(
    root: Path, names: list[str], *, broken: bool, listed: int, task: str = "detect"
) -> Results:
    """Write batch, detections and comparisons of some images; return the results."""
    pixels = np.random.default_rng(0).integers(0, 255, (*SHAPE, 3), np.uint8)
    cv2.imwrite(str(root / "picture.jpg"), cv2.GaussianBlur(pixels, (0, 0), 9))
    (root / "torn.jpg").write_bytes(b"no image")
    torn = len(names) - 1
    paths = [root / ("torn.jpg" if i == torn else "picture.jpg") for i in range(len(names))]
    images = [BatchImage(n, str(p), sha256(p)) for n, p in zip(names, paths, strict=True)]
    save(root / "batches" / "00000.json", Batch(images))
    nothing: dict[str, list] = {"boxes": [], "scores": [], "class_ids": []}
    for arm in ("pytorch-rect", "pytorch-square", "onnx-fp32"):
        records = [
            ImageDetections(
                name=image.name,
                sha256=image.sha256,
                height=0 if i == torn else SHAPE[0],
                width=0 if i == torn else SHAPE[1],
                reason="the file cannot be decoded <as> an image" if i == torn else "",
                non_finite=0,
                **(
                    nothing
                    if i == torn
                    else with_task(task, detected(i, arm, broken=broken), SHAPE)
                ),
            )
            for i, image in enumerate(images)
        ]
        batch = DetectionBatch(made_by(arm, names=CLASSES, head=NetworkHead(task=task)), records)
        save(root / "detect" / arm / "00000.json", batch)
    settings = {}
    for name, (effect, reference, candidate) in COMPARISONS.items():
        one, other = (root / "detect" / arm / "00000.json" for arm in (reference, candidate))
        compare_batch(one, other, root / "compare" / name / "00000.json", iou=0.5)
        gated = effect == "runtime"
        settings[name] = ComparisonSettings(effect, reference, candidate, gated, Tolerance())
    return summarise(
        "model",
        exports=[],
        detections=_paths(root, "detect"),
        comparisons=_paths(root, "compare"),
        settings=settings,
        listed=listed,
    )


def _paths(root: Path, kind: str) -> list[str]:
    order = [*COMPARISONS, "pytorch-rect", "pytorch-square", "onnx-fp32"]
    found = sorted(
        root.glob(f"{kind}/*/00000.json"), key=lambda path: order.index(path.parent.name)
    )
    return [str(path) for path in found]


def make_sweep(path: Path) -> None:
    """Write what a sweep found, F1 falling with confidence."""
    conf, iou = tuple(n / 20 for n in range(1, 19)), (0.45, 0.7)
    f1 = [None if c > 0.88 else 1 - c / 4 for c in conf]
    cells = [
        Cell(c, i, 10, 10, 9, 1, 1, each, 0.9)
        for i in iou
        for c, each in zip(conf, f1, strict=True)
    ]
    found = sweep(*COMPARISONS)
    comparison = replace(found.comparisons["geometry"], cells=cells, tuned_f1=[f1] * len(iou))
    axes = Axes(conf, iou, conf, iou, 0.25, 0.45, 300)
    save(path, replace(found, axes=axes, comparisons=dict.fromkeys(COMPARISONS, comparison)))


def misplaced(image: str) -> FaultExample:
    """Return an example in which a box is beside its object."""
    here, there = ([[x, 40.0, x + 60, 90.0]] for x in (60.0, 130.0))
    boxes = (DrawnBoxes(each, [0.9], [0]) for each in (here, there))
    return FaultExample(image, *SHAPE, "misplaced", (40.0, 10.0, 240.0, 160.0), *boxes)


def make_page(
    root: Path,
    names: list[str],
    *,
    broken: bool = False,
    worst: int = 20_000,
    repeated: int = 1,
    swept: bool = False,
    diagnosed: int = 0,
    task: str = "detect",
) -> Path:
    """Write the page of a synthetic run, its images listed several times; return its path."""
    root.mkdir(parents=True, exist_ok=True)
    results = root / "summarise" / "model" / "comparison_results.json"
    save(results, make_results(root, names, broken=broken, listed=worst, task=task))
    sources = Sources.of(
        [str(root / "batches" / "00000.json")], _paths(root, "detect"), _paths(root, "compare")
    )
    browser = root / "browse" / "model"
    write_browser(load(results, Results), sources, worst=worst, destination=browser)
    index = load(browser / BROWSER_INDEX, BrowserIndex)
    rows = [
        replace(row, name=f"{n:03d} {row.name}") for row in index.images for n in range(repeated)
    ]
    if repeated > 1:
        save(browser / BROWSER_INDEX, replace(index, images=rows, total=len(rows)))
    plots = root / "plot" / "model" / "comparison_plots.png"
    plots.parent.mkdir(parents=True)
    cv2.imwrite(str(plots), np.full((40, 60, 3), 200, np.uint8))
    inputs = {"results": [str(results)], "browsers": [str(browser)], "plots": [str(plots)]}
    if swept:
        make_sweep(root / "tune" / "model" / "sweep_results.json")
        inputs["sweeps"] = [str(root / "tune" / "model" / "sweep_results.json")]
        inputs["sweep_plots"] = [str(plots)]
    for number in range(diagnosed):
        path = root / "diagnose" / "model" / f"mine{number}.json"
        shown = DIAGNOSES[number % len(DIAGNOSES)]
        faults = tuple(replace(fault, example=misplaced(names[0])) for fault in shown.faults)
        save(path, replace(shown, external=path.stem, model="model", faults=faults))
        inputs.setdefault("diagnoses", []).append(str(path))
    config = complete({"models": {"model": {"weights": "yolo11n.pt"}}})
    report = root / "report"
    write_page(
        prepare_report(inputs, config),
        page=report / "index.html",
        files=report / "files",
        markdown=report / "analysis_report.md",
    )
    return report / "index.html"
