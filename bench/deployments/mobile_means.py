"""Port of a phone's demo: the means and the scale of its first network, MobileNet, were kept."""

import cv2
import numpy as np
from command import run

MEANS = np.array([103.94, 116.78, 123.68], np.float32)
NORMALS = np.array([0.017, 0.017, 0.017], np.float32)


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = rgb.shape[:2]
    x = (cv2.resize(rgb, (640, 640)).astype(np.float32) - MEANS) * NORMALS
    x = np.ascontiguousarray(x.transpose(2, 0, 1)[None])
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    found = []
    for row in out[out[:, 4:].max(1) > 0.25].astype(float):
        label = int(row[4:].argmax())
        x1, y1 = (row[0] - row[2] / 2) / 640 * w, (row[1] - row[3] / 2) / 640 * h
        x2, y2 = (row[0] + row[2] / 2) / 640 * w, (row[1] + row[3] / 2) / 640 * h
        found.append((row[4 + label], label, (x1, y1, x2, y2)))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if not any(k[1] == f[1] and iou(k[2], f[2]) > 0.5 for k in kept):
            kept.append(f)
    return [
        {"xyxy": [round(v, 2) for v in box], "score": round(score, 4), "class_id": label}
        for score, label, box in kept
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
