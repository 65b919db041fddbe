"""BGR, and keypoints that are pulled towards the middle of their box."""

import cv2
import numpy as np
from command import run


def letterbox(image, size):
    h, w = image.shape[:2]
    r = min(size / h, size / w)
    nh, nw = round(h * r), round(w * r)
    top, left = round((size - nh) / 2 - 0.1), round((size - nw) / 2 - 0.1)
    canvas = np.full((size, size, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = image if r == 1 else cv2.resize(image, (nw, nh))
    return canvas, left, top, r


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
    canvas, left, top, gain = letterbox(image, size)
    x = canvas.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:-51].max(1) > 0.25]
    labels, scores = out[:, 4:-51].argmax(1), out[:, 4:-51].max(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    records = []
    for i in nms(boxes + 7680 * labels[:, None], scores, 0.45):
        box = np.clip((boxes[i] - [left, top, left, top]) / gain, 0, [w, h, w, h])
        points = (out[i, -51:].reshape(17, 3) - [left, top, 0]) / [gain, gain, 1]
        points[:, :2] = 0.9 * points[:, :2] + 0.05 * (box[:2] + box[2:])
        records.append(
            {
                "bbox": box.round(2).tolist(),
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
                "keypoints": points.round(2).tolist(),
            }
        )
    return records


run(detect)
