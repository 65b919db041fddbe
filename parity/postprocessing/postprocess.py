"""Postprocessing without torch: from the candidates of an image to its detections."""

from parity.detection.candidate_files import ImageCandidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.nms import cut
from parity.postprocessing.task import POSTPROCESSING, Finish


def detect(
    image: ImageCandidates, *, conf: float, iou: float, max_det: int, head: NetworkHead
) -> Detections:
    """Apply thresholds and NMS and map what is left back to image coordinates.

    Parameters
    ----------
    image : ImageCandidates
        Candidates in input coordinates.
    conf, iou : float
        Thresholds as in ``predict``.
    max_det : int
        Detections kept at most.
    head : NetworkHead
        What the candidates come from.

    Returns
    -------
    Detections
        In image coordinates.
    """
    finish = POSTPROCESSING[head.task].finish
    return _detect(image, finish, conf=conf, iou=iou, max_det=max_det, head=head)


def detect_boxes(
    image: ImageCandidates, *, conf: float, iou: float, max_det: int, head: NetworkHead
) -> Detections:
    """Do what :func:`detect` does with boxes alone; objects whose mask is empty stay."""
    finish = POSTPROCESSING[head.task].boxes
    return _detect(image, finish, conf=conf, iou=iou, max_det=max_det, head=head)


def _detect(
    image: ImageCandidates,
    finish: Finish,
    *,
    conf: float,
    iou: float,
    max_det: int,
    head: NetworkHead,
) -> Detections:
    if head.end2end:
        kept = cut(image.candidates, conf=conf, max_det=max_det)
    else:
        suppress = POSTPROCESSING[head.task].suppress
        kept = suppress(image.candidates, conf=conf, iou=iou, max_det=max_det)
    if not len(kept):
        return Detections(kept.boxes, kept.scores, kept.class_ids)
    return finish(kept, image, head)
