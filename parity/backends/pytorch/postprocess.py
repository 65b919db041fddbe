"""Ultralytics' own postprocessing, applied to stored candidates.

Its predictor is given what the network returned, rebuilt from the candidates, and its results are
read as they are.
"""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from ultralytics.engine.predictor import BasePredictor
from ultralytics.engine.results import Results

from parity.backends.pytorch.models import predictor_class
from parity.backends.pytorch.torchvision_operators import provide_operators
from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.postprocessing.postprocess import detect as detect_without_torch
from parity.tasks.task import TASKS


def detect(
    image: ImageCandidates, *, conf: float, iou: float, max_det: int, head: NetworkHead
) -> Detections:
    """Turn the candidates of an image into detections, as ``predict`` does.

    Parameters
    ----------
    image : ImageCandidates
        Candidates in input px.
    conf, iou : float
        Thresholds of ``predict``.
    max_det : int
        Detections kept at most.
    head : NetworkHead
        What the candidates come from.

    Returns
    -------
    Detections
        In image px.
    """
    candidates = image.candidates
    thresholds: dict[str, Any] = {"conf": conf, "iou": iou, "max_det": max_det}
    thresholded = TASKS[head.task].has_boxes and head.fitted == "letterbox"
    if not len(candidates) or not thresholded:  # it suppresses neither labels nor RT-DETR's boxes
        return detect_without_torch(image, **thresholds, head=head)
    classes = int(candidates.class_ids.max()) + 1
    predictor = _predictor(head)
    vars(predictor.args).update(thresholds)
    predictor.model.names = dict.fromkeys(range(classes), "")
    predictor.batch = ([image.name],)
    outputs = finished_output(candidates) if head.finished else raw_output(candidates, classes)
    prototypes = torch.from_numpy(candidates.prototypes)[None]
    returned = (outputs, prototypes) if prototypes.numel() else outputs
    seen = torch.empty(1, 3, *image.input_shape, device="meta")
    original = np.broadcast_to(np.uint8(0), (*image.image_shape, 3))
    (result,) = predictor.postprocess(returned, seen, [original])
    return _detections(result)


@cache
def _predictor(head: NetworkHead) -> BasePredictor:
    """Return a predictor whose network is only described."""
    provide_operators()  # Ultralytics suppresses with torchvision's only where it is imported
    options = {"save": False, "verbose": False, "retina_masks": head.native_masks}
    predictor = predictor_class(TASKS[head.task])(overrides=options)
    predictor.model = SimpleNamespace(end2end=head.finished, kpt_shape=head.keypoint_shape)
    return predictor


def _detections(result: Results) -> Detections:
    if result.obb is not None:
        data = result.obb.data.numpy()
        oriented, scores, class_ids = data[:, :5], data[:, 5], data[:, 6]
        boxes = result.obb.xyxy.numpy()
    else:
        data, oriented = result.boxes.data.numpy(), None
        boxes, scores, class_ids = data[:, :4], data[:, 4], data[:, 5]
    found = Detections(boxes.copy(), scores.copy(), class_ids.astype(np.int32))
    return replace(
        found,
        masks=None if result.masks is None else result.masks.data.numpy(),
        keypoints=None if result.keypoints is None else result.keypoints.data.numpy(),
        oriented=None if oriented is None else oriented.copy(),
    )


def raw_output(candidates: Candidates, classes: int) -> torch.Tensor:
    """Rebuild the part of a raw output that candidates came from.

    Parameters
    ----------
    candidates : Candidates
        N of them, with E extras each.
    classes : int
        Rows of scores; classes above need none.

    Returns
    -------
    (1, 4 + classes + E, N + 7) float32
        Anchors that score 0 follow the candidates: Ultralytics takes any output whose last axis is
        6 for finished boxes.
    """
    count = len(candidates)
    extras = _extras(candidates)
    output = torch.zeros(1, 4 + classes + extras.shape[1], count + 7)
    output[0, :4, :count] = torch.from_numpy(candidates.boxes.T.copy())
    anchors = torch.arange(count)
    rows = torch.from_numpy(candidates.class_ids).long() + 4
    output[0, rows, anchors] = torch.from_numpy(candidates.scores)
    output[0, 4 + classes :, :count] = torch.from_numpy(extras.T.copy())
    return output


def finished_output(candidates: Candidates) -> torch.Tensor:
    """Rebuild the rows of an end-to-end output that candidates came from, (1, N, 6 + E)."""
    columns = (
        candidates.boxes,
        candidates.scores[:, None],
        candidates.class_ids[:, None].astype("float32"),
        _extras(candidates),
    )
    return torch.cat([torch.from_numpy(column) for column in columns], dim=1)[None]


def _extras(candidates: Candidates) -> np.ndarray:
    extras = candidates.extras
    return extras if extras.size else np.zeros((len(candidates), 0), np.float32)
