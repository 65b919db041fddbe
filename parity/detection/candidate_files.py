"""Candidate files: what a network predicts for a batch of images, before NMS."""

import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from parity.detection.decoding import EMPTY, NO_EXTRAS, NO_PROTOTYPES, Candidates
from parity.detection.head import NetworkHead
from parity.documents import from_plain, to_plain
from parity.files import read_npz, write_npz
from parity.integrity import damaged

CANDIDATES = "candidates/1"
COLUMNS = ("boxes", "scores", "class_ids")


@dataclass(frozen=True)
class BakedThresholds:
    """Thresholds of NMS that is part of a model's graph."""

    conf: float
    iou: float
    """The strictest of the graph, each."""


@dataclass(frozen=True)
class NetworkRun:
    """What made the candidates of an arm."""

    model_sha256: str
    """Digest of the checkpoint, or of the export without its metadata."""
    imgsz: tuple[int, int]
    """Height and width that images were fitted into, px."""
    rect: bool
    """Whether they were fitted into a minimal rectangle or the whole size."""
    head: NetworkHead
    """What the end of the network is."""
    names: dict[int, str]
    """Class names by id."""
    floor: float
    """Candidates score above it."""
    threads: int
    """Threads of a run."""
    versions: dict[str, str]
    """Of the packages that did the work."""
    baked: BakedThresholds | None = None
    """Thresholds of NMS in the graph; None if it has none."""
    device: str | None = None
    """What PyTorch ran on; None for other runtimes."""
    runtime: str | None = None
    """What ran an export."""
    provider: str | None = None
    """The execution provider that ran it, and ``providers`` those asked for, the preferred
    first."""
    providers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ImageCandidates:
    """The candidates of one image and what maps them back to it."""

    name: str
    """Path below the images' root."""
    sha256: str
    """Digest of the image file."""
    image_shape: tuple[int, int] = (0, 0)
    input_shape: tuple[int, int] = (0, 0)
    """Height and width of the decoded image and of the network's input, px; (0, 0) if
    unreadable."""
    reason: str = ""
    """Why the image could not be read; empty if it could."""
    candidates: Candidates = EMPTY
    """Empty if unreadable."""
    non_finite: int = 0
    """Numbers of the raw output that were NaN or infinite; most of them become no candidate."""


@dataclass(frozen=True)
class CandidateBatch:
    """All candidates of a batch of images and what made them."""

    made_by: NetworkRun
    images: list[ImageCandidates]
    """One entry per image, unreadable ones included, in the order of the batch."""

    def save(self, path: str | Path) -> None:
        """Write one npz with all images end to end and their offsets."""
        found = [image.candidates for image in self.images]
        header = [
            {key: value for key, value in vars(image).items() if key != "candidates"}
            for image in self.images
        ]
        made_by = to_plain(self.made_by)
        about = {"schema": f"yolo-parity/{CANDIDATES}", "made_by": made_by, "images": header}
        arrays: dict[str, np.ndarray] = {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "offsets": np.cumsum([0, *map(len, found)], dtype=np.int64),
        }
        for column in COLUMNS:
            parts = (getattr(each, column) for each in found)
            arrays[column] = np.concatenate([getattr(EMPTY, column), *parts])
        if extras := [each.extras for each in found if each.extras.size]:
            arrays["extras"] = np.concatenate(extras)
        for i, each in enumerate(found):
            if each.prototypes.size:
                arrays[f"prototypes_{i}"] = each.prototypes
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        UserError
            If it is damaged.
        """
        arrays = read_npz(path)
        try:
            header = from_plain(json.loads(arrays["about"].tobytes()), cls)
            images = [
                replace(image, candidates=_candidates(arrays, i, first, end))
                for i, (image, (first, end)) in enumerate(
                    zip(header.images, pairwise(arrays["offsets"]), strict=True)
                )
            ]
        except (KeyError, ValueError) as error:
            raise damaged(path, f"is damaged ({error})") from None
        return cls(header.made_by, images)


def _candidates(arrays: dict[str, np.ndarray], i: int, first: int, end: int) -> Candidates:
    boxes, scores, class_ids = (arrays[column][first:end] for column in COLUMNS)
    extras = arrays["extras"][first:end] if "extras" in arrays and end > first else NO_EXTRAS
    prototypes = arrays.get(f"prototypes_{i}", NO_PROTOTYPES)
    return Candidates(boxes, scores, class_ids, extras, prototypes)
