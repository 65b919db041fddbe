"""What the report's image browser shows: copies of the worst images and what was found in them.

A page that is opened from disk may not read files, but it may run them. So the detections come as
small scripts of a few images each, which the page asks for when it needs them.
"""

import json
import logging
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from parity.comparison.tolerances import Tolerance
from parity.data.batches import BatchImage, check_unchanged, slug
from parity.data.reading import read_image
from parity.errors import UnreadableImageError
from parity.files import write_json
from parity.progress import reported
from parity.reporting.figures.gallery import Sources, atomic_folder
from parity.reporting.views.tables import image_verdict
from parity.reporting.wording import printable

log = logging.getLogger(__name__)

BROWSER = "browser/1"
INDEX = "browser.json"

PHOTO_PX, PHOTO_QUALITY = 1280, 82
THUMBNAIL_PX, THUMBNAIL_QUALITY = 160, 72
IMAGES_PER_SCRIPT = 25

KINDS = ("missing", "extra", "flipped", "boxes", "scores", "unread")
"""Kinds of difference; bit i of a row's ``kinds`` stands for the i-th."""


def write_browser(
    results: dict[str, Any], sources: Sources, *, worst: int, destination: str | Path
) -> None:
    """Write what the browser needs to show the worst images of a model.

    ``browser.json`` holds one row per image, see :func:`row_of`. ``details_<number>.js`` call
    ``parity.receive(model, number, images)`` with what :func:`details_of` returns.
    ``photo_<image>.jpg`` and ``thumbnail_<image>.jpg`` are copies of the image.

    Parameters
    ----------
    results : dict
        What ``summarise`` wrote for the model.
    sources : Sources
        Files of the model.
    worst : int
        So many images are shown at most.
    destination : str or Path
        The folder; what is there is replaced as a whole.
    """
    chosen = {image["name"]: image for image in results["images"][:worst]}
    rows: dict[str, dict[str, Any]] = {}
    details: dict[str, dict[str, Any]] = {}
    with atomic_folder(destination) as folder:
        records = sources.records(chosen)
        for image, arms, comparisons in reported(records, len(chosen), "images copied"):
            summary = chosen[image.name]
            photo = copy_image(image, folder)
            rows[image.name] = row_of(summary, arms, results) | {"photo": photo}
            details[image.name] = details_of(arms, comparisons)
        ordered = [name for name in chosen if name in rows]
        for start in range(0, len(ordered), IMAGES_PER_SCRIPT):
            few = [details[name] for name in ordered[start : start + IMAGES_PER_SCRIPT]]
            number = start // IMAGES_PER_SCRIPT
            script = f"parity.receive({json.dumps(results['model'])}, {number}, {json.dumps(few)});"
            (folder / f"details_{number:04d}.js").write_text(script + "\n")
        about = {
            "model": results["model"],
            "images_per_script": IMAGES_PER_SCRIPT,
            "total": results["images_total"],
            "kinds": KINDS,
        }
        write_json(folder / INDEX, BROWSER, about | {"images": [rows[name] for name in ordered]})


def row_of(
    summary: dict[str, Any], arms: dict[str, dict[str, Any]], results: dict[str, Any]
) -> dict[str, Any]:
    """Return the row of an image in the browser's table.

    Parameters
    ----------
    summary : dict
        Its row in the results.
    arms : dict of str to dict
        Its record in the detections of each arm.
    results : dict
        What ``summarise`` wrote for the model.

    Returns
    -------
    dict
        ``name``, printable; ``size``, width and height in px; ``verdict``; ``classes``, ids in any
        arm; ``measured``, per comparison in the order of the results: matched, missing, extra,
        flipped, box_px, score, whether it passed, and the kinds of difference as bits; None where
        the image was not compared. Differences have three digits; one that is not finite is None.
    """
    comparisons = results["comparisons"]
    gates = {name for name, each in comparisons.items() if each["gated"]}
    return {
        "name": printable(summary["name"]),
        "size": [summary["width"], summary["height"]],
        "verdict": image_verdict(summary, gates),
        "classes": sorted({i for record in arms.values() for i in record["class_ids"]}),
        "measured": [
            _measured(summary["comparisons"].get(name), Tolerance(**each["tolerance"]))
            for name, each in comparisons.items()
        ],
    }


def _measured(row: dict[str, Any] | None, tolerance: Tolerance) -> list[Any] | None:
    if row is None:
        return None
    flipped = row["flipped"]  # counted as missing and as extra, too
    found = (
        row["missing"] - flipped,
        row["extra"] - flipped,
        flipped,
        not row["box_px"] <= tolerance.box_px,
        not row["score"] <= tolerance.score,
        row["unread"],
    )
    bits = sum(1 << bit for bit, there in enumerate(found) if there)
    differences = [_digits(row["box_px"]), _digits(row["score"])]
    return [row["matched"], *found[:3], *differences, int(row["passed"]), bits]


def _digits(value: float) -> float | None:
    return float(f"{value:.3g}") if math.isfinite(value) else None


def details_of(
    arms: dict[str, dict[str, Any]], comparisons: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return what the browser draws into an image.

    Returns
    -------
    dict
        ``reasons`` (why an arm could not read it, by arm); ``arms`` (by arm, detections as x1, y1,
        x2, y2, score, class id); ``comparisons`` (by comparison, ``matched`` and ``flipped`` as
        reference index, candidate index, IoU, box_px; ``missing`` and ``extra`` as indices).
    """
    return {
        "reasons": {
            arm: printable(record["reason"]) for arm, record in arms.items() if record["reason"]
        },
        "arms": {
            arm: [
                [*box, score, class_id]
                for box, score, class_id in zip(
                    record["boxes"], record["scores"], record["class_ids"], strict=True
                )
            ]
            for arm, record in arms.items()
        },
        "comparisons": {
            name: {
                "matched": [_pair(pair) for pair in record["matched"]],
                "flipped": [_pair(pair) for pair in record["flipped"]],
                "missing": record["missing"],
                "extra": record["extra"],
            }
            for name, record in comparisons.items()
        },
    }


def _pair(pair: dict[str, Any]) -> list[Any]:
    return [pair["reference"], pair["candidate"], round(pair["iou"], 6), pair["box_px"]]


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
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        (folder / f"{kind}_{name}").write_bytes(data.tobytes())
    return name


def shrunk(pixels: np.ndarray, longest: int) -> np.ndarray:
    """Return an image whose longer side is at most so many px; a smaller one stays as it is."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
