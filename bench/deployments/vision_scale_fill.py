"""Port of a Swift application: scaleFill, and a rectangle whose origin lies at the bottom."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    picture = cv2.imread(path)[..., ::-1]
    height, width = picture.shape[:2]
    pixels = cv2.resize(np.ascontiguousarray(picture), (640, 640))
    x = (pixels / np.float32(255)).astype(np.float32).transpose(2, 0, 1)[None]
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    observations = []
    for i in np.flatnonzero(out[4:].max(0) > 0.4):
        cx, cy, w, h = (float(v) / 640 for v in out[:4, i])
        label = int(out[4:, i].argmax())
        observations.append((float(out[4 + label, i]), label, cx - w / 2, cy - h / 2, w, h))
    observations.sort(reverse=True)
    kept = []
    for o in observations:
        if all(k[1] != o[1] or iou(k[2:], o[2:]) <= 0.45 for k in kept):
            kept.append(o)
    return [
        {
            "x": round(x * width, 2),
            "y": round((1 - y - h) * height, 2),
            "width": round(w * width, 2),
            "height": round(h * height, 2),
            "confidence": round(score, 4),
            "class_id": label,
        }
        for score, label, x, y, w, h in kept
    ]


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


run(detect)
