"""A black border, and masks without their fine parts."""

import cv2
import numpy as np
from command import run


def letterbox(image, size):
    h, w = image.shape[:2]
    r = min(size / h, size / w)
    nh, nw = round(h * r), round(w * r)
    top, left = round((size - nh) / 2 - 0.1), round((size - nw) / 2 - 0.1)
    canvas = np.full((size, size, 3), 0, np.uint8)
    canvas[top : top + nh, left : left + nw] = image if r == 1 else cv2.resize(image, (nw, nh))
    return canvas, top, left, nh, nw


def nms(boxes, scores, threshold):
    order, keep = np.argsort(-scores, kind="stable"), []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while order.size:
        i, rest = order[0], order[1:]
        keep.append(i)
        w = np.minimum(boxes[i, 2], boxes[rest, 2]) - np.maximum(boxes[i, 0], boxes[rest, 0])
        h = np.minimum(boxes[i, 3], boxes[rest, 3]) - np.maximum(boxes[i, 1], boxes[rest, 1])
        inter = np.maximum(w, 0) * np.maximum(h, 0)
        order = rest[inter / (areas[i] + areas[rest] - inter) <= threshold]
    return keep


def run_lengths(mask):
    flat = np.concatenate([[0], mask.ravel(order="F"), [0]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], changes, [mask.size]]))
    if counts[-1] == 0:
        counts = counts[:-1]
    return {"size": list(mask.shape), "counts": counts.tolist()}


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    size = session.get_inputs()[0].shape[2]
    canvas, top, left, nh, nw = letterbox(image, size)
    x = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out, prototypes = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})
    out, prototypes = out[0].T, prototypes[0]
    out = out[out[:, 4:-32].max(1) > 0.25]
    labels, scores = out[:, 4:-32].argmax(1), out[:, 4:-32].max(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    records = []
    for i in nms(boxes + 7680 * labels[:, None], scores, 0.45):
        box = (boxes[i] - [left, top, left, top]) / [nw / w, nh / h, nw / w, nh / h]
        x1, y1, x2, y2 = np.clip(box, 0, [w, h, w, h])
        logits = np.tensordot(out[i, -32:], prototypes, 1)
        logits = cv2.resize(logits, (size, size))[top : top + nh, left : left + nw]
        mask = cv2.resize(logits, (w, h)) > 0
        inside = np.zeros((h, w), bool)
        inside[int(np.ceil(y1)) : int(np.ceil(y2)), int(np.ceil(x1)) : int(np.ceil(x2))] = True
        mask = (mask & inside).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
        records.append(
            {
                "bbox": [round(float(v), 2) for v in (x1, y1, x2, y2)],
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
                "segmentation": run_lengths(mask),
            }
        )
    return records


run(detect)
