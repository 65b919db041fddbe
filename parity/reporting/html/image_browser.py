"""What the page's image browser shows: copies of the worst images and what was found in them.

A page that is opened from disk may not read files, but it may run them. So the detections come as
small scripts of a few images each, which the page asks for when it needs them.
"""

import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np

from parity.comparison.differences import DetectionPair, ImageComparison
from parity.comparison.judgement import judge
from parity.comparison.results import ImageDifferences, ImageResults, Results
from parity.comparison.tolerances import Tolerance
from parity.data.batch_files import BatchImage, check_unchanged, slug
from parity.data.reading import read_image
from parity.detection.detection_files import ImageDetections
from parity.detection.outlines import outlines_of
from parity.documents import save
from parity.errors import UnreadableImageError, printable
from parity.files import atomic_folder, write_sealed
from parity.progress import reported
from parity.reporting.figures.drawing import write_jpeg
from parity.reporting.html.drawn_shapes import drawn_outline
from parity.reporting.image_records import ImageRecord, Sources
from parity.reporting.task_wording import words_of
from parity.reporting.verdict import image_verdict, objects_by_kind

log = logging.getLogger(__name__)

BROWSER_INDEX = "browser.json"

PHOTO_PX, PHOTO_QUALITY = 1280, 82
THUMBNAIL_PX, THUMBNAIL_QUALITY = 160, 72
IMAGES_PER_SCRIPT = 25

COUNTED_KINDS = ("missing", "extra", "flipped", "unread")
"""Kinds of difference that are counted; those of the quantities of the task follow."""


def kinds_of(task: str) -> tuple[str, ...]:
    """Return the kinds of difference of a task."""
    return (*COUNTED_KINDS, *words_of(task).quantities)


Measured = tuple[int, int, int, int, int, int, tuple[float | None, ...]]
"""Matched, missing, extra, flipped, whether it passed, kinds of difference as bits (bit i stands
for the i-th kind), and the largest differences, which have three digits; one that is not finite is
None."""


@dataclass(frozen=True)
class BrowserRow:
    """An image in the browser's table."""

    name: str
    """Printable."""
    photo: str
    """What the names of its copies share; empty if it cannot be shown."""
    size: tuple[int, int]
    """Width and height, px."""
    verdict: str
    """See :func:`parity.reporting.verdict.image_verdict`."""
    classes: list[int]
    """Ids in any arm."""
    measured: list[Measured | None]
    """By comparison, in the order of the results; None where the image was not compared."""


@dataclass(frozen=True)
class BrowserIndex:
    """What the browser knows before it loads anything: the worst images of a model."""

    SCHEMA: ClassVar[str] = "browser/2"

    model: str
    images_per_script: int
    """Images whose detections are in one script."""
    total: int
    """Images of the run."""
    kinds: tuple[str, ...]
    """What the bits of the rows stand for; those that are not counted are measured."""
    images: list[BrowserRow]
    """The worst first."""


def write_browser(
    results: Results, sources: Sources, *, worst: int, destination: str | Path
) -> None:
    """Write what the browser needs to show the worst images of a model.

    ``browser.json`` holds a :class:`BrowserIndex`. ``details_<number>.js`` call
    ``parity.receive(model, number, images)`` with what :func:`drawn_details` returns.
    ``photo_<image>.jpg`` and ``thumbnail_<image>.jpg`` are copies of the image.

    Parameters
    ----------
    results : Results
        What ``summarise`` wrote for the model.
    sources : Sources
        Files of the model.
    worst : int
        So many images are shown at most.
    destination : str or Path
        The folder; what is there is replaced as a whole.
    """
    chosen = {image.name: image for image in results.images[:worst]}
    rows: dict[str, BrowserRow] = {}
    details: dict[str, dict[str, Any]] = {}
    with atomic_folder(destination) as folder:
        records = sources.records(chosen)
        for record in reported(records, len(chosen), "images copied"):
            name = record.image.name
            rows[name] = row_of(chosen[name], record, results, copy_image(record.image, folder))
            details[name] = drawn_details(record.arms, record.comparisons)
        ordered = [name for name in chosen if name in rows]
        for start in range(0, len(ordered), IMAGES_PER_SCRIPT):
            few = [details[name] for name in ordered[start : start + IMAGES_PER_SCRIPT]]
            number = start // IMAGES_PER_SCRIPT
            script = f"parity.receive({json.dumps(results.model)}, {number}, {json.dumps(few)});"
            write_sealed(folder / f"details_{number:04d}.js", f"{script}\n".encode())
        index = BrowserIndex(
            model=results.model,
            images_per_script=IMAGES_PER_SCRIPT,
            total=results.images_total,
            kinds=kinds_of(results.task),
            images=[rows[name] for name in ordered],
        )
        save(folder / BROWSER_INDEX, index)


def row_of(summary: ImageResults, record: ImageRecord, results: Results, photo: str) -> BrowserRow:
    """Return the row of an image in the browser's table.

    Parameters
    ----------
    summary : ImageResults
        Its row in the results.
    record : ImageRecord
        What its arms detect.
    results : Results
        What ``summarise`` wrote for the model.
    photo : str
        What the names of its copies share.
    """
    comparisons = results.comparisons
    gates = {name for name, each in comparisons.items() if each.gated}
    return BrowserRow(
        name=printable(summary.name),
        photo=photo,
        size=(summary.width, summary.height),
        verdict=image_verdict(summary, gates),
        classes=sorted({i for found in record.arms.values() for i in found.class_ids}),
        measured=[
            measured_of(summary.comparisons.get(name), each.tolerance, each.task)
            for name, each in comparisons.items()
        ],
    )


def measured_of(row: ImageDifferences | None, tolerance: Tolerance, task: str) -> Measured | None:
    """Return the numbers of a comparison on one image."""
    if row is None:
        return None
    matched, missing, extra, flipped = objects_by_kind(row).values()
    exceeded = judge(row, tolerance, row.rounding).exceeded
    quantities = words_of(task).quantities
    found = (missing, extra, flipped, row.unread, *(name in exceeded for name in quantities))
    bits = sum(1 << bit for bit, there in enumerate(found) if there)
    differences = tuple(three_digits(row.amount(name)) for name in quantities)
    return (matched, missing, extra, flipped, int(row.passed), bits, differences)


def three_digits(value: float) -> float | None:
    """Return a number of three significant digits; None if it is not finite."""
    return float(f"{value:.3g}") if math.isfinite(value) else None


def drawn_details(
    arms: dict[str, ImageDetections], comparisons: dict[str, ImageComparison]
) -> dict[str, Any]:
    """Return what the browser draws into an image, as JSON.

    Returns
    -------
    dict
        ``reasons`` (why an arm could not read it, by arm); ``arms`` (by arm, detections as x1, y1,
        x2, y2, score, class id, and what :func:`drawn_outline` returns); ``comparisons`` (by
        comparison, ``matched`` and ``flipped`` as reference index, candidate index, IoU, box_px,
        further measures; ``missing`` and ``extra`` as indices).
    """
    return {
        "reasons": {arm: printable(found.reason) for arm, found in arms.items() if found.reason},
        "arms": {
            arm: [
                [*box, score, class_id, *drawn_outline(outline)]
                for box, score, class_id, outline in zip(
                    found.boxes, found.scores, found.class_ids, outlines_of(found), strict=True
                )
            ]
            for arm, found in arms.items()
        },
        "comparisons": {
            name: {
                "matched": [_pair(pair) for pair in found.matched],
                "flipped": [_pair(pair) for pair in found.flipped],
                "missing": found.missing,
                "extra": found.extra,
            }
            for name, found in comparisons.items()
        },
    }


def _pair(pair: DetectionPair) -> list[Any]:
    measures = {name: three_digits(value) for name, value in pair.measures.items()}
    return [pair.reference, pair.candidate, round(pair.iou, 6), pair.box_px, measures]


def copy_image(image: BatchImage, folder: Path) -> str:
    """Write a photo and a thumbnail of an image; return what their names share, or nothing."""
    try:
        pixels = read_image(image.path)
    except UnreadableImageError as error:
        log.warning("%s gets no picture: %s", printable(image.name), error)
        return ""
    check_unchanged(image)
    name = f"{slug(image.name)}.jpg"
    for kind, longest, quality in (
        ("photo", PHOTO_PX, PHOTO_QUALITY),
        ("thumbnail", THUMBNAIL_PX, THUMBNAIL_QUALITY),
    ):
        pixels = shrunk(pixels, longest)
        write_jpeg(folder / f"{kind}_{name}", pixels, quality=quality)
    return name


def shrunk(pixels: np.ndarray, longest: int) -> np.ndarray:
    """Return an image whose longer side is at most so many px; a smaller one stays as it is."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    returned: np.ndarray = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return returned
