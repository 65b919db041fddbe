"""Port of a C# client of oriented boxes: BGR, four corners in whole px, NMS of their hulls."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bgr = cv2.imread(path)
    h, w = bgr.shape[:2]
    size = session.get_inputs()[0].shape[2]
    r = min(size / h, size / w)
    nw, nh = round(w * r), round(h * r)
    top, left = round((size - nh) / 2 - 0.1), round((size - nw) / 2 - 0.1)
    canvas = np.full((size, size, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = cv2.resize(bgr, (nw, nh))
    x = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T.astype(float)
    found = []
    for row in out:
        label = int(row[4:-1].argmax())
        if row[4 + label] >= 0.25:
            cx, cy, bw, bh = (row[0] - left) / r, (row[1] - top) / r, row[2] / r, row[3] / r
            c, s = np.cos(row[-1]), np.sin(row[-1])
            a, b = np.array([c, s]) * bw / 2, np.array([-s, c]) * bh / 2
            centre = np.array([cx, cy])
            corners = np.array([centre + a + b, centre + a - b, centre - a - b, centre - a + b])
            found.append((row[4 + label], label, corners))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if all(k[1] != f[1] or iou(k[2], f[2]) <= 0.45 for k in kept):
            kept.append(f)
    return [
        {
            "points": [[round(float(px), 1), round(float(py), 1)] for px, py in corners],
            "score": round(float(score), 3),
            "class_id": label,
        }
        for score, label, corners in kept
    ]


def iou(a, b):
    low, high = np.maximum(a.min(0), b.min(0)), np.minimum(a.max(0), b.max(0))
    inter = np.maximum(high - low, 0).prod()
    return inter / ((a.max(0) - a.min(0)).prod() + (b.max(0) - b.min(0)).prod() - inter)


run(detect)
