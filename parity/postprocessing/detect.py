"""Detection: boxes are suppressed by class and mapped into the image."""

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.nms import suppress
from parity.detection.rescaling import scale_boxes
from parity.postprocessing.task import POSTPROCESSING, Postprocessing


def in_image(kept: Candidates, image: ImageCandidates, head: NetworkHead) -> Detections:
    """Return boxes in image coordinates."""
    boxes = scale_boxes(kept.boxes, image.input_shape, image.image_shape, head.fitted)
    return Detections(boxes, kept.scores, kept.class_ids)


POSTPROCESSING.add("detect", Postprocessing(suppress, in_image, in_image))
