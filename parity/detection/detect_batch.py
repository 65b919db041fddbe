"""Postprocessing a batch: from a candidate file to a detection file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from parity.detection.candidate_files import BakedThresholds, CandidateBatch
from parity.detection.detection_files import DetectionBatch, ImageDetections, MadeBy, Thresholds
from parity.detection.detections import Detections
from parity.documents import save
from parity.errors import UserError


def detect_batch(
    candidates: str | Path,
    destination: str | Path,
    *,
    arm: str,
    thresholds: Thresholds,
    detect: Callable[..., Detections],
    native_masks: bool = False,
) -> None:
    """Turn a candidate file into a detection file.

    Parameters
    ----------
    candidates, destination : str or Path
        What to read and to write.
    arm : str
        Name of the arm.
    thresholds : Thresholds
        What to apply.
    detect : callable
        Turns the candidates of one image into detections, see
        :func:`parity.postprocessing.postprocess.detect`.
    native_masks : bool
        Whether masks are made in the size of the image.

    Raises
    ------
    UserError
        If NMS in the model's graph has other thresholds, see :func:`check_baked`.
    """
    batch = CandidateBatch.load(candidates)
    run = batch.made_by
    run = replace(run, head=replace(run.head, native_masks=native_masks))
    check_baked(arm, run.baked, thresholds)
    images = [
        ImageDetections.of(image, detect(image, **vars(thresholds), head=run.head))
        for image in batch.images
    ]
    save(destination, DetectionBatch(MadeBy.network(arm, thresholds, run), images))


def check_baked(arm: str, baked: BakedThresholds | None, thresholds: Thresholds) -> None:
    """Compare thresholds with those that are part of a model's graph.

    Raises
    ------
    UserError
        If the graph has already dropped detections that the thresholds ask for, or has suppressed
        at another IoU.
    """
    if baked is None:
        return
    if np.float32(thresholds.conf) < np.float32(baked.conf):
        raise UserError(
            f"{arm}: thresholds.conf is {thresholds.conf}, but the NMS in this model's graph "
            f"drops every score up to {baked.conf}; raise the threshold or export the model again "
            "with a lower conf."
        )
    if np.float32(thresholds.iou) != np.float32(baked.iou):
        raise UserError(
            f"{arm}: thresholds.iou is {thresholds.iou}, but the NMS in this model's graph uses "
            f"{baked.iou}; set thresholds.iou: {baked.iou}, or export the model again with "
            f"iou={thresholds.iou}."
        )
