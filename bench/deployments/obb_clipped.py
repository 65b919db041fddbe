"""Oriented boxes of an image in BGR, with corners that are moved into it one by one."""

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
    return canvas, left, top, np.array([nw / w, nh / h])


def overlaps(boxes):
    x, y, w, h, angle = boxes.T
    cos, sin = np.cos(angle), np.sin(angle)
    p, q = w**2 / 12, h**2 / 12
    a, b, c = p * cos**2 + q * sin**2, p * sin**2 + q * cos**2, (p - q) * cos * sin
    a, b, c = (v[:, None] + v[None] for v in (a, b, c))
    own = (np.diag(a) * np.diag(b) - np.diag(c) ** 2) / 4
    det, dx, dy = a * b - c**2, x[:, None] - x[None], y[:, None] - y[None]
    apart = (a * dy**2 + b * dx**2) / 4 - c * dx * dy / 2
    far = apart / (det + 1e-7) + np.log(det / (4 * np.sqrt(own[:, None] * own[None]) + 1e-7)) / 2
    return 1 - np.sqrt(1 - np.exp(-far.clip(1e-7, 100)) + 1e-7)


def nms(boxes, scores, threshold):
    order = np.argsort(-scores, kind="stable")
    covered = np.triu(overlaps(boxes[order]), 1) >= threshold
    return order[~covered.any(axis=0)]


def corners_of(x, y, w, h, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    along, across = np.array([cos, sin]) * w / 2, np.array([-sin, cos]) * h / 2
    centre = np.array([x, y])
    signs = ((1, 1), (1, -1), (-1, -1), (-1, 1))
    return np.array([centre + s * along + t * across for s, t in signs])


def detect(session, path):
    image = cv2.imread(path)
    size = session.get_inputs()[0].shape[2]
    canvas, left, top, gain = letterbox(image, size)
    x = canvas.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:-1].max(1) > 0.25].astype(np.float64)
    labels, scores = out[:, 4:-1].argmax(1), out[:, 4:-1].max(1)
    boxes = out[:, [0, 1, 2, 3, -1]]
    apart = boxes.copy()
    apart[:, :2] += 7680 * labels[:, None]
    records = []
    for i in nms(apart, scores, 0.45):
        (cx, cy), (bw, bh) = (boxes[i, :2] - [left, top]) / gain, boxes[i, 2:4] / gain
        corners = corners_of(cx, cy, bw, bh, boxes[i, 4])
        records.append(
            {
                "corners": np.clip(corners, 0, image.shape[1::-1]).round(2).tolist(),
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
            }
        )
    return records


run(detect)
