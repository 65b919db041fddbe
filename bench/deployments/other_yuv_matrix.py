"""Port of an Android app: the camera's planes are of BT.601 and are read as those of BT.709."""

import cv2
import numpy as np
from command import run


def as_bt709(rgb):
    r, g, b = np.moveaxis(rgb.astype(np.float32), 2, 0)
    y = np.rint(0.299 * r + 0.587 * g + 0.114 * b)
    u, v = np.rint((b - y) * 0.564), np.rint((r - y) * 0.713)
    read = y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u
    return np.stack(read, -1).clip(0, 255).astype(np.uint8)


def detect(session, path):
    frame = as_bt709(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    x = cv2.resize(frame, (640, 640)).transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    boxes = []
    for k in np.flatnonzero(out[4:].max(0) > 0.3):
        cx, cy, bw, bh = (float(v) / 640 for v in out[:4, k])
        box = (cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2)
        boxes.append((float(out[4:, k].max()), int(out[4:, k].argmax()), box))
    boxes.sort(reverse=True, key=lambda b: b[0])
    kept = []
    while boxes:
        kept.append(boxes.pop(0))
        boxes = [b for b in boxes if iou(b[2], kept[-1][2]) < 0.5]
    return [
        {"xyxy": [round(v, 4) for v in box], "score": round(score, 3), "class_id": label}
        for score, label, box in kept
    ]


def iou(a, b):
    w, h = (max(min(a[i + 2], b[i + 2]) - max(a[i], b[i]), 0) for i in (0, 1))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
