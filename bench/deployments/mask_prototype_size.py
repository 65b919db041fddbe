"""A stretched photograph, and masks that keep the size of the prototypes."""

import cv2
import numpy as np
from command import run


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
    canvas = cv2.resize(image, (size, size))
    x = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out, prototypes = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})
    out, prototypes = out[0].T, prototypes[0]
    out = out[out[:, 4:-32].max(1) > 0.25]
    labels, scores = out[:, 4:-32].argmax(1), out[:, 4:-32].max(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    records = []
    scale = prototypes.shape[1] / size
    for i in nms(boxes + 7680 * labels[:, None], scores, 0.45):
        box = np.clip(boxes[i] * [w / size, h / size, w / size, h / size], 0, [w, h, w, h])
        mask = np.tensordot(out[i, -32:], prototypes, 1) > 0
        a, b, c, d = np.ceil(boxes[i] * scale).astype(int).clip(0, mask.shape[0])
        inside = np.zeros(mask.shape, bool)
        inside[b:d, a:c] = True
        records.append(
            {
                "xyxy": box.round(2).tolist(),
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
                "segmentation": run_lengths(mask & inside),
            }
        )
    return records


run(detect)
