"""A right program that prints whole numbers, as for drawing."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bgr = cv2.imread(path)
    h, w = bgr.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    dx, dy = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    x = np.full((640, 640, 3), 114, np.uint8)
    x[dy : dy + nh, dx : dx + nw] = cv2.resize(bgr, (nw, nh))
    x = cv2.cvtColor(x, cv2.COLOR_BGR2RGB).astype(np.float32).transpose(2, 0, 1)[None] / 255
    y = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    candidates = []
    for i in range(y.shape[1]):
        c = y[4:, i].argmax()
        if y[4 + c, i] > 0.25:
            cx, cy, bw, bh = y[:4, i].astype(float)
            candidates.append((y[4 + c, i], c, cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2))
    candidates.sort(key=lambda v: -v[0])
    chosen = []
    for v in candidates:
        if not any(v[1] == u[1] and iou(v[2:], u[2:]) > 0.7 for u in chosen):
            chosen.append(v)
    return [
        {
            "xyxy": [
                round(min(max((x1 - dx) * w / nw, 0), w)),
                round(min(max((y1 - dy) * h / nh, 0), h)),
                round(min(max((x2 - dx) * w / nw, 0), w)),
                round(min(max((y2 - dy) * h / nh, 0), h)),
            ],
            "score": round(float(score), 2),
            "class_id": int(c),
        }
        for score, c, x1, y1, x2, y2 in chosen
    ]


def iou(a, b):
    w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
