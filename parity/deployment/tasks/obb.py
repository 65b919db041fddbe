"""Oriented boxes: boxes with an angle."""

import numpy as np

from parity.deployment.boxes import box_candidates
from parity.deployment.class_ids import ClassIdChoices, renumber
from parity.deployment.decoding_variants import DecodingChoices
from parity.deployment.geometry import GeometryChoices
from parity.deployment.input_tensor import InputTensorChoices
from parity.deployment.network import NetworkChoices
from parity.deployment.oriented_variants import (
    AngleChoices,
    rescale_oriented,
    select_oriented,
    write_angles,
    write_hulls,
)
from parity.deployment.pipeline import Pipeline
from parity.deployment.reading import ReadingChoices
from parity.deployment.stage import fields_of
from parity.deployment.task import DEPLOYMENTS, READING, InImage, TaskDeployment
from parity.deployment.thresholds import ThresholdChoices
from parity.deployment.turning import shape_back
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.nms import cut
from parity.detection.oriented_boxes import oriented_boxes


def _select(pipeline: Pipeline, found: Candidates, image: InImage) -> Candidates:
    if image.head.finished:
        return cut(found, conf=pipeline.conf, max_det=pipeline.max_det)
    return select_oriented(pipeline, found)


def _finish(pipeline: Pipeline, kept: Candidates, image: InImage) -> Detections:
    if not len(kept):
        return Detections(kept.boxes, kept.scores, renumber(pipeline, kept.class_ids))
    boxes = rescale_oriented(pipeline, oriented_boxes(kept), image.place, image.image_shape)
    image_shape = shape_back(pipeline, image.image_shape)
    hulls, written = write_hulls(pipeline, write_angles(pipeline, boxes), image_shape)
    class_ids = renumber(pipeline, kept.class_ids)
    return Detections(hulls, kept.scores, class_ids, oriented=written)


def _centres(pipeline: Pipeline, found: Candidates, image: InImage) -> np.ndarray:
    """Return the centres of boxes twice: where they lie, whatever becomes of their angles."""
    boxes = np.concatenate([found.boxes, np.zeros((len(found), 1), np.float32)], axis=1)
    centres = rescale_oriented(pipeline, boxes, image.place, image.image_shape)[:, :2]
    return np.tile(centres, 2)


_STAGES = (
    ReadingChoices,
    GeometryChoices,
    InputTensorChoices,
    NetworkChoices,
    DecodingChoices,
    ThresholdChoices,
    AngleChoices,
    ClassIdChoices,
)

DEPLOYMENTS.add(
    "obb",
    TaskDeployment(
        choices=frozenset(fields_of(*_STAGES)).union(
            (
                "suppression",
                "oriented_overlap",
                "oriented_suppressors",
                "gain",
                "offset",
                "offset_rounding",
                "rescaled",
                "turned_back",
            )
        )
        - {"box_activation", "ending"},
        decode=box_candidates,
        select=_select,
        finish=_finish,
        where=_centres,
        reading=(*READING, "class_rows"),
        own=("angle", "angle_unit", "angle_sign", "sides", "corners_clipped"),
    ),
)
