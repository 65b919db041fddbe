"""Port of an Android gallery: inSampleSize = 2 decodes every photograph at half its size."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    full = cv2.imread(path)
    height, width = full.shape[:2]
    half = cv2.imread(path, cv2.IMREAD_REDUCED_COLOR_2)
    bitmap = cv2.cvtColor(half, cv2.COLOR_BGR2RGB)
    scaled = cv2.resize(bitmap, (640, 640), interpolation=cv2.INTER_LINEAR)
    tensor = (scaled.astype(np.float32) / 255).transpose(2, 0, 1)[None]
    feed = {session.get_inputs()[0].name: np.ascontiguousarray(tensor)}
    array = session.run(None, feed)[0][0]
    boxes = []
    for c in range(array.shape[1]):
        k = int(array[4:, c].argmax())
        if array[4 + k, c] > 0.3:
            cx, cy, w, h = (float(v) / 640 for v in array[:4, c])
            corners = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
            boxes.append((*corners, float(array[4 + k, c]), k))
    boxes.sort(key=lambda b: -b[4])
    chosen = []
    while boxes:
        first = boxes.pop(0)
        chosen.append(first)
        boxes = [b for b in boxes if iou(first, b) < 0.5]
    return [
        {
            "x1": b[0] * width,
            "y1": b[1] * height,
            "x2": b[2] * width,
            "y2": b[3] * height,
            "score": b[4],
            "class_id": b[5],
        }
        for b in chosen
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


run(detect)
