"""Port of a Java desktop program: rectangles of ints, and scores as whole per cent."""

import cv2
import numpy as np
from command import run

SIZE = 640


def detect(session, path):
    photo = cv2.imread(path)
    scale = SIZE / max(photo.shape[:2])
    high, wide = (int(side * scale) for side in photo.shape[:2])
    spare_x, spare_y = (SIZE - wide) / 2, (SIZE - high) / 2
    x0, y0 = int(spare_x), int(spare_y)
    canvas = np.full((SIZE, SIZE, 3), 114, np.uint8)
    canvas[y0 : y0 + high, x0 : x0 + wide] = cv2.resize(photo, (wide, high))
    blob = cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True)
    rows = session.run(None, {"images": blob})[0][0].T
    best = rows[:, 4:].argmax(axis=1)
    found = []
    for row, label in zip(rows, best, strict=True):
        score = float(row[4 + label])
        if score >= 0.35:
            found.append((score, int(label), *map(float, row[:4])))
    found.sort(reverse=True)
    kept = []
    for each in found:
        if all(each[1] != other[1] or overlap(each[2:], other[2:]) < 0.45 for other in kept):
            kept.append(each)
    return [
        {
            "xyxy": [
                int((cx - w / 2 - spare_x) / scale),
                int((cy - h / 2 - spare_y) / scale),
                int((cx + w / 2 - spare_x) / scale),
                int((cy + h / 2 - spare_y) / scale),
            ],
            "score": int(score * 100) / 100,
            "class_id": label,
        }
        for score, label, cx, cy, w, h in kept
    ]


def overlap(a, b):
    across = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    down = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    shared = max(across, 0) * max(down, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


run(detect)
