"""Port of an Android demo of poses: stretched, nearest px, fractions, boxes outside dropped."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bitmap = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    size = session.get_inputs()[0].shape[2]
    height, width = bitmap.shape[:2]
    small = bitmap[(np.arange(size) * height // size)[:, None], np.arange(size) * width // size]
    x = np.ascontiguousarray(small.transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    found = []
    for c in range(out.shape[1]):
        label = int(out[4:-51, c].argmax())
        score = float(out[4 + label, c])
        if score > 0.3:
            cx, cy, w, h = (float(v) / size for v in out[:4, c])
            x1, y1, x2, y2 = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
            if x1 < 0 or x1 > 1 or y1 < 0 or y1 > 1 or x2 < 0 or x2 > 1 or y2 < 0 or y2 > 1:
                continue
            points = out[-51:, c].reshape(17, 3)
            found.append((score, (x1, y1, x2, y2), points, label))
    found.sort(key=lambda f: -f[0])
    kept = []
    while found:
        first = found.pop(0)
        kept.append(first)
        found = [f for f in found if iou(first[1], f[1]) < 0.5]
    return [
        {
            "box": [round(v, 4) for v in box],
            "score": round(score, 4),
            "class_id": label,
            "keypoints": [
                round(v, 4)
                for px, py, seen in points.astype(float)
                for v in (px / size, py / size, seen)
            ],
        }
        for score, box, points, label in kept
    ]


def iou(a, b):
    w, h = max(min(a[2], b[2]) - max(a[0], b[0]), 0), max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
