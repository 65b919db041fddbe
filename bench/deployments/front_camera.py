"""Port of a Kotlin app: the front camera mirrors, so boxes are mirrored back."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bitmap = cv2.flip(cv2.imread(path), 1)
    height, width = bitmap.shape[:2]
    scale = min(640 / width, 640 / height)
    fitted = cv2.resize(bitmap, (round(width * scale), round(height * scale)))
    canvas = np.zeros((640, 640, 3), np.uint8)
    canvas[: fitted.shape[0], : fitted.shape[1]] = fitted
    chw = canvas[:, :, ::-1].transpose(2, 0, 1)
    floats = np.ascontiguousarray(chw[None], np.float32) / np.float32(255)
    rows = session.run(None, {session.get_inputs()[0].name: floats})[0][0]
    found = []
    for column in range(rows.shape[1]):
        label = int(rows[4:, column].argmax())
        score = float(rows[4 + label, column])
        if score < 0.3:
            continue
        cx, cy, w, h = (float(v) / scale for v in rows[:4, column])
        left = width - (cx + w / 2)
        found.append((score, label, left, cy - h / 2, left + w, cy + h / 2))
    found.sort(key=lambda f: -f[0])
    shown = []
    for each in found:
        if all(overlap(each[2:], other[2:]) < 0.45 for other in shown):
            shown.append(each)
    return [
        {"xyxy": [round(v, 2) for v in each[2:]], "score": round(each[0], 4), "class_id": each[1]}
        for each in shown
    ]


def overlap(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return w * h / (both - w * h)


run(detect)
