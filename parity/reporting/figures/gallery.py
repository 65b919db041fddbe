"""Writing the pictures of the worst images into a folder."""

import logging
import os
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from parity.comparison.differences import COMPARISON
from parity.data.batches import BatchImage, check_unchanged, load_batch, slug
from parity.data.reading import read_image
from parity.detection.detection_files import load_detections
from parity.errors import UnreadableImageError
from parity.files import read_json, write_json
from parity.progress import reported
from parity.reporting.figures.pictures import draw_arms, draw_difference
from parity.reporting.wording import printable

log = logging.getLogger(__name__)

PICTURES = "pictures/1"
INDEX = "pictures.json"
JPEG_QUALITY = 84


Records = tuple[BatchImage, dict[str, dict[str, Any]], dict[str, dict[str, Any]]]
"""An image, and what is said of it by arm and by comparison."""


@dataclass(frozen=True)
class Sources:
    """Where the records of each batch are: files by batch, then by arm or comparison."""

    lists: dict[str, str]
    detections: dict[str, dict[str, str]]
    comparisons: dict[str, dict[str, str]]

    @classmethod
    def of(cls, batches: list[str], detections: list[str], comparisons: list[str]) -> "Sources":
        """Sort files by their paths, ``…/{arm or comparison}/{batch}.json``."""
        return cls(
            {Path(path).stem: path for path in batches},
            _by_batch(detections),
            _by_batch(comparisons),
        )

    def records(self, wanted: Container[str]) -> Iterator[Records]:
        """Yield each wanted image with its records by arm and by comparison, batch by batch."""
        for batch, path in self.lists.items():
            listed = [image for image in load_batch(path) if image.name in wanted]
            if not listed:
                continue
            arms = {
                arm: _by_name(load_detections(source))
                for arm, source in self.detections[batch].items()
            }
            comparisons = {
                name: _by_name(read_json(source, COMPARISON))
                for name, source in self.comparisons[batch].items()
            }
            for image in listed:
                yield image, _of(image, arms), _of(image, comparisons)


def _of(image: BatchImage, records: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {key: named[image.name] for key, named in records.items() if image.name in named}


def _by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {record["name"]: record for record in document["images"]}


def _by_batch(paths: list[str]) -> dict[str, dict[str, str]]:
    sorted_: dict[str, dict[str, str]] = {}
    for path in map(Path, paths):
        sorted_.setdefault(path.stem, {})[path.parent.name] = str(path)
    return sorted_


def write_pictures(
    results: dict[str, Any], sources: Sources, *, worst: int, destination: str | Path
) -> None:
    """Draw the worst images that can be read and list the pictures in ``pictures.json``.

    ``annotated_<image>.jpg`` shows every arm; ``difference_<comparison>_<image>.jpg`` shows a
    comparison beyond its tolerance on that image. The list also holds the records that the pictures
    show: the detections of each arm and those comparisons.

    Parameters
    ----------
    results : dict
        What ``summarise`` wrote for the model.
    sources : Sources
        Files of the model.
    worst : int
        Pictures are drawn of so many images at most.
    destination : str or Path
        The folder; what is there is replaced as a whole once all pictures are drawn.
    """
    readable = [
        row
        for row in results["images"]
        if len(row["reasons"]) + len(row["not_stated"]) < len(row["arms"])
    ]
    wanted = {row["name"]: row for row in readable[:worst]}
    entries: dict[str, dict[str, Any]] = {}
    with atomic_folder(destination) as folder:
        records = sources.records(wanted)
        for image, arms, comparisons in reported(records, len(wanted), "images drawn"):
            row = wanted[image.name]
            beyond = [name for name, of in row["comparisons"].items() if not of["passed"]]
            entry = {
                "name": image.name,
                "arms": {arm: arms[arm] for arm in row["arms"]},
                "comparisons": {name: comparisons[name] for name in beyond},
            }
            entries[image.name] = {**entry, **_draw(folder, image, results, entry)}
        images = [entries[name] for name in wanted if name in entries]
        write_json(folder / INDEX, PICTURES, {"model": results["model"], "images": images})


def _draw(
    folder: Path, image: BatchImage, results: dict[str, Any], entry: dict[str, Any]
) -> dict[str, Any]:
    """Draw one image and return the names of its pictures."""
    name, arms = entry["name"], entry["arms"]
    try:
        check_unchanged(image)
        pixels = read_image(image.path)
    except UnreadableImageError as error:  # the other backend's reader may have managed
        log.warning("%s gets no picture: %s", printable(name), error)
        return {"annotated": "", "differences": {}}
    classes = results["names"]
    annotated = f"annotated_{slug(name)}.jpg"
    _write_jpeg(folder / annotated, draw_arms(pixels, name, arms, classes))
    pictures: dict[str, str] = {}
    drawn: dict[tuple[str, str], str] = {}  # two comparisons may be of the same two arms
    for comparison, compared in entry["comparisons"].items():
        about = results["comparisons"][comparison]
        pair = (about["reference"], about["candidate"])
        if pair not in drawn:
            drawn[pair] = f"difference_{comparison}_{slug(name)}.jpg"
            sides = {arm: arms[arm] for arm in pair}
            picture = draw_difference(pixels, comparison, sides, compared, classes)
            _write_jpeg(folder / drawn[pair], picture)
        pictures[comparison] = drawn[pair]
    return {"annotated": annotated, "differences": pictures}


def _write_jpeg(path: Path, picture: np.ndarray) -> None:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    path.write_bytes(data.tobytes())


@contextmanager
def atomic_folder(destination: str | Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of a folder when the block succeeds."""
    destination = Path(destination)
    temporary = destination.with_name(f".{os.getpid()}.{destination.name}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if destination.exists():
            shutil.rmtree(destination)
        temporary.replace(destination)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
