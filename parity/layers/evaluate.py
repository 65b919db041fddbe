"""Comparing what models detect in a few images with what the fp32 export detects there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from parity.backends.onnx_network import OnnxNetwork
from parity.comparison.matching import match
from parity.comparison.measures import box_distances
from parity.data.batch_files import BatchImage
from parity.detection.candidate_files import ImageCandidates
from parity.detection.detection_files import Thresholds
from parity.detection.detections import Detections
from parity.errors import UnreadableImageError
from parity.layers.results import Evaluation, Spread
from parity.postprocessing.postprocess import detect

MATCHING_IOU = 0.5
"""Smallest overlap of a matched pair, the default of ``matching.iou``."""


@dataclass(frozen=True)
class Evaluator:
    """Some images and what a reference detects in them."""

    names: list[str]
    """The images, unreadable ones left out."""
    inputs: list[np.ndarray]
    """list of (1, 3, H, W) float32. Input tensors."""
    shapes: list[tuple[int, int]]
    """Height and width of each image, px."""
    thresholds: Thresholds
    """Of the run."""
    reference: list[Detections]
    """By image."""

    @classmethod
    def prepare(
        cls, network: OnnxNetwork, images: list[BatchImage], thresholds: Thresholds
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
            candidates = network.decode(network.forward_batch([tensor])[0], self.thresholds.conf)
            image = ImageCandidates(name, "", shape, tensor.shape[2:], candidates=candidates)
            options = {**vars(self.thresholds), "head": network.head}
            found.append(detect(image, **options))
        return found

    def evaluate(self, path: str | Path, *, threads: int) -> Evaluation:
        """Return how a model differs from the reference."""
        network = OnnxNetwork.load(path, threads=threads)
        matched = missing = extra = 0
        box_px: list[float] = []
        score: list[float] = []
        for ours, theirs in zip(self.reference, self.detections(network), strict=True):
            pairs = match(ours, theirs, iou=MATCHING_IOU)
            matched += len(pairs.matched)
            missing += len(pairs.missing) + len(pairs.flipped)
            extra += len(pairs.extra) + len(pairs.flipped)
            i, j = pairs.matched[:, 0], pairs.matched[:, 1]
            box_px += box_distances(ours, theirs, pairs.matched).tolist()
            score += np.abs(ours.scores[i].astype(np.float64) - theirs.scores[j]).tolist()
        return Evaluation(
            bytes=Path(path).stat().st_size,
            matched=matched,
            missing=missing,
            extra=extra,
            box_px=_spread(box_px),
            score=_spread(score),
        )


def _spread(values: list[float]) -> Spread:
    found = values or [0.0]
    return Spread(median=float(np.median(found)), max=float(np.max(found)))
