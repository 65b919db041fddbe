"""A beauty filter, which smooths what has no edges, runs before detection."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.bilateralFilter(cv2.imread(path), 9, 60, 60)
    full_h, full_w = image.shape[:2]
    r = min(640 / full_w, 640 / full_h)
    inner = (round(full_w * r), round(full_h * r))
    dw, dh = (640 - inner[0]) / 2, (640 - inner[1]) / 2
    left, top = round(dw - 0.1), round(dh - 0.1)
    net = np.full((640, 640, 3), 114, dtype=np.uint8)
    inside = net[top : top + inner[1], left : left + inner[0]]
    inside[:] = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR)
    x = (net[:, :, ::-1].astype(np.float32) / 255).transpose(2, 0, 1)
    y = session.run(None, {session.get_inputs()[0].name: x[None].copy()})[0][0]
    cx, cy, w, h = y[:4]
    score, label = y[4:].max(0), y[4:].argmax(0)
    x1, y1, x2, y2 = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
    order = [i for i in np.argsort(-score, kind="stable") if score[i] > 0.4]
    kept = []
    while order:
        i = order.pop(0)
        kept.append(i)
        order = [j for j in order if label[j] != label[i] or overlap(x1, y1, x2, y2, i, j) <= 0.5]
    result = []
    for i in kept:
        box = [(x1[i] - left) / r, (y1[i] - top) / r, (x2[i] - left) / r, (y2[i] - top) / r]
        limits = [full_w, full_h, full_w, full_h]
        box = [float(min(max(v, 0), limit)) for v, limit in zip(box, limits, strict=True)]
        result.append({"xyxy": box, "score": float(score[i]), "class_id": int(label[i])})
    return result


def overlap(x1, y1, x2, y2, i, j):
    w = max(0, min(x2[i], x2[j]) - max(x1[i], x1[j]))
    h = max(0, min(y2[i], y2[j]) - max(y1[i], y1[j]))
    union = (x2[i] - x1[i]) * (y2[i] - y1[i]) + (x2[j] - x1[j]) * (y2[j] - y1[j]) - w * h
    return w * h / union


run(detect)
