"""From the network's raw output to candidates, by the choices of a pipeline."""

import numpy as np

from parity.deployment.pipeline import DECODING_FIELDS, Pipeline, values
from parity.detection.boxes import cxcywh_to_xyxy
from parity.detection.decoding import Candidates, decode

_CORRECT = values(Pipeline(), DECODING_FIELDS)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function of any float array, as float32."""
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(np.float32)


def candidates(pipeline: Pipeline, raw: np.ndarray, floor: float) -> Candidates:
    """Make candidates of a raw output.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices of decoding.
    raw : (4 + classes, anchors) float32
        What the network returned.
    floor : float
        Scores must exceed it.

    Returns
    -------
    Candidates
        In anchor order; the four coordinates are not interpreted yet.
    """
    if values(pipeline, DECODING_FIELDS) == _CORRECT:
        return decode(raw, floor)
    rows = raw.T
    if pipeline.output_axes == "rows":
        rows = raw
    elif pipeline.output_axes == "reshaped":
        rows = np.ascontiguousarray(raw).reshape(raw.shape[1], raw.shape[0])
    scores, class_ids = _scores(pipeline, rows)
    if scores.ndim == 2:
        kept, class_ids = np.nonzero(scores > np.float32(floor))
        scores = scores[kept, class_ids]
    else:
        kept = np.flatnonzero(scores > np.float32(floor))
        scores, class_ids = scores[kept], class_ids[kept]
    boxes = np.ascontiguousarray(rows[kept, :4], np.float32)
    if pipeline.box_activation == "sigmoid":
        boxes = sigmoid(boxes)
    return Candidates(boxes, scores.astype(np.float32), class_ids.astype(np.int32))


def _scores(pipeline: Pipeline, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first = 4 if pipeline.head in ("v8", "column4") else 5
    classes, objectness = rows[:, first:], rows[:, 4]
    if pipeline.activation == "softmax":
        shifted = np.exp(classes - classes.max(axis=1, keepdims=True))
        classes = shifted / shifted.sum(axis=1, keepdims=True)
    class_ids = classes.argmax(axis=1)
    if pipeline.multi_label and pipeline.head == "v8":
        return sigmoid(classes) if pipeline.activation == "sigmoid" else classes, class_ids
    best = np.take_along_axis(classes, class_ids[:, None], axis=1)[:, 0]
    if pipeline.activation == "sigmoid":
        best, objectness = sigmoid(best), sigmoid(objectness)
    if pipeline.head == "v5":
        return objectness * best, class_ids
    if pipeline.head in ("column4", "v5_objectness"):
        return objectness, class_ids
    return best, class_ids


def corners(pipeline: Pipeline, boxes: np.ndarray) -> np.ndarray:
    """Return x1, y1, x2, y2 of boxes as a deployment takes them.

    Parameters
    ----------
    pipeline : Pipeline
        Its ``box_format``.
    boxes : (N, 4) float32
        The coordinates of candidates, input px.
    """
    if pipeline.box_format == "cxcywh":
        return cxcywh_to_xyxy(boxes)
    if pipeline.box_format == "xyxy":
        return boxes.copy()
    if pipeline.box_format == "xywh":
        return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    if pipeline.box_format == "full_sides":
        return np.concatenate([boxes[:, :2] - boxes[:, 2:], boxes[:, :2] + boxes[:, 2:]], axis=1)
    if pipeline.box_format == "cycxhw":
        return cxcywh_to_xyxy(boxes[:, [1, 0, 3, 2]])
    raise ValueError(f"unknown box_format {pipeline.box_format}")
