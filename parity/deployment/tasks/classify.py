"""Classification: labels of the whole image."""

import numpy as np

from parity.deployment.centre_crop_variants import (
    CentreCropChoices,
    crop_with_choices,
    place_crop,
)
from parity.deployment.class_ids import ClassIdChoices, renumber
from parity.deployment.input_tensor import InputTensorChoices
from parity.deployment.label_variants import LabelChoices, label_candidates, ranked_labels
from parity.deployment.network import NetworkChoices
from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import InputFitting
from parity.deployment.reading import ReadingChoices
from parity.deployment.stage import fields_of
from parity.deployment.task import DEPLOYMENTS, InImage, TaskDeployment
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.tasks.task import Outputs


def _decode(pipeline: Pipeline, outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    return label_candidates(pipeline, outputs[0], floor)


def _select(pipeline: Pipeline, found: Candidates, image: InImage) -> Candidates:  # noqa: ARG001
    return ranked_labels(pipeline, found)


def _finish(pipeline: Pipeline, kept: Candidates, image: InImage) -> Detections:
    height, width = image.image_shape
    boxes = np.tile(np.array([0, 0, width, height], np.float32), (len(kept), 1))
    return Detections(boxes, kept.scores, renumber(pipeline, kept.class_ids))


_STAGES = (
    ReadingChoices,
    CentreCropChoices,
    InputTensorChoices,
    NetworkChoices,
    LabelChoices,
    ClassIdChoices,
)

DEPLOYMENTS.add(
    "classify",
    TaskDeployment(
        choices=frozenset(fields_of(*_STAGES)) - {"iou"},
        decode=_decode,
        select=_select,
        finish=_finish,
        reading=("probabilities",),
        own=("probabilities", "ranked_by"),
        fitting=InputFitting(place_crop, crop_with_choices),
        floor=0.0,
        least_score=0.0,
    ),
)
