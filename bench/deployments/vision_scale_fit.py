"""Port of a Swift application: scaleFit centres at fractions of a pixel, on black, antialiased."""

import cv2
import numpy as np
from command import run


def along(count, side, scale, offset):
    matrix = np.zeros((count, side), np.float32)
    for i in range(count):
        centre = (i + 0.5 - offset) / scale - 0.5
        radius = max(1 / scale, 1)
        if not -0.5 <= centre <= side - 0.5:
            continue
        low, high = int(np.ceil(centre - radius)), int(np.floor(centre + radius))
        taps = np.arange(low, high + 1)
        weights = 1 - np.abs(taps - centre) / radius
        np.add.at(matrix[i], np.clip(taps, 0, side - 1), weights / weights.sum())
    return matrix


def detect(session, path):
    image = cv2.imread(path)[..., ::-1].astype(np.float32)
    height, width = image.shape[:2]
    scale = min(640 / width, 640 / height)
    left, top = (640 - width * scale) / 2, (640 - height * scale) / 2
    rows, columns = along(640, height, scale, top), along(640, width, scale, left)
    fitted = np.rint(np.einsum("ij,jkc,lk->ilc", rows, image, columns, optimize=True))
    x = (fitted / 255).astype(np.float32).transpose(2, 0, 1)[None]
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    observations = []
    for i in np.flatnonzero(out[4:].max(0) > 0.25):
        label = int(out[4:, i].argmax())
        observations.append((float(out[4 + label, i]), label, *(float(v) for v in out[:4, i])))
    observations.sort(reverse=True)
    kept = []
    for o in observations:
        if all(k[1] != o[1] or iou(k[2:], o[2:]) <= 0.45 for k in kept):
            kept.append(o)
    results = []
    for score, label, cx, cy, w, h in kept:
        x1, y1 = (cx - w / 2 - left) / scale / width, (cy - h / 2 - top) / scale / height
        results.append(
            {
                "x": round(x1, 4),
                "y": round(y1, 4),
                "width": round(w / scale / width, 4),
                "height": round(h / scale / height, 4),
                "confidence": round(score, 4),
                "class_id": label,
            }
        )
    return results


def iou(a, b):
    w = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    inter = max(w, 0) * max(h, 0)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


run(detect)
