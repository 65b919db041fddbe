"""Port of a C# program: the bitmap is resized at high quality, by the filter of Mitchell."""

import cv2
import numpy as np
from command import run


def mitchell(x):
    x, b, c = np.abs(x), 1 / 3, 1 / 3
    near = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + (6 - 2 * b)
    far = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + (8 * b + 24 * c)
    return np.where(x < 1, near, np.where(x < 2, far, 0)) / 6


def matrix(count, side):
    centres = (np.arange(count) + 0.5) * side / count - 0.5
    first = np.floor(centres).astype(int) - 1
    weights = np.zeros((count, side))
    for k in range(4):
        at = first + k
        np.add.at(weights, (np.arange(count), at.clip(0, side - 1)), mitchell(at - centres))
    return weights


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB).astype(np.float64)
    h, w = image.shape[:2]
    small = np.einsum("yh,hwc->ywc", matrix(640, h), image, optimize=True)
    small = np.einsum("xw,ywc->yxc", matrix(640, w), small, optimize=True)
    levels = np.floor(small + 0.5).clip(0, 255).astype(np.float32)
    x = np.ascontiguousarray((levels / 255).transpose(2, 0, 1)[None])
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    hits = [(float(r[4:].max()), int(r[4:].argmax()), r[:4].astype(float)) for r in out]
    hits = sorted((hit for hit in hits if hit[0] > 0.35), key=lambda hit: -hit[0])
    results, taken = [], []
    for score, label, (cx, cy, bw, bh) in hits:
        box = np.array([cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2])
        if any(overlap(box, other) > 0.5 for other in taken):
            continue
        taken.append(box)
        left, top, right, bottom = box * np.array([w / 640, h / 640] * 2)
        rect = [round(left, 2), round(top, 2), round(right - left, 2), round(bottom - top, 2)]
        results.append({"xywh": rect, "score": round(score, 4), "class_id": label})
    return results


def overlap(a, b):
    w, h = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    shared = max(w, 0) * max(h, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


run(detect)
