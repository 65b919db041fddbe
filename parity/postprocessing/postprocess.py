"""Postprocessing without torch: from the candidates of an image to its detections."""

from collections.abc import Iterator

import numpy as np

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
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


def detect_in_parts(
    image: ImageCandidates,
    *,
    conf: float,
    iou: float,
    max_det: int,
    head: NetworkHead,
    at_once: int,
) -> Iterator[Detections]:
    """Yield what :func:`detect` returns, ``at_once`` detections at a time.

    The masks of all of them, each in the size of the image, would fill memory.
    """
    kept = _keep(image, conf=conf, iou=iou, max_det=max_det, head=head)
    for first in range(0, len(kept), at_once):
        few = kept.at(np.arange(first, min(first + at_once, len(kept))))
        yield POSTPROCESSING[head.task].finish(few, image, head)


def _keep(
    image: ImageCandidates, *, conf: float, iou: float, max_det: int, head: NetworkHead
) -> Candidates:
    if head.finished:
        return cut(image.candidates, conf=conf, max_det=max_det)
    suppress = POSTPROCESSING[head.task].suppress
    return suppress(image.candidates, conf=conf, iou=iou, max_det=max_det)


def _detect(
    image: ImageCandidates,
    finish: Finish,
    *,
    conf: float,
    iou: float,
    max_det: int,
    head: NetworkHead,
) -> Detections:
    kept = _keep(image, conf=conf, iou=iou, max_det=max_det, head=head)
    if not len(kept):
        return Detections(kept.boxes, kept.scores, kept.class_ids)
    return finish(kept, image, head)
