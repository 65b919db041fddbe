"""Pose estimation: boxes with keypoints."""

from dataclasses import replace

from parity.deployment.boxes import BOX_CHOICES, box_candidates, boxes_in_image, survivors
from parity.deployment.keypoint_variants import KeypointChoices, place_keypoints
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import rescale
from parity.deployment.stage import fields_of
from parity.deployment.task import DEPLOYMENTS, READING, InImage, TaskDeployment
from parity.deployment.turning import boxes_back
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections


def _finish(pipeline: Pipeline, kept: Candidates, image: InImage) -> Detections:
    found = boxes_in_image(pipeline, kept, image)
    shape = image.head.keypoint_shape
    if shape is None or not len(kept):
        return found
    rescaled = rescale(pipeline, kept.boxes, image.place, image.image_shape)
    boxes = boxes_back(pipeline, rescaled, image.image_shape)
    place, image_shape = image.place, image.image_shape
    keypoints = place_keypoints(
        pipeline, kept.extras, shape, boxes=boxes, place=place, image_shape=image_shape
    )
    return replace(found, keypoints=keypoints)


DEPLOYMENTS.add(
    "pose",
    TaskDeployment(
        choices=BOX_CHOICES.union({"class_rows"}, fields_of(KeypointChoices)),
        decode=box_candidates,
        select=survivors,
        reading=(*READING, "class_rows"),
        finish=_finish,
        own=("keypoint_layout", "keypoint_axes", "keypoint_frame"),
    ),
)
