"""Port of a Dart plugin: the nearest pixel is copied, centres are returned as fractions."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    xs = (np.arange(640) * (width / 640)).astype(int)
    ys = (np.arange(640) * (height / 640)).astype(int)
    pixels = image[ys[:, None], xs].astype(np.float32) / 255
    data = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)
    out = session.run(None, {session.get_inputs()[0].name: data})[0][0]
    boxes = []
    for k in range(8400):
        c = int(out[4:, k].argmax())
        if out[4 + c, k] > 0.3:
            boxes.append([*(float(v) / 640 for v in out[:4, k]), float(out[4 + c, k]), c])
    boxes.sort(key=lambda b: -b[4])
    kept = []
    while boxes:
        best = boxes.pop(0)
        kept.append(best)
        boxes = [b for b in boxes if iou(best, b) < 0.4]
    return [
        {"xyxy": [round(v, 4) for v in b[:4]], "score": round(b[4], 4), "class_id": b[5]}
        for b in kept
    ]


def iou(a, b):
    w = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    inter = max(w, 0) * max(h, 0)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


run(detect)
