"""Classification: a label is a detection whose box is the whole image."""

import numpy as np

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.postprocessing.task import POSTPROCESSING, Postprocessing


def best_labels(candidates: Candidates, *, conf: float, iou: float, max_det: int) -> Candidates:  # noqa: ARG001
    """Return the labels that score above a threshold, by falling score; equal ones by class."""
    ranked = candidates.at(np.argsort(-candidates.scores, kind="stable"))
    return ranked.at(np.flatnonzero(ranked.scores > np.float32(conf))[:max_det])


def of_whole_image(kept: Candidates, image: ImageCandidates, head: NetworkHead) -> Detections:  # noqa: ARG001
    """Return labels, each with the box of the image."""
    height, width = image.image_shape
    boxes = np.tile(np.array([0, 0, width, height], np.float32), (len(kept), 1))
    return Detections(boxes, kept.scores, kept.class_ids)


POSTPROCESSING.add("classify", Postprocessing(best_labels, of_whole_image, of_whole_image))
