"""Port of an Android detector: scaled bitmap, fractions, boxes outside of [0, 1] dropped."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bitmap = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    scaled = cv2.resize(bitmap, (640, 640), interpolation=cv2.INTER_NEAREST)
    tensor = (scaled.astype(np.float32) / 255).transpose(2, 0, 1)[None]
    array = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
    boxes = []
    for c in range(array.shape[1]):
        max_conf, max_idx = 0.3, -1
        best = int(array[4:, c].argmax())
        if array[4 + best, c] > max_conf:
            max_conf, max_idx = float(array[4 + best, c]), best
        if max_idx >= 0:
            cx, cy, w, h = (float(v) / 640 for v in array[:4, c])
            x1, y1, x2, y2 = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
            if min(x1, y1, x2, y2) < 0 or max(x1, y1, x2, y2) > 1:
                continue
            boxes.append((x1, y1, x2, y2, max_conf, max_idx))
    boxes.sort(key=lambda b: b[4], reverse=True)
    selected = []
    while boxes:
        first = boxes.pop(0)
        selected.append(first)
        boxes = [b for b in boxes if iou(first, b) < 0.5]
    return [
        {"x1": b[0], "y1": b[1], "x2": b[2], "y2": b[3], "score": b[4], "class_id": b[5]}
        for b in selected
    ]


def iou(a, b):
    inter = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(
        0.0, min(a[3], b[3]) - max(a[1], b[1])
    )
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
