"""Postprocessing a batch: from a candidate file to a detection file."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from parity.detection.candidate_files import CandidateBatch
from parity.detection.detection_files import save_detections
from parity.detection.detections import Detections
from parity.errors import UserError

log = logging.getLogger(__name__)


def detect_batch(
    candidates: str | Path,
    destination: str | Path,
    *,
    arm: str,
    thresholds: dict[str, Any],
    detect: Callable[..., Detections],
) -> None:
    """Turn a candidate file into a detection file.

    Parameters
    ----------
    candidates, destination : str or Path
        What to read and to write.
    arm : str
        Name of the arm.
    thresholds : dict
        ``conf``, ``iou`` and ``max_det``.
    detect : callable
        Turns the candidates of one image into detections, see
        :func:`parity.detection.postprocess.detect`.

    Raises
    ------
    UserError
        If NMS in the model's graph has dropped what the thresholds ask for.
    """
    batch = CandidateBatch.load(candidates)
    options = {
        **thresholds,
        "end2end": batch.made_by["end2end"],
    }
    check_baked(arm, batch.made_by.get("baked"), thresholds)
    made_by = {"arm": arm, "thresholds": thresholds, **batch.made_by}
    images = [(image, detect(image, **options)) for image in batch.images]
    save_detections(destination, made_by, images)


def check_baked(arm: str, baked: dict[str, float] | None, thresholds: dict[str, Any]) -> None:
    """Check thresholds against those of NMS in a model's graph.

    Raises
    ------
    UserError
        If the thresholds ask for detections that the graph has dropped.
    """
    if baked is None:
        return
    if np.float32(thresholds["conf"]) < np.float32(baked["conf"]):
        raise UserError(
            f"{arm}: thresholds.conf is {thresholds['conf']}, but NMS in the graph of this model "
            f"drops every score up to {baked['conf']}; raise the threshold, or export the model "
            "again with a lower conf."
        )
    if np.float32(thresholds["iou"]) != np.float32(baked["iou"]):
        log.warning(
            "%s runs NMS in its graph at an IoU threshold of %s; thresholds.iou, %s, has no effect",
            arm,
            baked["iou"],
            thresholds["iou"],
        )
