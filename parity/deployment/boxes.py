"""Boxes: from candidates to the boxes that a deployment returns."""

from dataclasses import replace

import numpy as np

from parity.deployment.box_layout import BoxFormatChoices, to_corners
from parity.deployment.box_output import to_output
from parity.deployment.class_ids import ClassIdChoices, renumber
from parity.deployment.decoding_variants import DecodingChoices, decode_with_choices
from parity.deployment.dropping import above_own_confs, of_given_classes, within
from parity.deployment.geometry import GeometryChoices
from parity.deployment.input_tensor import InputTensorChoices
from parity.deployment.network import NetworkChoices
from parity.deployment.nms_variants import NmsChoices, joined_by, merge, select
from parity.deployment.output_format import OutputChoices
from parity.deployment.pipeline import Pipeline
from parity.deployment.reading import ReadingChoices
from parity.deployment.rescaling_variants import RescalingChoices, to_image
from parity.deployment.stage import fields_of, values
from parity.deployment.task import InImage
from parity.deployment.thresholds import passing
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.letterbox import Letterbox
from parity.detection.nms import cut, suppress
from parity.tasks.task import Outputs

BOX_CHOICES = frozenset(
    fields_of(
        ReadingChoices,
        GeometryChoices,
        InputTensorChoices,
        NetworkChoices,
        DecodingChoices,
        BoxFormatChoices,
        NmsChoices,
        RescalingChoices,
        OutputChoices,
        ClassIdChoices,
    )
) - {"ending", "class_rows"}
"""The choices of a deployment that returns boxes parallel to the axes, and nothing else."""

_NUMBERS = ("conf", "iou", "max_det")
_OF_SURVIVORS = tuple(
    name for name in fields_of(BoxFormatChoices, NmsChoices) if name not in _NUMBERS
)
_ULTRALYTICS = values(Pipeline(), _OF_SURVIVORS)


def box_candidates(pipeline: Pipeline, outputs: Outputs, floor: float, classes: int) -> Candidates:
    """Return the candidates above a floor; x1, y1, x2, y2 in input px.

    Parameters
    ----------
    pipeline : Pipeline
        The deployment.
    outputs : tuple of array
        The first, (4 + classes + E, anchors), is read.
    floor : float
        Least score.
    classes : int
        Of the model.
    """
    return decode_with_choices(pipeline, outputs[0], floor, classes)


def boxes_in_image(pipeline: Pipeline, kept: Candidates, image: InImage) -> Detections:
    """Return what a deployment returns of boxes in input px: in its own unit and class ids."""
    boxes = to_output(pipeline, kept.boxes, image.place, image.image_shape)
    return Detections(boxes, kept.scores, renumber(pipeline, kept.class_ids))


def survivors(pipeline: Pipeline, found: Candidates, image: InImage) -> Candidates:
    """Apply thresholds and suppression, and drop boxes.

    Returns
    -------
    Candidates
        Boxes are x1, y1, x2, y2 in input px, classes those of the model.
    """
    if image.head.finished:
        return cut(found, conf=pipeline.conf, max_det=pipeline.max_det)
    if values(pipeline, _OF_SURVIVORS) == _ULTRALYTICS:
        iou, max_det = pipeline.iou, pipeline.max_det
        return suppress(found, conf=pipeline.conf, iou=iou, max_det=max_det)
    place, image_shape = image.place, image.image_shape
    kept = passing(pipeline, found.scores)
    kept = kept[above_own_confs(pipeline, found.scores[kept], found.class_ids[kept])]
    kept = kept[: pipeline.first_candidates]
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
        returned = pipeline.replace(integers=whole, corners="xyxy")
        compared = to_output(returned, boxes, place, image_shape)
    if pipeline.suppressed_in == "fractions":
        compared = boxes / np.array((place.width, place.height) * 2, np.float32)
    chosen = select(pipeline, compared, scores, class_ids)
    survived = boxes[chosen]
    if pipeline.merging:
        joined = joined_by(pipeline, compared, class_ids, chosen)
        survived = merge(boxes, scores, joined)
    stay = inside[chosen] & of_given_classes(pipeline, class_ids[chosen])
    return replace(found.at(kept[chosen][stay]), boxes=survived[stay])


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
