"""Port of a Rust service: boxes are clipped in the input, half the border is not rounded."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / w, 640 / h)
    new_w, new_h = int(w * r), int(h * r)
    pad_w, pad_h = (640 - new_w) / 2, (640 - new_h) / 2
    canvas = np.zeros((640, 640, 3), np.uint8)
    resized = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_CUBIC)
    canvas[int(pad_h) : int(pad_h) + new_h, int(pad_w) : int(pad_w) + new_w] = resized
    blob = cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    detections = []
    for i in np.flatnonzero(out[4:].max(0) > 0.25):
        cx, cy, bw, bh = out[:4, i].astype(float)
        x1, y1 = max(cx - bw / 2, 0), max(cy - bh / 2, 0)
        x2, y2 = min(cx + bw / 2, 640), min(cy + bh / 2, 640)
        detections.append((float(out[4:, i].max()), int(out[4:, i].argmax()), x1, y1, x2, y2))
    detections.sort(reverse=True)
    chosen = []
    for d in detections:
        if all(d[1] != c[1] or iou(d[2:], c[2:]) <= 0.45 for c in chosen):
            chosen.append(d)
    return [
        {
            "xyxy": [
                round((x1 - pad_w) / r, 2),
                round((y1 - pad_h) / r, 2),
                round((x2 - pad_w) / r, 2),
                round((y2 - pad_h) / r, 2),
            ],
            "score": round(s, 4),
            "class_id": c,
        }
        for s, c, x1, y1, x2, y2 in chosen
    ]


def iou(a, b):
    w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
