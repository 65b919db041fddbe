"""Detections of one image and the files that hold a batch of them."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from parity.detection.decoding import EMPTY, Candidates
from parity.errors import UserError
from parity.files import read_json, read_npz, write_json, write_npz

log = logging.getLogger(__name__)

CANDIDATES = "candidates/1"
DETECTIONS = "detections/1"

NOT_STATED = "nothing is stated of it"
"""Reason of an image of which somebody's boxes say nothing, not even that there are none."""


@dataclass(frozen=True)
class Detections:
    """What an arm reports for one image.

    Attributes
    ----------
    boxes : (N, 4) float32
        x1, y1, x2, y2 in px of the original image, origin at its top left.
    scores : (N,) float32
        In (0, 1], falling.
    class_ids : (N,) int32
        Index into the model's names.
    """

    boxes: np.ndarray
    scores: np.ndarray
    class_ids: np.ndarray

    def __len__(self) -> int:
        """Return the number of detections."""
        return len(self.scores)

    def as_json(self) -> dict[str, list[Any]]:
        """Return plain lists; every number is the shortest that gives the same float32 back."""
        return {
            "boxes": [[float(str(side)) for side in box] for box in self.boxes],
            "scores": [float(str(score)) for score in self.scores],
            "class_ids": self.class_ids.tolist(),
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Return the detections of a record; a score that is not stated becomes NaN."""
        return cls(
            np.array(record["boxes"], np.float32).reshape(-1, 4),
            np.array(record["scores"], np.float32),
            np.array(record["class_ids"], np.int32),
        )


@dataclass(frozen=True)
class Thresholds:
    """What turns candidates into detections.

    Attributes
    ----------
    conf : float
        Confidence threshold: a detection's score exceeds it.
    iou : float
        IoU threshold of non-maximum suppression.
    max_det : int
        Detections of an image, at most.
    """

    conf: float
    iou: float
    max_det: int


@dataclass(frozen=True)
class BakedThresholds:
    """Thresholds of a suppression that is part of a model's graph.

    Attributes
    ----------
    conf, iou : float
        Each the strictest of the graph.
    """

    conf: float
    iou: float


@dataclass(frozen=True)
class NetworkRun:
    """What made the candidates of an arm.

    Attributes
    ----------
    model_sha256 : str
        Digest of the checkpoint, or of the export without its metadata.
    imgsz : tuple of int
        Height and width that images were fitted into, px.
    rect : bool
        Whether they were fitted into a minimal rectangle or the whole size.
    end2end : bool
        Whether the network gave finished boxes that need no suppression.
    names : dict of int to str
        Class names by id.
    floor : float
        Candidates score above it.
    threads : int
        Threads of a run.
    versions : dict of str to str
        Of the packages that did the work.
    baked : BakedThresholds or None
        Thresholds of a suppression in the graph.
    device : str or None
        What PyTorch ran on; None for other runtimes.
    runtime : str or None
        What ran an export.
    provider : str or None
        The execution provider that ran it, and ``providers`` those asked for, the preferred first.
    """

    model_sha256: str
    imgsz: tuple[int, int]
    rect: bool
    end2end: bool
    names: dict[int, str]
    floor: float
    threads: int
    versions: dict[str, str]
    baked: BakedThresholds | None = None
    device: str | None = None
    runtime: str | None = None
    provider: str | None = None
    providers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class MadeBy:
    """What made the detections of an arm: a run of a network, or somebody else.

    Of somebody else's boxes ``source`` and what follows are known, of a network's the fields of
    :class:`NetworkRun` before it; None is what is not known.

    Attributes
    ----------
    arm : str
        Name of the arm.
    names : dict of int to str
        The model's class names by id.
    thresholds : Thresholds or None
        What the candidates went through.
    source : str or None
        The file or folder that the boxes were read from.
    declared : dict
        What the user says of the deployment, see :class:`parity.external.observations.Declared`.
    notes : list of str
        One sentence for everything that was inferred when reading.
    labels : dict of int to str
        Labels that the model does not know, by the ids given to them.
    """

    arm: str
    names: dict[int, str]
    thresholds: Thresholds | None = None
    model_sha256: str | None = None
    imgsz: tuple[int, int] | None = None
    rect: bool | None = None
    end2end: bool | None = None
    floor: float | None = None
    threads: int | None = None
    versions: dict[str, str] | None = None
    baked: BakedThresholds | None = None
    device: str | None = None
    runtime: str | None = None
    provider: str | None = None
    providers: tuple[str, ...] | None = None
    source: str | None = None
    declared: dict[str, float | str | list[int] | None] | None = None
    notes: list[str] | None = None
    labels: dict[int, str] | None = None


@dataclass(frozen=True, slots=True)
class ImageDetections:
    """What a detections file holds of one image.

    Attributes
    ----------
    name : str
        Path below the images' root.
    sha256 : str
        Digest of the image file.
    height, width : int
        Of the decoded image, px; 0 if it could not be read.
    reason : str
        Why there is nothing of it: it could not be read, or :data:`NOT_STATED`; empty otherwise.
    non_finite : int
        Numbers of the raw output that were NaN or infinite.
    boxes, scores, class_ids : list
        See :class:`Detections`; a score that is not stated is None.
    """

    name: str
    sha256: str
    height: int
    width: int
    reason: str
    non_finite: int
    boxes: list[list[float]]
    scores: list[float | None]
    class_ids: list[int]


@dataclass(frozen=True)
class DetectionBatch:
    """All detections of a batch of images and what made them: a detections file.

    Attributes
    ----------
    made_by : MadeBy
        The arm, the model and the thresholds.
    images : list of ImageDetections
        One entry per image, unreadable ones included, in the order of the batch.
    """

    SCHEMA: ClassVar[str] = DETECTIONS

    made_by: MadeBy
    images: list[ImageDetections]


@dataclass(frozen=True)
class ImageCandidates:
    """The candidates of one image and what is needed to map them back.

    Attributes
    ----------
    name : str
        Path below the images' root.
    sha256 : str
        Digest of the image file.
    image_shape, input_shape : tuple of int
        Height and width of the decoded image and of the network's input, px; (0, 0) if unreadable.
    reason : str
        Why the image could not be read; empty if it could.
    candidates : Candidates
        Empty if unreadable.
    non_finite : int
        Numbers of the raw output that were NaN or infinite; most of them become no candidate.
    """

    name: str
    sha256: str
    image_shape: tuple[int, int] = (0, 0)
    input_shape: tuple[int, int] = (0, 0)
    reason: str = ""
    candidates: Candidates = EMPTY
    non_finite: int = 0


@dataclass(frozen=True)
class CandidateBatch:
    """All candidates of a batch of images and what made them.

    Attributes
    ----------
    made_by : dict
        Digests, versions and choices; among them ``floor`` and ``end2end``.
    images : list of ImageCandidates
        One entry per image, unreadable ones included, in the order of the batch.
    """

    made_by: dict[str, Any]
    images: list[ImageCandidates]

    def save(self, path: str | Path) -> None:
        """Write one npz with all images end to end and their offsets."""
        candidates = [image.candidates for image in self.images]
        counts = [0, *map(len, candidates)]
        header = [
            {
                "name": image.name,
                "sha256": image.sha256,
                "image_shape": image.image_shape,
                "input_shape": image.input_shape,
                "reason": image.reason,
                "non_finite": image.non_finite,
            }
            for image in self.images
        ]
        about = {"schema": f"yolo-parity/{CANDIDATES}", "made_by": self.made_by, "images": header}
        arrays: dict[str, np.ndarray] = {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "offsets": np.cumsum(counts, dtype=np.int64),
            "boxes": np.concatenate([EMPTY.boxes, *(c.boxes for c in candidates)]),
            "scores": np.concatenate([EMPTY.scores, *(c.scores for c in candidates)]),
            "class_ids": np.concatenate([EMPTY.class_ids, *(c.class_ids for c in candidates)]),
        }
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote."""
        arrays = read_npz(path)
        about = json.loads(arrays["about"].tobytes())
        offsets = arrays["offsets"]
        images = []
        for i, record in enumerate(about["images"]):
            span = slice(offsets[i], offsets[i + 1])
            candidates = Candidates(
                arrays["boxes"][span], arrays["scores"][span], arrays["class_ids"][span]
            )
            record["image_shape"] = tuple(record["image_shape"])
            record["input_shape"] = tuple(record["input_shape"])
            images.append(ImageCandidates(**record, candidates=candidates))
        return cls(about["made_by"], images)


def save_detections(
    path: str | Path,
    made_by: dict[str, Any],
    images: list[tuple[ImageCandidates, Detections]],
) -> None:
    """Write the detections of a batch as JSON, one record per image."""
    records = [
        {
            "name": image.name,
            "sha256": image.sha256,
            "height": image.image_shape[0],
            "width": image.image_shape[1],
            "reason": image.reason,
            "non_finite": image.non_finite,
            **detections.as_json(),
        }
        for image, detections in images
    ]
    write_json(path, DETECTIONS, {"made_by": made_by, "images": records})


def detect_batch(
    candidates: str | Path,
    destination: str | Path,
    *,
    arm: str,
    thresholds: dict[str, Any],
    detect: Callable[..., Detections],
) -> None:
    """Turn a file of candidates into a file of detections.

    Parameters
    ----------
    candidates, destination : str or Path
        What to read and to write.
    arm : str
        Name of the arm.
    thresholds : dict
        ``conf``, ``iou`` and ``max_det``.
    detect : callable
        Turns the candidates of one image into detections, see
        :func:`parity.detection.postprocess.detect`.

    Raises
    ------
    UserError
        If the model's graph has dropped what the thresholds ask for.
    """
    batch = CandidateBatch.load(candidates)
    options = {
        **thresholds,
        "end2end": batch.made_by["end2end"],
    }
    check_baked(arm, batch.made_by.get("baked"), thresholds)
    made_by = {"arm": arm, "thresholds": thresholds, **batch.made_by}
    images = [(image, detect(image, **options)) for image in batch.images]
    save_detections(destination, made_by, images)


def check_baked(arm: str, baked: dict[str, float] | None, thresholds: dict[str, Any]) -> None:
    """Check thresholds against those that are part of a model's graph.

    Raises
    ------
    UserError
        If detections were asked for that the graph has dropped already.
    """
    if baked is None:
        return
    if np.float32(thresholds["conf"]) < np.float32(baked["conf"]):
        raise UserError(
            f"{arm}: thresholds.conf is {thresholds['conf']}, but the suppression in the graph of "
            f"this model drops every score up to {baked['conf']}; raise the threshold or export it "
            "anew with a lower conf."
        )
    if np.float32(thresholds["iou"]) != np.float32(baked["iou"]):
        log.warning(
            "%s suppresses in its graph at an IoU of %s; thresholds.iou, %s, does not reach it",
            arm,
            baked["iou"],
            thresholds["iou"],
        )


def load_detections(path: str | Path) -> dict[str, Any]:
    """Read a detections file: ``made_by`` and ``images``, see :func:`save_detections`."""
    return read_json(path, DETECTIONS)
