"""Port of a Kotlin application: stretched, all classes suppressed together, labels from 1."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bitmap = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    scaled = cv2.resize(bitmap, (640, 640), interpolation=cv2.INTER_LINEAR)
    buffer = np.float32(scaled.transpose(2, 0, 1)[None]) / 255.0
    predictions = session.run(None, {session.get_inputs()[0].name: buffer})[0][0].T
    boxes = []
    for p in predictions:
        cls = int(p[4:].argmax())
        if p[4 + cls] > 0.25:
            x, y, w, h = (float(v) / 640 for v in p[:4])
            boxes.append(
                {
                    "x1": max(0.0, x - w / 2),
                    "y1": max(0.0, y - h / 2),
                    "x2": min(1.0, x + w / 2),
                    "y2": min(1.0, y + h / 2),
                    "score": float(p[4 + cls]),
                    "class_id": cls + 1,
                }
            )
    boxes.sort(key=lambda b: b["score"], reverse=True)
    result = []
    for b in boxes:
        if all(iou(a, b) <= 0.5 for a in result):
            result.append(b)
    return [{k: round(v, 6) for k, v in b.items()} for b in result]


def iou(a, b):
    w = max(0.0, min(a["x2"], b["x2"]) - max(a["x1"], b["x1"]))
    h = max(0.0, min(a["y2"], b["y2"]) - max(a["y1"], b["y1"]))
    one = (a["x2"] - a["x1"]) * (a["y2"] - a["y1"])
    other = (b["x2"] - b["x1"]) * (b["y2"] - b["y1"])
    return w * h / (one + other - w * h)


run(detect)
