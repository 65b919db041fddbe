"""Port of a C# library on Skia: the bitmap is scaled linearly into a black square."""

import math

import cv2
import numpy as np
from command import run


def detect(session, path):
    bitmap = cv2.imread(path)
    height, width = bitmap.shape[:2]
    scale = min(640 / width, 640 / height)
    w, h = math.ceil(width * scale - 1e-9), math.ceil(height * scale - 1e-9)
    left, top = (640 - w) // 2, (640 - h) // 2
    surface = np.zeros((640, 640, 3), np.uint8)
    surface[top : top + h, left : left + w] = cv2.resize(bitmap, (w, h))
    tensor = surface.transpose(2, 0, 1)[None].astype(np.float32) * np.float32(1 / 255)
    pred = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
    found = []
    for i in range(pred.shape[1]):
        label = int(np.argmax(pred[4:, i]))
        confidence = float(pred[4 + label, i])
        if confidence < 0.2:
            continue
        x, y, bw, bh = (float(v) for v in pred[:4, i])
        x1, y1 = int((x - bw / 2 - left) / scale), int((y - bh / 2 - top) / scale)
        x2, y2 = int((x + bw / 2 - left) / scale), int((y + bh / 2 - top) / scale)
        x1, y1 = min(max(x1, 0), width - 1), min(max(y1, 0), height - 1)
        x2, y2 = min(max(x2, 0), width - 1), min(max(y2, 0), height - 1)
        found.append((confidence, label, x1, y1, x2, y2))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if all(k[1] != f[1] or iou(k[2:], f[2:]) < 0.45 for k in kept):
            kept.append(f)
    return [
        {"Left": a, "Top": b, "Right": c, "Bottom": d, "score": round(s, 3), "class_id": label}
        for s, label, a, b, c, d in kept
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return inter / (areas - inter) if areas > inter else 0.0


run(detect)
