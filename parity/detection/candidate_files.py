"""Candidate files: what a network predicts for a batch of images, before NMS."""

import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from parity.detection.decoding import EMPTY, Candidates
from parity.documents import from_plain, to_plain
from parity.files import read_npz, write_npz
from parity.integrity import damaged

CANDIDATES = "candidates/1"
COLUMNS = ("boxes", "scores", "class_ids")


@dataclass(frozen=True)
class BakedThresholds:
    """Thresholds of NMS that is part of a model's graph.

    Attributes
    ----------
    conf, iou : float
        The strictest of the graph, each.
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
        Whether the network ends in finished boxes that need no NMS.
    names : dict of int to str
        Class names by id.
    floor : float
        Candidates score above it.
    threads : int
        Threads of a run.
    versions : dict of str to str
        Of the packages that did the work.
    baked : BakedThresholds or None
        Thresholds of NMS in the graph; None if it has none.
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
class ImageCandidates:
    """The candidates of one image and what maps them back to it.

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
    made_by : NetworkRun
        What made them.
    images : list of ImageCandidates
        One entry per image, unreadable ones included, in the order of the batch.
    """

    made_by: NetworkRun
    images: list[ImageCandidates]

    def save(self, path: str | Path) -> None:
        """Write one npz with all images end to end and their offsets."""
        counts = [0, *(len(image.candidates) for image in self.images)]
        header = [
            {key: value for key, value in vars(image).items() if key != "candidates"}
            for image in self.images
        ]
        made_by = to_plain(self.made_by)
        about = {"schema": f"yolo-parity/{CANDIDATES}", "made_by": made_by, "images": header}
        arrays: dict[str, np.ndarray] = {
            "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "offsets": np.cumsum(counts, dtype=np.int64),
        }
        for column in COLUMNS:
            parts = (getattr(image.candidates, column) for image in self.images)
            arrays[column] = np.concatenate([getattr(EMPTY, column), *parts])
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
                replace(image, candidates=Candidates(*(arrays[key][first:end] for key in COLUMNS)))
                for image, (first, end) in zip(
                    header.images, pairwise(arrays["offsets"]), strict=True
                )
            ]
        except (KeyError, ValueError) as error:
            raise damaged(path, f"is damaged ({error})") from None
        return cls(header.made_by, images)
