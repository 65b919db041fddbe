"""Postprocessing: everything from the network's raw output to detections."""

import numpy as np

from parity.deployment.box_layout import BoxFormatChoices, to_corners
from parity.deployment.class_ids import number
from parity.deployment.decoding_variants import decode
from parity.deployment.nms_variants import NmsChoices, merge, select
from parity.deployment.output_format import express
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import rescale
from parity.deployment.stage import listed, values
from parity.deployment.thresholds import passing
from parity.detection.decoding import Candidates, decode_end2end
from parity.detection.detections import Detections
from parity.detection.letterbox import Letterbox
from parity.detection.nms import MAX_CANDIDATES, cut, suppress

_OF_SURVIVORS = listed(BoxFormatChoices, NmsChoices)
_ULTRALYTICS = values(Pipeline(), _OF_SURVIVORS)


def postprocess(
    pipeline: Pipeline,
    raw: np.ndarray,
    place: Letterbox,
    image_shape: tuple[int, int],
    *,
    end2end: bool = False,
) -> Detections:
    """Do everything that follows the network.

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
        What the deployment returns.
    """
    floor = np.nextafter(np.float32(pipeline.conf), np.float32(-1))
    found = decode_end2end(raw, floor) if end2end else decode(pipeline, raw, floor)
    boxes, scores, class_ids = survivors(pipeline, found, place, image_shape, end2end=end2end)
    if pipeline.suppressed_in != "image" or end2end:
        boxes = to_output(pipeline, boxes, place, image_shape)
    return Detections(boxes, scores, number(pipeline, class_ids))


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
        In input px; as they are returned where ``suppressed_in`` is ``image``.
    scores : (K,) float32
    class_ids : (K,) int32
        Of the model.
    """
    if end2end:
        return cut(found, conf=pipeline.conf, max_det=pipeline.max_det)
    if values(pipeline, _OF_SURVIVORS) == _ULTRALYTICS:
        return suppress(found, conf=pipeline.conf, iou=pipeline.iou, max_det=pipeline.max_det)
    kept = passing(pipeline, found.scores)
    if len(kept) > MAX_CANDIDATES:
        kept = kept[np.argsort(-found.scores[kept], kind="stable")[:MAX_CANDIDATES]]
    boxes = to_corners(pipeline, found.boxes[kept])
    scores, class_ids = found.scores[kept], found.class_ids[kept]
    if pipeline.suppressed_in == "image":
        boxes = to_output(pipeline, boxes, place, image_shape)
    chosen = select(pipeline, boxes, scores, class_ids)
    survived = boxes[chosen]
    if pipeline.merging:
        survived = merge(pipeline, boxes, scores, class_ids, chosen)
    return survived, scores[chosen], class_ids[chosen]


def to_output(
    pipeline: Pipeline, boxes: np.ndarray, place: Letterbox, image_shape: tuple[int, int]
) -> np.ndarray:
    """Return boxes as a deployment returns them, (N, 4) float32.

    Parameters
    ----------
    pipeline : Pipeline
        How it rescales and expresses boxes.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in input px.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image, px.
    """
    if not len(boxes):
        return boxes
    rescaled = rescale(pipeline, boxes, place, image_shape)
    return express(pipeline, rescaled, place, image_shape)
