"""From the candidates of an image to its detections, without torch."""

from parity.detection.candidate_files import ImageCandidates
from parity.detection.detections import Detections
from parity.detection.letterbox import restore
from parity.detection.nms import cut, suppress


def detect(
    image: ImageCandidates, *, conf: float, iou: float, max_det: int, end2end: bool
) -> Detections:
    """Apply thresholds and suppression and map the boxes back into the image.

    Parameters
    ----------
    image : ImageCandidates
        Candidates in input px.
    conf, iou : float
        Thresholds as in ``predict``.
    max_det : int
        Detections kept at most.
    end2end : bool
        Whether the candidates are finished boxes.

    Returns
    -------
    Detections
        In image px.
    """
    if end2end:
        boxes, scores, class_ids = cut(image.candidates, conf=conf, max_det=max_det)
    else:
        boxes, scores, class_ids = suppress(image.candidates, conf=conf, iou=iou, max_det=max_det)
    if len(boxes):
        boxes = restore(boxes, image.input_shape, image.image_shape)
    return Detections(boxes, scores, class_ids)
