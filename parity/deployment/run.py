"""Running a deployment: the correct one, or one that differs from it in some choices."""

from pathlib import Path
from typing import Protocol

import numpy as np

from parity.deployment.decode import candidates, corners
from parity.deployment.nms_variants import merge, passing, select
from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.preprocess import Prepared, preprocess, read
from parity.deployment.rescale import number, to_image
from parity.detection.decoding import Candidates, decode_end2end
from parity.detection.detections import Detections
from parity.detection.letterbox import Letterbox
from parity.detection.nms import MAX_CANDIDATES, cut, suppress

__all__ = ["Network", "Pipeline", "Prepared", "deviations", "prepare", "replay", "run"]


class Network(Protocol):
    """What a pipeline needs to know of a network."""

    @property
    def imgsz(self) -> tuple[int, int]:
        """Height and width that images are fitted into, px."""

    @property
    def stride(self) -> int:
        """Largest stride, px."""

    @property
    def rect(self) -> bool:
        """Whether images are fitted into a minimal rectangle."""

    @property
    def end2end(self) -> bool:
        """Whether the output holds finished boxes."""

    def forward(self, tensor: np.ndarray) -> np.ndarray:
        """Return the raw output for an input, without the axis of the batch."""


def prepare(pipeline: Pipeline, path: str | Path, network: Network) -> Prepared:
    """Read an image and make the network's input of it.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices before the network.
    path : str or Path
        An image file.
    network : Network
        Says the size of its input.

    Raises
    ------
    UnreadableImageError
        If the file cannot be decoded.
    """
    return preprocess(pipeline, read(pipeline, path), network.imgsz)


def replay(
    pipeline: Pipeline,
    raw: np.ndarray,
    place: Letterbox,
    image_shape: tuple[int, int],
    *,
    end2end: bool = False,
) -> Detections:
    """Do everything that follows the network, on a stored raw output.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices after the network.
    raw : (4 + classes, anchors) or (rows, 6) float32
        What the network returned.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image, px.
    end2end : bool
        Whether the raw output holds finished boxes.

    Returns
    -------
    Detections
        What the deployment hands out.
    """
    if end2end:
        found = decode_end2end(raw, np.nextafter(np.float32(pipeline.conf), np.float32(-1)))
    else:
        found = candidates(pipeline, raw, np.nextafter(np.float32(pipeline.conf), np.float32(-1)))
    return finish(pipeline, found, place, image_shape, end2end=end2end)


def finish(
    pipeline: Pipeline,
    found: Candidates,
    place: Letterbox,
    image_shape: tuple[int, int],
    *,
    end2end: bool = False,
) -> Detections:
    """Do everything that follows decoding; see :func:`replay`."""
    boxes, scores, class_ids = survivors(pipeline, found, place, image_shape, end2end=end2end)
    if pipeline.suppressed_in != "image" or end2end:
        boxes = to_image(pipeline, boxes, place, image_shape)
    return Detections(boxes, scores, number(pipeline, class_ids))


_PLAIN_SELECTION = ("cxcywh", "classwise", "iou", "input", True, False, False)


def survivors(
    pipeline: Pipeline,
    found: Candidates,
    place: Letterbox,
    image_shape: tuple[int, int],
    *,
    end2end: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apply thresholds and suppression.

    Returns
    -------
    boxes : (K, 4) float32
        In input px; as they are handed out where ``suppressed_in`` is ``image``.
    scores : (K,) float32
    class_ids : (K,) int32
        Of the model.
    """
    if end2end:
        return cut(found, conf=pipeline.conf, max_det=pipeline.max_det)
    choice = pipeline
    plain = (
        choice.box_format, choice.suppression, choice.overlap, choice.suppressed_in,
        choice.sorted, choice.merging, choice.conf_inclusive,
    )  # fmt: skip
    if plain == _PLAIN_SELECTION:
        return suppress(found, conf=pipeline.conf, iou=pipeline.iou, max_det=pipeline.max_det)
    kept = passing(pipeline, found.scores)
    if len(kept) > MAX_CANDIDATES:
        kept = kept[np.argsort(-found.scores[kept], kind="stable")[:MAX_CANDIDATES]]
    boxes = corners(pipeline, found.boxes[kept])
    scores, class_ids = found.scores[kept], found.class_ids[kept]
    if pipeline.suppressed_in == "image":
        boxes = to_image(pipeline, boxes, place, image_shape)
    chosen = select(pipeline, boxes, scores, class_ids)
    survived = boxes[chosen]
    if pipeline.merging:
        survived = merge(pipeline, boxes, scores, class_ids, chosen)
    return survived, scores[chosen], class_ids[chosen]


def run(pipeline: Pipeline, path: str | Path, network: Network) -> Detections:
    """Run a deployment over one image file; the default pipeline is the ONNX arm.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices.
    path : str or Path
        An image file.
    network : Network
        What it runs.

    Returns
    -------
    Detections
        What the deployment hands out.

    Raises
    ------
    UnreadableImageError
        If the file cannot be decoded.
    """
    ready = prepare(pipeline, path, network)
    raw = network.forward(ready.tensor)
    return replay(pipeline, raw, ready.place, ready.image_shape, end2end=network.end2end)
