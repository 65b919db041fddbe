"""Taking PyTorch's detections where an export's output cannot be right.

That is what a cautious deployment would do; here it says how often it would have to, and why.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from parity.comparison.output_checks import failed_checks
from parity.detection.candidate_files import CandidateBatch
from parity.detection.detection_files import DETECTIONS, ImageDetections, MadeBy, load_detections
from parity.errors import UserError
from parity.files import read_json, write_json

FALLBACKS = "fallbacks/1"
FLOOD = "as many detections as are allowed"
NOTHING = "nothing detected, although a candidate is near the threshold"
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class FallbackImage(ImageDetections):
    """The detections of an image, and where they come from.

    Attributes
    ----------
    taken_from : str
        Name of the arm.
    why : list of str
        Why the export's could not be taken; empty if they were.
    """

    taken_from: str
    why: list[str]


@dataclass(frozen=True)
class FallbackBatch:
    """A detections file whose records say where they come from.

    Attributes
    ----------
    made_by : MadeBy
        What made the export's detections.
    images : list of FallbackImage
        In the order of the batch.
    """

    SCHEMA: ClassVar[str] = DETECTIONS

    made_by: MadeBy
    images: list[FallbackImage]


@dataclass(frozen=True)
class FallenBack:
    """An image whose detections an export could not give.

    Attributes
    ----------
    name : str
        The image.
    why : list of str
        Reasons.
    """

    name: str
    why: list[str]


@dataclass(frozen=True)
class Fallbacks:
    """How often, why and where an export needed its fallback.

    Attributes
    ----------
    images, fallen_back : int
        All images, and those taken from PyTorch.
    reasons : dict of str to int
        Images by reason, the most frequent first.
    named : list of FallenBack
        The first of those images.
    """

    SCHEMA: ClassVar[str] = FALLBACKS

    images: int
    fallen_back: int
    reasons: dict[str, int]
    named: list[FallenBack]


def reasons(
    record: dict[str, Any],
    best: float,
    *,
    classes: int,
    thresholds: dict[str, Any],
    near: float,
) -> list[str]:
    """Return why the detections of an image cannot be trusted; nothing if they can.

    Parameters
    ----------
    record : dict
        A record of a detections file.
    best : float
        Score of the image's best candidate, 0 without any.
    classes : int
        How many classes the model has.
    thresholds : dict
        ``conf`` and ``max_det``.
    near : float
        Share of ``conf`` from which on a candidate is near it.
    """
    found = list(failed_checks(record, classes))
    count = len(record["scores"])
    if count >= thresholds["max_det"]:
        found.append(FLOOD)
    if not count and best >= near * thresholds["conf"]:
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
    """Write the detections of a batch, with PyTorch's where an export's fail.

    Parameters
    ----------
    candidates, detections : str or Path
        Of the export.
    reference : str or Path
        PyTorch's detections of the same images.
    destination : str or Path
        What to write: a detections file whose records also have ``taken_from`` (the arm) and
        ``why`` (reasons, empty where the export's were kept).
    near : float
        Share of ``conf`` from which on a candidate is near it.

    Raises
    ------
    UserError
        If the files are not of the same images.
    """
    ours, theirs = load_detections(detections), load_detections(reference)
    batch = CandidateBatch.load(candidates)
    names = [[r["name"] for r in ours["images"]], [r["name"] for r in theirs["images"]]]
    if any(each != [image.name for image in batch.images] for each in names):
        raise UserError(f"{detections} and {reference} differ in their images; run again.")
    made_by = ours["made_by"]
    records = []
    for image, mine, other in zip(batch.images, ours["images"], theirs["images"], strict=True):
        best = float(image.candidates.scores.max(initial=0))
        classes, thresholds = len(made_by["names"]), made_by["thresholds"]
        why = reasons(mine, best, classes=classes, thresholds=thresholds, near=near)
        taken, arm = (other, theirs["made_by"]["arm"]) if why else (mine, made_by["arm"])
        records.append({**taken, "taken_from": arm, "why": why})
    write_json(destination, DETECTIONS, {"made_by": made_by, "images": records})


def tally(paths: Iterable[str | Path]) -> dict[str, Any]:
    """Return how often, why and where an export needed its fallback.

    Parameters
    ----------
    paths : iterable of str or Path
        What :func:`fall_back` wrote.

    Returns
    -------
    dict
        ``images``, ``fallen_back``, ``reasons`` (images by reason) and ``named`` (the first of
        those images, with their reasons).
    """
    images, why, named, fallen = 0, Counter[str](), [], 0
    for path in paths:
        for record in read_json(path, DETECTIONS)["images"]:
            images += 1
            if record["why"]:
                fallen += 1
                why.update(record["why"])
                named.append({"name": record["name"], "why": record["why"]})
    return {
        "images": images,
        "fallen_back": fallen,
        "reasons": dict(why.most_common()),
        "named": named[:MOST_NAMED],
    }
