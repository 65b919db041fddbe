"""Oriented boxes: suppressed by their probabilistic IoU and never clipped."""

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.oriented_boxes import (
    hulls_of,
    oriented_boxes,
    scale_oriented,
    suppress_oriented,
)
from parity.postprocessing.task import POSTPROCESSING, Postprocessing


def oriented_in_image(kept: Candidates, image: ImageCandidates, head: NetworkHead) -> Detections:  # noqa: ARG001
    """Return oriented boxes in image coordinates and their upright hulls."""
    boxes = scale_oriented(oriented_boxes(kept), image.input_shape, image.image_shape)
    return Detections(hulls_of(boxes), kept.scores, kept.class_ids, oriented=boxes)


POSTPROCESSING.add("obb", Postprocessing(suppress_oriented, oriented_in_image, oriented_in_image))
