"""Postprocessing without torch: from the candidates of an image to its detections."""

from parity.detection.candidate_files import ImageCandidates
from parity.detection.detections import Detections
from parity.detection.nms import cut, suppress
from parity.detection.rescaling import scale_boxes


def detect(
    image: ImageCandidates, *, conf: float, iou: float, max_det: int, end2end: bool
) -> Detections:
    """Apply thresholds and NMS and map the boxes back to image coordinates.

    Parameters
    ----------
    image : ImageCandidates
        Candidates in input coordinates.
    conf, iou : float
        Thresholds as in ``predict``.
    max_det : int
        Detections kept at most.
    end2end : bool
        Whether the candidates come from an end-to-end head and need no NMS.

    Returns
    -------
    Detections
        In image coordinates.
    """
    if end2end:
        boxes, scores, class_ids = cut(image.candidates, conf=conf, max_det=max_det)
    else:
        boxes, scores, class_ids = suppress(image.candidates, conf=conf, iou=iou, max_det=max_det)
    if len(boxes):
        boxes = scale_boxes(boxes, image.input_shape, image.image_shape)
    return Detections(boxes, scores, class_ids)
