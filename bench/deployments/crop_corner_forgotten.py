"""Port of a Dart application: the middle square, nearest px; its corner is not added afterwards."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = rgb.shape[:2]
    side = min(width, height)
    x0, y0 = (width - side) // 2, (height - side) // 2
    at = np.arange(640) * side // 640
    tensor = rgb[y0 + at[:, None], x0 + at].transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(tensor)})[0][0]
    results = []
    for i in range(out.shape[1]):
        label = int(out[4:, i].argmax())
        if out[4 + label, i] > 0.25:
            cx, cy, w, h = (float(v) * side / 640 for v in out[:4, i])
            results.append([float(out[4 + label, i]), label, cx - w / 2, cy - h / 2, w, h])
    results.sort(key=lambda r: -r[0])
    kept = []
    for r in results:
        if all(k[1] != r[1] or iou(k[2:], r[2:]) <= 0.45 for k in kept):
            kept.append(r)
    return [
        {
            "x": round(x, 2),
            "y": round(y, 2),
            "w": round(w, 2),
            "h": round(h, 2),
            "score": round(score, 4),
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
