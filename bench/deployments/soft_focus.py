"""Denoises every frame before detection."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.GaussianBlur(cv2.imread(path), (7, 7), 0)
    h, w = frame.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    left, top = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    sheet = np.full((640, 640, 3), 114, np.uint8)
    sheet[top : top + nh, left : left + nw] = cv2.resize(frame, (nw, nh))
    x = np.ascontiguousarray(sheet[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    found = []
    for row in out[out[:, 4:].max(1) > 0.25].astype(float):
        cx, cy, bw, bh = row[:4]
        found.append((row[4:].max(), row[4:].argmax(), cx - bw / 2, cy - bh / 2, bw, bh))
    found.sort(reverse=True)
    kept = []
    for f in found:
        if all(f[1] != k[1] or iou(f[2:], k[2:]) <= 0.45 for k in kept):
            kept.append(f)
    records = []
    for score, label, x1, y1, bw, bh in kept:
        xs = np.clip((np.array([x1, x1 + bw]) - left) / (nw / w), 0, w)
        ys = np.clip((np.array([y1, y1 + bh]) - top) / (nh / h), 0, h)
        box = [round(float(v), 2) for v in (xs[0], ys[0], xs[1], ys[1])]
        records.append({"xyxy": box, "score": round(score, 4), "class_id": int(label)})
    return records


def iou(a, b):
    w = max(0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    h = max(0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return w * h / (a[2] * a[3] + b[2] * b[3] - w * h)


run(detect)
