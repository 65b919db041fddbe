"""Taking PyTorch's detections where an export's output cannot be right.

A cautious deployment would do that; here it shows how often it would have to, and why.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from parity.comparison.output_checks import failed_checks
from parity.detection.candidate_files import CandidateBatch
from parity.detection.detection_files import (
    DetectionBatch,
    ImageDetections,
    MadeBy,
    Thresholds,
)
from parity.documents import load, save
from parity.errors import UserError
from parity.integrity import of_other_images

FLOOD = "as many detections as max_det allows"
NOTHING = "no detection, although a candidate is near the confidence threshold"
MOST_FALLEN = 20
"""Images that a document names; chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackImage(ImageDetections):
    """The detections of an image, and where they come from."""

    taken_from: str
    why: list[str]
    """Why the export's could not be taken; empty if they were."""


@dataclass(frozen=True)
class FallbackBatch:
    """A detections file whose records say where they come from."""

    SCHEMA: ClassVar[str] = DetectionBatch.SCHEMA

    made_by: MadeBy
    """What made the export's detections."""
    images: list[FallbackImage]
    """In the order of the batch."""


@dataclass(frozen=True)
class FallenBack:
    """An image whose detections an export could not give."""

    name: str
    why: list[str]
    """Reasons."""


@dataclass(frozen=True)
class Fallbacks:
    """How often, why and where an export needed its fallback."""

    SCHEMA: ClassVar[str] = "fallbacks/1"

    images: int
    fallen_back: int
    """All images, and those taken from PyTorch."""
    reasons: dict[str, int]
    """Images by reason, the most frequent first."""
    named: list[FallenBack]
    """The first of those images."""


def fallback_reasons(
    image: ImageDetections,
    best: float,
    *,
    classes: int,
    thresholds: Thresholds,
    clips: bool = True,
    near: float,
) -> list[str]:
    """Return why the detections of an image cannot be trusted; nothing if they can.

    Parameters
    ----------
    image : ImageDetections
        What the export reports.
    best : float
        Score of the image's best candidate, 0 without any.
    classes : int
        How many classes the model has.
    thresholds : Thresholds
        What its candidates went through.
    clips : bool
        As in :func:`parity.comparison.output_checks.failed_checks`.
    near : float
        Share of the confidence threshold from which on a candidate is near it.
    """
    found: list[str] = [*failed_checks(image, classes, clips=clips)]
    count = len(image.scores)
    if count >= thresholds.max_det:
        found.append(FLOOD)
    if not count and best >= near * thresholds.conf:
        found.append(NOTHING)
    return found


def fall_back(
    candidates: str | Path,
    detections: str | Path,
    reference: str | Path,
    destination: str | Path,
    *,
    near: float,
) -> None:
    """Write the detections of a batch, with PyTorch's where an export's cannot be right.

    Parameters
    ----------
    candidates, detections : str or Path
        Of the export.
    reference : str or Path
        PyTorch's detections of the same images.
    destination : str or Path
        The :class:`FallbackBatch` to write.
    near : float
        Share of the confidence threshold from which on a candidate is near it.

    Raises
    ------
    UserError
        If the files are not of the same images.
    """
    ours, theirs = load(detections, DetectionBatch), load(reference, DetectionBatch)
    batch = CandidateBatch.load(candidates)
    names = [image.name for image in batch.images]
    if any([image.name for image in each.images] != names for each in (ours, theirs)):
        raise of_other_images(f"{detections} and {reference}")
    made_by = ours.made_by
    if made_by.thresholds is None:
        raise UserError(f"{detections} does not state its thresholds; run again.")
    images = []
    for image, mine, other in zip(batch.images, ours.images, theirs.images, strict=True):
        why = fallback_reasons(
            mine,
            float(image.candidates.scores.max(initial=0)),
            classes=len(made_by.names),
            thresholds=made_by.thresholds,
            clips=made_by.head is None or made_by.head.clips,
            near=near,
        )
        taken, arm = (other, theirs.made_by.arm) if why else (mine, made_by.arm)
        images.append(FallbackImage(**asdict(taken), taken_from=arm, why=why))
    save(destination, FallbackBatch(made_by, images))


def count_fallbacks(paths: Iterable[str | Path]) -> Fallbacks:
    """Count how often, why and where an export needed its fallback.

    Parameters
    ----------
    paths : iterable of str or Path
        What :func:`fall_back` wrote.
    """
    total, reasons, fallen = 0, Counter[str](), []
    for path in paths:
        images = load(path, FallbackBatch).images
        total += len(images)
        for image in images:
            if image.why:
                reasons.update(image.why)
                fallen.append(FallenBack(image.name, image.why))
    return Fallbacks(
        images=total,
        fallen_back=len(fallen),
        reasons=dict(reasons.most_common()),
        named=fallen[:MOST_FALLEN],
    )
