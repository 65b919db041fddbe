"""Segmentation: boxes with masks; an object whose mask is empty is dropped."""

from dataclasses import replace

import numpy as np

from parity.deployment.boxes import BOX_CHOICES, box_candidates, boxes_in_image, survivors
from parity.deployment.geometry import seen_part
from parity.deployment.mask_variants import MaskBoxes, MaskChoices, make_masks
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import rescale
from parity.deployment.stage import fields_of
from parity.deployment.task import DEPLOYMENTS, READING, InImage, TaskDeployment
from parity.deployment.turning import masks_back
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.tasks.task import Outputs


def _decode(pipeline: Pipeline, outputs: Outputs, floor: float, classes: int) -> Candidates:
    return replace(box_candidates(pipeline, outputs, floor, classes), prototypes=outputs[1])


def _finish(pipeline: Pipeline, kept: Candidates, image: InImage) -> Detections:
    found = boxes_in_image(pipeline, kept, image)
    if not len(kept):
        return found
    in_image = rescale(pipeline, kept.boxes, image.place, image.image_shape)
    masks = make_masks(
        pipeline,
        kept.prototypes,
        kept.extras,
        boxes=MaskBoxes(kept.boxes, in_image),
        place=image.place,
        image_shape=image.image_shape,
        seen=seen_part(pipeline, image.image_shape),
    )
    if pipeline.mask_frame == "image":
        masks = masks_back(pipeline, masks)
    return replace(found, masks=masks).at(np.flatnonzero(masks.any(axis=(1, 2))))


DEPLOYMENTS.add(
    "segment",
    TaskDeployment(
        choices=BOX_CHOICES.union({"class_rows"}, fields_of(MaskChoices)),
        decode=_decode,
        select=survivors,
        reading=(*READING, "class_rows"),
        finish=_finish,
        outline=boxes_in_image,
    ),
)
