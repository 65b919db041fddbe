"""Postprocessing: everything from the network's raw output to detections."""

from dataclasses import replace

import numpy as np

from parity.deployment.box_layout import BoxFormatChoices, to_corners
from parity.deployment.class_ids import renumber
from parity.deployment.decoding_variants import decode_with_choices
from parity.deployment.dropping import within
from parity.deployment.nms_variants import NmsChoices, joined_by, merge, select
from parity.deployment.output_format import express
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import rescale, to_image
from parity.deployment.stage import fields_of, values
from parity.deployment.thresholds import passing
from parity.detection.decoding import Candidates, decode_end2end
from parity.detection.detections import Detections
from parity.detection.letterbox import Letterbox
from parity.detection.nms import cut, suppress

_NUMBERS = ("conf", "iou", "max_det")
_OF_SURVIVORS = tuple(
    name for name in fields_of(BoxFormatChoices, NmsChoices) if name not in _NUMBERS
)
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
    found = decode_end2end(raw, floor) if end2end else decode_with_choices(pipeline, raw, floor)
    boxes, scores, class_ids = survivors(pipeline, found, place, image_shape, end2end=end2end)
    boxes = to_output(pipeline, boxes, place, image_shape)
    return Detections(boxes, scores, renumber(pipeline, class_ids))


def survivors(
    pipeline: Pipeline,
    found: Candidates,
    place: Letterbox,
    image_shape: tuple[int, int],
    *,
    end2end: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apply thresholds and suppression, and drop boxes.

    Returns
    -------
    boxes : (K, 4) float32
        x1, y1, x2, y2 in input px.
    scores : (K,) float32
    class_ids : (K,) int32
        Of the model.
    """
    if end2end:
        return _columns(cut(found, conf=pipeline.conf, max_det=pipeline.max_det))
    if values(pipeline, _OF_SURVIVORS) == _ULTRALYTICS:
        iou, max_det = pipeline.iou, pipeline.max_det
        return _columns(suppress(found, conf=pipeline.conf, iou=iou, max_det=max_det))
    kept = passing(pipeline, found.scores)
    boxes = to_corners(pipeline, found.boxes[kept])
    inside = _inside(pipeline, boxes, place, image_shape)
    if not pipeline.dropped_after_nms:
        kept, boxes, inside = kept[inside], boxes[inside], inside[inside]
    if len(kept) > pipeline.max_candidates:
        best = np.argsort(-found.scores[kept], kind="stable")[: pipeline.max_candidates]
        kept, boxes, inside = kept[best], boxes[best], inside[best]
    scores, class_ids = found.scores[kept], found.class_ids[kept]
    compared = boxes
    if pipeline.suppressed_in in ("image", "unrounded"):
        whole = pipeline.integers if pipeline.suppressed_in == "image" else "no"
        returned = replace(pipeline, integers=whole, corners="xyxy")
        compared = to_output(returned, boxes, place, image_shape)
    chosen = select(pipeline, compared, scores, class_ids)
    survived = boxes[chosen]
    if pipeline.merging:
        joined = joined_by(pipeline, compared, class_ids, chosen)
        survived = merge(boxes, scores, joined)
    stay = inside[chosen]
    return survived[stay], scores[chosen][stay], class_ids[chosen][stay]


def _columns(kept: Candidates) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return kept.boxes, kept.scores, kept.class_ids


def _inside(
    pipeline: Pipeline, boxes: np.ndarray, place: Letterbox, image_shape: tuple[int, int]
) -> np.ndarray:
    if pipeline.dropped == "leaving_input":
        return within(boxes, (place.height, place.width))
    if pipeline.dropped == "reaching_padding":
        visible = boxes.clip(0, np.array((place.width, place.height) * 2, np.float32))
        corner = np.array((place.left, place.top) * 2, np.float32)
        return within(visible - corner, (place.resized_height, place.resized_width))
    if pipeline.dropped == "leaving_image":
        return within(to_image(pipeline, boxes, place, image_shape), image_shape)
    return np.ones(len(boxes), bool)


def needs_image(pipeline: Pipeline) -> bool:
    """Return whether it depends on the image which boxes survive, not on the input alone."""
    in_image = pipeline.suppressed_in in ("image", "unrounded")
    return in_image or pipeline.dropped == "leaving_image"


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
