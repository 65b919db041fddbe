"""Ultralytics' own NMS and rescaling of boxes, applied to stored candidates."""

import torch
import torchvision  # noqa: F401  Ultralytics suppresses with it only if it is imported
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.ops import scale_boxes

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections


def detect(
    image: ImageCandidates, *, conf: float, iou: float, max_det: int, end2end: bool
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
    end2end : bool
        Whether the candidates are finished boxes.

    Returns
    -------
    Detections
        In image px.
    """
    if not len(image.candidates):
        return Detections(
            image.candidates.boxes, image.candidates.scores, image.candidates.class_ids
        )
    candidates = image.candidates
    (kept,) = non_max_suppression(
        end2end_output(candidates) if end2end else raw_output(candidates),
        conf,
        iou,
        max_det=max_det,
        end2end=end2end,
        max_time_img=float("inf"),  # by default it gives up after two seconds
    )
    boxes = scale_boxes(image.input_shape, kept[:, :4].clone(), image.image_shape)
    return Detections(boxes.numpy(), kept[:, 4].numpy().copy(), kept[:, 5].numpy().astype("int32"))


def raw_output(candidates: Candidates) -> torch.Tensor:
    """Rebuild the part of a raw output that candidates came from, (1, 4 + highest class, N + 7).

    Anchors that score 0 follow the candidates: Ultralytics takes any output whose last axis is 6
    for finished boxes.
    """
    count = len(candidates)
    classes = int(candidates.class_ids.max()) + 1
    output = torch.zeros(1, 4 + classes, count + 7)
    output[0, :4, :count] = torch.from_numpy(candidates.boxes.T.copy())
    anchors = torch.arange(count)
    rows = torch.from_numpy(candidates.class_ids).long() + 4
    output[0, rows, anchors] = torch.from_numpy(candidates.scores)
    return output


def end2end_output(candidates: Candidates) -> torch.Tensor:
    """Rebuild the rows of an end-to-end output that candidates came from, (1, N, 6)."""
    columns = (
        candidates.boxes,
        candidates.scores[:, None],
        candidates.class_ids[:, None].astype("float32"),
    )
    return torch.cat([torch.from_numpy(column) for column in columns], dim=1)[None]
