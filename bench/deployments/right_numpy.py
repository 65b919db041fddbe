"""A right program in plain numpy."""

import cv2
import numpy as np
from command import run


def letterbox(image, size=640):
    h, w = image.shape[:2]
    r = min(size / h, size / w)
    nh, nw = round(h * r), round(w * r)
    top, left = round((size - nh) / 2 - 0.1), round((size - nw) / 2 - 0.1)
    canvas = np.full((size, size, 3), 114, np.uint8)
    if (nh, nw) != (h, w):
        image = cv2.resize(image, (nw, nh), interpolation=cv2.INTER_LINEAR)
    canvas[top : top + nh, left : left + nw] = image
    return canvas, (left, top), (nw / w, nh / h)


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
    canvas, offset, gains = letterbox(image)
    x = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:].max(1) > 0.4]
    labels, scores = out[:, 4:].argmax(1), out[:, 4:].max(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    records = []
    for label in set(labels.tolist()):
        own = np.flatnonzero(labels == label)
        for i in own[nms(boxes[own], scores[own], 0.6)]:
            box = (boxes[i] - np.tile(offset, 2)) / np.tile(gains, 2)
            box = np.clip(box, 0, [w, h, w, h])
            records.append(
                {
                    "xyxy": [round(float(v), 3) for v in box],
                    "score": round(float(scores[i]), 3),
                    "class_id": label,
                }
            )
    return records


run(detect)
