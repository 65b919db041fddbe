"""A stretched photograph, and the largest outline of each mask as fractions."""

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
    for i in nms(boxes + 7680 * labels[:, None], scores, 0.45):
        x1, y1, x2, y2 = np.clip(boxes[i] * np.tile([w / size, h / size], 2), 0, [w, h, w, h])
        logits = np.tensordot(out[i, -32:], prototypes, 1)
        mask = cv2.resize(logits, (w, h)) > 0
        inside = np.zeros((h, w), bool)
        inside[int(np.ceil(y1)) : int(np.ceil(y2)), int(np.ceil(x1)) : int(np.ceil(x2))] = True
        mask = (mask & inside).astype(np.uint8)
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        largest = max(outlines, key=cv2.contourArea, default=np.zeros((0, 1, 2)))
        records.append(
            {
                "xyxyn": [round(float(v), 5) for v in (x1 / w, y1 / h, x2 / w, y2 / h)],
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
                "polygon": (largest[:, 0] / [w, h]).round(6).ravel().tolist(),
            }
        )
    return records


run(detect)
