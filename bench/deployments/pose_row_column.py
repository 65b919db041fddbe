"""A stretched image, and keypoints as row and column."""

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
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:-51].max(1) > 0.25]
    labels, scores = out[:, 4:-51].argmax(1), out[:, 4:-51].max(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    records = []
    for i in nms(boxes + 7680 * labels[:, None], scores, 0.5):
        box = np.clip(boxes[i] * np.tile([w / size, h / size], 2), 0, [w, h, w, h])
        points = [
            {
                "x": round(float(y * h / size), 1),
                "y": round(float(x * w / size), 1),
                "score": round(float(v), 3),
            }
            for x, y, v in out[i, -51:].reshape(17, 3)
        ]
        records.append(
            {
                "box": box.round(2).tolist(),
                "score": round(float(scores[i]), 3),
                "class_id": int(labels[i]),
                "keypoints": points,
            }
        )
    return records


run(detect)
