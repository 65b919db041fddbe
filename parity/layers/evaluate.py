"""Trying a model on a few images: what it detects there, against another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from parity.backends.onnxruntime import OnnxNetwork
from parity.comparison.differences import worst
from parity.comparison.matching import match
from parity.data.batches import BatchImage
from parity.detection.candidate_files import ImageCandidates
from parity.detection.detections import Detections
from parity.detection.postprocess import detect
from parity.errors import UnreadableImageError

OVERLAP = 0.5


@dataclass(frozen=True)
class Trial:
    """Some images and what a reference detects in them.

    Attributes
    ----------
    names : list of str
        The images, unreadable ones left out.
    inputs : list of (1, 3, H, W) float32
        What the network is given.
    shapes : list of tuple of int
        Height and width of each image, px.
    thresholds : dict
        ``conf``, ``iou`` and ``max_det``.
    reference : list of Detections
        By image.
    """

    names: list[str]
    inputs: list[np.ndarray]
    shapes: list[tuple[int, int]]
    thresholds: dict[str, Any]
    reference: list[Detections]

    @classmethod
    def prepare(
        cls, network: OnnxNetwork, images: list[BatchImage], thresholds: dict[str, Any]
    ) -> Self:
        """Read images and run the reference on them."""
        names, inputs, shapes = [], [], []
        for image in images:
            try:
                pixels = network.read(Path(image.path))
            except UnreadableImageError:
                continue
            names.append(image.name)
            inputs.append(np.array(network.preprocess(pixels)))
            shapes.append(pixels.shape[:2])
        bare = cls(names, inputs, shapes, thresholds, [])
        return cls(names, inputs, shapes, thresholds, bare.detections(network))

    def detections(self, network: OnnxNetwork) -> list[Detections]:
        """Return what a network detects in the images."""
        found = []
        for name, tensor, shape in zip(self.names, self.inputs, self.shapes, strict=True):
            candidates = network.decode(network.forward(tensor), self.thresholds["conf"])
            image = ImageCandidates(name, "", shape, tensor.shape[2:], candidates=candidates)
            found.append(detect(image, **self.thresholds, end2end=network.end2end))
        return found

    def measure(self, path: str | Path, *, threads: int) -> dict[str, Any]:
        """Return how a model differs from the reference, and its size.

        Returns
        -------
        dict
            ``bytes``; ``matched``, ``missing``, ``extra`` detections; ``box_px``, ``score``:
            median and largest differences of matched pairs.
        """
        network = OnnxNetwork.load(path, threads=threads)
        counts = {"matched": 0, "missing": 0, "extra": 0}
        box_px, score = [0.0], [0.0]
        for ours, theirs in zip(self.reference, self.detections(network), strict=True):
            pairs = match(ours, theirs, iou=OVERLAP)
            flipped = len(pairs.flipped)
            counts["matched"] += len(pairs.matched)
            counts["missing"] += len(pairs.missing) + flipped
            counts["extra"] += len(pairs.extra) + flipped
            i, j = pairs.matched[:, 0], pairs.matched[:, 1]
            distance = np.abs(ours.boxes[i].astype(np.float64) - theirs.boxes[j])
            box_px += distance.max(axis=1, initial=0).tolist()
            score += np.abs(ours.scores[i].astype(np.float64) - theirs.scores[j]).tolist()
        return {
            "bytes": Path(path).stat().st_size,
            **counts,
            "box_px": _spread(box_px),
            "score": _spread(score),
        }


def _spread(values: list[float]) -> dict[str, float]:
    found = values[1:] or values
    return {"median": float(np.median(found)), "max": float(np.max(found))}


def key_of(record: dict[str, Any]) -> tuple[float, float, float, str]:
    """Return what sorts the comparisons of images worst first."""
    row = worst(record)
    return -(row["missing"] + row["extra"]), -row["box_px"], -row["score"], record["name"]
